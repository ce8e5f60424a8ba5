//! The program of the front page of the crate `yieldfrom`, to the letter: a test compares them.

use yieldfrom::{Co, Coroutine, EventLoop, Result, coroutine, ensure_future, sleep};

fn spin(msg: &'static str) -> Coroutine<()> {
    // a coroutine function: calling it runs nothing
    coroutine(move |co| {
        for symbol in "|/-\\".chars().cycle() {
            println!("{symbol} {msg}");
            co.yield_from(sleep(0.5))?; // the others run meanwhile
        }
        Ok(())
    })
}

fn slow_function(co: &Co) -> Result<i32> {
    // without arguments, a plain function will do
    co.yield_from(sleep(1.8))?; // pretend to wait for I/O
    Ok(42)
}

fn supervisor(co: &Co) -> Result<i32> {
    let spinner = ensure_future(spin("thinking!")); // a task: runs beside this one
    let result = co.yield_from(slow_function)?;
    spinner.cancel(); // an error comes out of its `sleep`, and `?` ends it
    Ok(result)
}

fn main() -> Result<()> {
    // In virtual time, so that it is over at once; `yieldfrom::run(supervisor)` takes real time.
    let answer = EventLoop::builder().virtual_clock().run(supervisor)?;
    println!("Answer: {answer}");
    Ok(())
}
