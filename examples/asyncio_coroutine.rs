//! A coroutine that is started by giving it to an event loop.

use yieldfrom::{Co, Result, get_event_loop};

fn coroutine(_: &Co) -> Result<()> {
    println!("in coroutine");
    Ok(())
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    println!("Starting coroutine");
    let coro = yieldfrom::coroutine(coroutine);
    println!("entering event loop");
    let ended = event_loop.run_until_complete(coro);
    println!("closing event loop");
    event_loop.close()?;
    ended
}
