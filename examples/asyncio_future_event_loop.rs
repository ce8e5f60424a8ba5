//! A future that a callback completes: the loop runs until it is done, as for a coroutine.

use yieldfrom::{Future, Result, get_event_loop};

fn mark_done(future: &Future<&'static str>, result: &'static str) {
    println!("setting future result to '{result}'");
    future.set_result(result).expect("nobody else completes it");
}

fn main() -> Result<()> {
    let event_loop = get_event_loop()?;
    let all_done = Future::new();
    println!("scheduling mark_done");
    let future = all_done.clone();
    event_loop.call_soon(move || mark_done(&future, "the result"))?;

    println!("entering event loop");
    let returned = event_loop.run_until_complete(&all_done);
    let returned = returned.map(|result| println!("returned result '{result}'"));
    println!("closing event loop");
    event_loop.close()?;
    returned?;

    println!("future result : '{}'", all_done.result()?);
    Ok(())
}
