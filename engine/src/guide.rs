//! The guide: how to use the crate, what may surprise you, and what it costs.
//!
//! Read the pages in their order, or begin with the page for the library that you come from. A test of
//! the repository runs every program, and compares what it prints with the block below it. Where a
//! program has no `main`, its lines stand in `fn main() -> yieldfrom::Result<()> { ... Ok(()) }`.
//!
//! | page | what it is about |
//! | --- | --- |
//! | [`generators`] | bodies that stop at every yield: `next`, `send`, `throw`, `close` |
//! | [`delegation`] | `yield_from`: generators and functions that stand in for others |
//! | [`event_loop`] | turns, callbacks, clocks, other threads, a loop inside another program |
//! | [`tasks_and_cancellation`] | how to run several tasks at once, wait for them, and stop them |
//! | [`sockets`] | TCP, UDP and Unix sockets in three layers; files by threads |
//! | [`libraries`] | synchronous libraries that wait in coroutines; TLS; protocols for any stream |
//! | [`futures`] | futures of async/await in coroutines, and the other way round |
//! | [`simulation`] | processes in a time of their own, as in SimPy; statistics; how to plan an experiment |
//! | [`coming_from_asyncio`] | for readers who know asyncio: every name of Python 3.4, and ours |
//! | [`coming_from_async_await`] | for readers who know tokio or smol: their idioms, and ours |
//! | [`stacks_and_memory`] | where bodies live, what that takes, what happens when one overflows |
//! | [`performance`] | what was measured, where others are better, and how to measure |
//!
//! # To begin
//!
//! You need a Unix system and Rust 1.88. Add this to `Cargo.toml`, with the path of your copy of the
//! repository:
//!
//! ```toml
//! [dependencies]
//! yieldfrom = { path = "../yieldfrom/engine" }
//! ```
//!
//! For signals, child processes, TLS and futures of async/await, add `features = ["signal", "process", "tls", "futures"]`. Then write in `src/main.rs`:
//!
//! ```
//! use yieldfrom::{Co, Result, run, sleep, spawn};
//!
//! fn greet(co: &Co) -> Result<()> {
//!     let world = spawn(|co| {
//!         co.yield_from(sleep(0.02))?;
//!         println!("world");
//!         Ok(())
//!     });
//!     println!("hello"); // the task has not begun: it runs while this one waits
//!     co.yield_from(world)
//! }
//!
//! fn main() -> Result<()> {
//!     run(greet)
//! }
//! ```
//!
//! The repository has longer examples, such as `cargo run --release --example spinner`. Its README lists
//! them.

/// Declares a page. Its text is a file, whose links are resolved as in the crate root.
///
/// The programs of a page are not doc tests, because a doc test cannot compare what a program prints.
/// The package `tests` runs them.
macro_rules! pages {
    ($($name:ident $file:literal)*) => {$(
        pub mod $name {
            #![cfg_attr(not(doctest), doc = include_str!($file))]
            #[allow(unused_imports, reason = "the links of the text lead there")]
            use crate::*;
        }
    )*};
}

pages! {
    generators "guide/generators.md"
    delegation "guide/delegation.md"
    event_loop "guide/event_loop.md"
    tasks_and_cancellation "guide/tasks_and_cancellation.md"
    sockets "guide/sockets.md"
    libraries "guide/libraries.md"
    futures "guide/futures.md"
    simulation "guide/simulation.md"
    coming_from_asyncio "guide/coming_from_asyncio.md"
    coming_from_async_await "guide/coming_from_async_await.md"
    stacks_and_memory "guide/stacks_and_memory.md"
    performance "guide/performance.md"
}
