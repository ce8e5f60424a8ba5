//! Callbacks with delays: the shortest one is called first, whatever was registered first.

use yieldfrom::{Coroutine, EventLoop, Result, coroutine, sleep};

fn callback(n: i32) {
    println!("callback {n} invoked");
}

fn register(event_loop: EventLoop) -> Coroutine<()> {
    coroutine(move |co| {
        println!("registering callbacks");
        event_loop.call_later(0.2, || callback(1))?;
        event_loop.call_later(0.1, || callback(2))?;
        event_loop.call_soon(|| callback(3))?;

        co.yield_from(sleep(0.4))
    })
}

fn main() -> Result<()> {
    let event_loop = examples::event_loop()?;
    println!("entering event loop");
    let ended = event_loop.run_until_complete(register(event_loop.clone()));
    println!("closing event loop");
    event_loop.close()?;
    ended
}
