//! A future in a coroutine, which delegates to it as it would to another coroutine.

use yieldfrom::{Coroutine, EventLoop, Future, Result, coroutine, get_event_loop};

fn mark_done(future: &Future<&'static str>, result: &'static str) {
    println!("setting future result to '{result}'");
    future.set_result(result).expect("nobody else completes it");
}

fn wait_for_it(event_loop: EventLoop) -> Coroutine<()> {
    coroutine(move |co| {
        let all_done = Future::new();

        println!("scheduling mark_done");
        let future = all_done.clone();
        event_loop.call_soon(move || mark_done(&future, "the result"))?;

        let result = co.yield_from(all_done)?;
        println!("returned result '{result}'");
        Ok(())
    })
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    let ended = event_loop.run_until_complete(wait_for_it(event_loop.clone()));
    event_loop.close()?;
    ended
}
