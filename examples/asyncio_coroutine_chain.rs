//! Coroutines that wait for one another, one step after the other.
//!
//! They are plain functions, which run on the stack of the one task that there is.
//! `asyncio_generator` is the same program with coroutine objects.

use yieldfrom::{Co, Result, get_event_loop};

fn outer(co: &Co) -> Result<(String, String)> {
    println!("in outer");
    println!("waiting for result1");
    let result1 = co.yield_from(phase1)?;
    println!("waiting for result2");
    let result2 = co.yield_from(|co: &Co| phase2(co, &result1))?;
    Ok((result1, result2))
}

fn phase1(_: &Co) -> Result<String> {
    println!(" - in phase1");
    Ok("result1".to_owned())
}

fn phase2(_: &Co, arg: &str) -> Result<String> {
    println!(" - in phase2");
    Ok(format!("result2 derived from {arg}"))
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    let return_value = event_loop.run_until_complete(outer);
    event_loop.close()?;
    let (result1, result2) = return_value?;
    println!("return value : ('{result1}', '{result2}')");
    Ok(())
}
