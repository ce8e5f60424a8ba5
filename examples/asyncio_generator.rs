//! Coroutine functions with the decorator, `coroutine`: a call makes an object and runs nothing.
//!
//! `asyncio_coroutine_chain` is the same program with plain functions.

use yieldfrom::{Coroutine, Result, coroutine, get_event_loop};

fn outer() -> Coroutine<(String, String)> {
    coroutine(|co| {
        println!("in outer");
        println!("waiting for result1");
        let result1 = co.yield_from(phase1())?;
        println!("waiting for result2");
        let result2 = co.yield_from(phase2(result1.clone()))?;
        Ok((result1, result2))
    })
}

fn phase1() -> Coroutine<String> {
    coroutine(|_| {
        println!(" - in phase1");
        Ok("result1".to_owned())
    })
}

fn phase2(arg: String) -> Coroutine<String> {
    coroutine(move |_| {
        println!(" - in phase2");
        Ok(format!("result2 derived from {arg}"))
    })
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    let return_value = event_loop.run_until_complete(outer());
    event_loop.close()?;
    let (result1, result2) = return_value?;
    println!("return value : ('{result1}', '{result2}')");
    Ok(())
}
