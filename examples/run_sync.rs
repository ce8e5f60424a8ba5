//! `run_sync`, for experiments: runs the thread's loop until a coroutine, future or task is done.

use yieldfrom::{Co, Coroutine, Future, Result};
use yieldfrom::{coroutine, create_task, get_event_loop, run_sync, yield_now};

fn double(n: i32) -> Coroutine<i32> {
    coroutine(move |co| {
        co.yield_from(yield_now())?; // pretend to wait for I/O
        Ok(n * 2)
    })
}

fn some_function(co: &Co) -> Result<i32> {
    Ok(co.yield_from(double(1))? + co.yield_from(double(2))?)
}

fn main() -> Result<()> {
    println!("a coroutine: {}", run_sync(double(21))?);
    println!("a function: {}", run_sync(some_function)?);

    let future = Future::new();
    let promise = future.clone();
    get_event_loop()?.call_soon(move || promise.set_result(7).expect("it is pending"))?;
    println!("a future: {}", run_sync(future)?);

    let task = create_task(double(4));
    println!("a task: {}", run_sync(&task)?);
    println!("the same task, which is done by now: {}", run_sync(task)?);
    Ok(())
}
