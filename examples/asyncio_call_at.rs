//! Callbacks at points in time, on the loop's own clock, which is not that of the day.
//!
//! With `--virtual-time` the loop's clock begins at zero and nobody waits.

use std::time::Duration;

use yieldfrom::{Coroutine, EventLoop, Result, coroutine, sleep};

fn callback(n: i32, event_loop: &EventLoop) {
    let time = event_loop.time().as_secs_f64();
    println!("callback {n} invoked at {time:?}");
}

fn register(event_loop: EventLoop) -> Coroutine<()> {
    coroutine(move |co| {
        let now = event_loop.time();
        println!("clock time : {:?}", examples::time()?.as_secs_f64());
        println!("loop time  : {:?}", now.as_secs_f64());

        println!("registering callbacks");
        let lp = event_loop.clone();
        event_loop.call_at(now + Duration::from_millis(200), move || callback(1, &lp))?;
        let lp = event_loop.clone();
        event_loop.call_at(now + Duration::from_millis(100), move || callback(2, &lp))?;
        let lp = event_loop.clone();
        event_loop.call_soon(move || callback(3, &lp))?;

        co.yield_from(sleep(1))
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
