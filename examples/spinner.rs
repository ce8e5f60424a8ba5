//! An animation while something slow goes on: two tasks on an event loop, and no threads.
//!
//! `spinner_thread` is the same program with threads. With `--virtual-time` its three
//! seconds pass at once.

use std::io::{Write, stdout};
use std::time::Duration;

use yieldfrom::{Co, Coroutine, Result, coroutine, ensure_future, sleep};

fn spin(msg: &'static str) -> Coroutine<()> {
    coroutine(move |co| {
        let mut out = stdout();
        let mut status = String::new();
        for char in "|/-\\".chars().cycle() {
            status = format!("{char} {msg}");
            write!(out, "{status}")?;
            out.flush()?;
            write!(out, "{}", "\x08".repeat(status.len()))?;
            match co.yield_from(sleep(Duration::from_millis(100))) {
                Err(error) if error.is_cancelled() => break,
                slept => slept?,
            }
        }
        let (blank, back) = (" ".repeat(status.len()), "\x08".repeat(status.len()));
        write!(out, "{blank}{back}")?;
        Ok(())
    })
}

fn slow_function(co: &Co) -> Result<i32> {
    co.yield_from(sleep(Duration::from_secs(3)))?; // pretend to wait for I/O
    Ok(42)
}

fn supervisor(co: &Co) -> Result<i32> {
    let spinner = ensure_future(spin("thinking!"));
    println!("spinner object: {spinner}");
    let result = co.yield_from(slow_function)?;
    spinner.cancel();
    Ok(result)
}

fn main() -> Result<()> {
    let event_loop = examples::event_loop()?;
    let result = event_loop.run_until_complete(supervisor)?;
    event_loop.close()?;
    println!("Answer: {result}");
    Ok(())
}
