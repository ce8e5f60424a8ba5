//! An animation while something slow goes on: two tasks on an event loop, and no threads.
//!
//! `spinner_thread` is the same program with threads. With `--virtual-time` its three
//! seconds pass at once. With `--trace FILE` it writes what happens: a page that plays it (`.html`), a
//! picture (`.svg`), or a timeline for <https://ui.perfetto.dev> or `chrome://tracing`.

use std::io::{Write, stdout};
use std::path::PathBuf;

use clap::Parser;
use yieldfrom::{Co, Coroutine, Result, coroutine, ensure_future, sleep};

/// Turns a spinner while something slow goes on.
#[derive(Parser)]
struct Options {
    /// Let time pass at once
    #[arg(long)]
    virtual_time: bool,

    /// Write what happens into this file: a page that plays it (.html), a picture (.svg) or a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

fn spin(msg: &'static str) -> Coroutine<()> {
    coroutine(move |co| {
        let mut out = stdout();
        let mut status = String::new();
        for char in "|/-\\".chars().cycle() {
            status = format!("{char} {msg}");
            write!(out, "{status}")?;
            out.flush()?;
            write!(out, "{}", "\x08".repeat(status.len()))?;
            match co.yield_from(sleep(0.1)) {
                Err(error) if error.is_cancelled() => break,
                slept => slept?,
            }
        }
        let (blank, back) = (" ".repeat(status.len()), "\x08".repeat(status.len()));
        write!(out, "{blank}{back}")?;
        Ok(())
    })
}

fn slow_function(co: &Co) -> Result<i32> {
    co.yield_from(sleep(3))?; // pretend to wait for I/O
    Ok(42)
}

fn supervisor(co: &Co) -> Result<i32> {
    let spinner = ensure_future(spin("thinking!"));
    println!("spinner object: {spinner}");
    let result = co.yield_from(slow_function)?;
    spinner.cancel();
    Ok(result)
}

fn main() -> Result<()> {
    let options = Options::parse();
    let event_loop = examples::event_loop()?;
    let recording = examples::recording::Recording::of_loop(options.trace.as_ref(), &event_loop)?;
    let result = event_loop.run_until_complete(supervisor);
    event_loop.close()?;
    if let Ok(answer) = &result {
        println!("Answer: {answer}");
    }
    // Also that of a run that was interrupted.
    recording.write_after(result.map(drop))
}
