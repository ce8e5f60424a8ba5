use std::time::Duration;

use yieldfrom::{Co, Coroutine, Result, coroutine, ensure_future, get_event_loop, sleep};

use super::{Options, show};

fn spin(msg: &'static str, picture: Duration) -> Coroutine<()> {
    coroutine(move |co| {
        for char in "|/-\\".chars().cycle() {
            show(&format!("{char} {msg}"))?;
            match co.yield_from(sleep(picture)) {
                Err(error) if error.is_cancelled() => break,
                slept => slept?,
            }
        }
        show(&" ".repeat(msg.len() + 2))?;
        Ok(())
    })
}

fn slow_function(co: &Co, work: Duration) -> Result<i32> {
    co.yield_from(sleep(work))?; // pretend to wait for I/O
    Ok(42)
}

fn supervisor(co: &Co, options: &Options) -> Result<i32> {
    let spinner = ensure_future(spin("thinking!", options.picture()));
    let result = co.yield_from(|co: &Co| slow_function(co, options.work()))?;
    spinner.cancel();
    co.yield_from(spinner)?;
    Ok(result)
}

pub(crate) fn run(options: Options) -> Result<()> {
    let event_loop = get_event_loop()?;
    let result = event_loop.run_until_complete(move |co: &Co| supervisor(co, &options))?;
    event_loop.close()?;
    println!("Answer: {result}");
    Ok(())
}
