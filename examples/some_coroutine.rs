//! A coroutine that schedules others as tasks and waits for their results.
//!
//! It reads like sequential code; while it waits, the loop runs the tasks.

use std::time::Duration;

use yieldfrom::{Co, Coroutine, Result, coroutine, create_task, sleep};

#[derive(Clone)]
struct Reply {
    name: &'static str,
}

fn another_coroutine(name: &'static str, seconds: u64) -> Coroutine<Reply> {
    coroutine(move |co| {
        println!("  another_coroutine('{name}'): waiting {seconds} s");
        co.yield_from(sleep(Duration::from_secs(seconds)))?;
        println!("  another_coroutine('{name}'): done");
        Ok(Reply { name })
    })
}

fn some_coroutine(co: &Co) -> Result<()> {
    // Scheduled here, it runs while the other ones below are waited for.
    let background = create_task(another_coroutine("background", 2));
    for name in ["first", ""] {
        println!("some_coroutine: waiting for '{name}'");
        let result = co.yield_from(create_task(another_coroutine(name, 1)))?;
        if result.name.is_empty() {
            println!("some_coroutine: got a result without a name");
        } else {
            println!("some_coroutine: got '{}'", result.name);
        }
    }
    println!("some_coroutine: waiting for 'background'");
    let result = co.yield_from(background)?;
    println!("some_coroutine: got '{}'", result.name);
    Ok(())
}

fn main() -> Result<()> {
    examples::event_loop()?.run_until_complete(some_coroutine)
}
