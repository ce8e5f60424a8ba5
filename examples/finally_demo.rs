//! Cleaning up whichever way a generator ends: what `finally` is to Python, `Drop` is here.

use std::fmt;

use yieldfrom_delegation::GeneratorState::Complete;
use yieldfrom_delegation::{Generator, Result};

/// Says good-bye when it goes out of scope.
struct Finally;

impl Drop for Finally {
    fn drop(&mut self) {
        println!("-> coroutine ending");
    }
}

fn demo_finally() -> Generator<(), Option<i32>> {
    Generator::new(|co| {
        println!("-> coroutine started");
        let _finally = Finally;
        while let Some(x) = co.yield_(())? {
            println!("-> coroutine received: {x}");
        }
        Ok(())
    })
}

fn main() -> Result<()> {
    println!("return");
    let coro = demo_finally().primed()?;
    coro.send(Some(11))?;
    assert_eq!(coro.send(None)?, Complete(()));
    println!("{:?}", coro.state());

    println!("throw");
    let coro = demo_finally().primed()?;
    if let Err(error) = coro.throw(fmt::Error) {
        println!("it came back: {}", error.is::<fmt::Error>());
    }
    println!("{:?}", coro.state());

    println!("close");
    let coro = demo_finally().primed()?;
    coro.close()?;
    println!("{:?}", coro.state());

    println!("drop");
    let coro = demo_finally().primed()?;
    drop(coro);
    Ok(())
}
