//! Callbacks that the loop calls in its next turn, in the order in which they were registered.

use yieldfrom::{Coroutine, EventLoop, Result, coroutine, sleep};

fn callback(arg: i32, kwarg: Option<&str>) {
    let kwarg = kwarg.unwrap_or("default");
    println!("callback invoked with {arg} and {kwarg}");
}

fn register(event_loop: EventLoop) -> Coroutine<()> {
    coroutine(move |co| {
        println!("registering callbacks");
        event_loop.call_soon(|| callback(1, None))?;
        let wrapped = |arg| callback(arg, Some("not default"));
        event_loop.call_soon(move || wrapped(2))?;

        co.yield_from(sleep(0.1))
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
