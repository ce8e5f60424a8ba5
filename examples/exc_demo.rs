//! Errors thrown into a generator: one is handled inside, any other one ends it.

use std::error::Error;
use std::fmt;

use yieldfrom_delegation::{Generator, Result};

#[derive(Debug)]
struct DemoError;

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("demo error")
    }
}

impl Error for DemoError {}

fn demo_exc_handling() -> Generator<(), i32> {
    Generator::new(|co| {
        println!("-> coroutine started");
        loop {
            match co.yield_(()) {
                Ok(x) => println!("-> coroutine received: {x}"),
                Err(error) if error.is::<DemoError>() => {
                    println!("*** DemoError handled. Continuing...");
                }
                Err(error) => return Err(error),
            }
        }
    })
}

fn main() -> Result<()> {
    println!("close");
    let exc_coro = demo_exc_handling().primed()?;
    exc_coro.send(11)?;
    exc_coro.send(22)?;
    exc_coro.close()?;
    println!("{:?}", exc_coro.state());

    println!("throw an error that is handled");
    let exc_coro = demo_exc_handling().primed()?;
    exc_coro.send(11)?;
    exc_coro.throw(DemoError)?;
    println!("{:?}", exc_coro.state());

    println!("throw an error that is not");
    if let Err(error) = exc_coro.throw(fmt::Error) {
        println!("it came back: {}", error.is::<fmt::Error>());
    }
    println!("{:?}", exc_coro.state());
    Ok(())
}
