//! The states of a generator that is sent values: created, suspended, closed.

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Generator, Result};

fn simple_coroutine(a: i32) -> Generator<i32, i32> {
    Generator::new(move |co| {
        println!("-> Started: a = {a}");
        let b = co.yield_(a)?;
        println!("-> Received: b = {b}");
        let c = co.yield_(a + b)?;
        println!("-> Received: c = {c}");
        Ok(())
    })
}

fn main() -> Result<()> {
    let my_coro = simple_coroutine(14);
    println!("{:?}", my_coro.state());
    if my_coro.send(1).is_err_and(|error| error.is_just_started()) {
        println!("not started: no yield waits for a value");
    }
    if let Yielded(a) = my_coro.next()? {
        println!("{a}");
    }
    println!("{:?}", my_coro.state());
    if let Yielded(sum) = my_coro.send(28)? {
        println!("{sum}");
    }
    if let Complete(()) = my_coro.send(99)? {
        println!("returned");
    }
    println!("{:?}", my_coro.state());
    Ok(())
}
