//! The guide: what there is, how it is done, what surprises, and what it costs.
//!
//! Read the pages in their order, or begin with the one for where you come from. Every program on
//! them runs as a test of this crate, with the output that is shown. One that has no `main` stands in
//! `fn main() -> yieldfrom::Result<()> { ...; Ok(()) }`.
//!
//! | page | for whom, and what |
//! | --- | --- |
//! | [`generators`] | bodies that stop at every yield: `next`, `send`, `throw`, `close` |
//! | [`delegation`] | `yield_from`: generators and functions that stand in for others |
//! | [`event_loop`] | turns, callbacks, clocks, other threads, a loop inside another program |
//! | [`tasks_and_cancellation`] | running several at once, waiting for them, stopping them |
//! | [`sockets`] | TCP, UDP and Unix sockets in three layers; files by threads |
//! | [`coming_from_asyncio`] | readers who know asyncio: every name of Python 3.4's, and ours |
//! | [`coming_from_async_await`] | readers who know tokio or smol: their idioms, and ours |
//! | [`stacks_and_memory`] | where bodies live, what that takes, what happens when one overflows |
//! | [`performance`] | what was measured, where others are better, and how to measure |
//!
//! # To begin
//!
//! A Unix system and Rust 1.88 are enough. In `Cargo.toml`, with the path of your copy of the
//! repository:
//!
//! ```toml
//! [dependencies]
//! yieldfrom = { path = "../yieldfrom/engine" }
//! ```
//!
//! Signals and child processes want `features = ["signal", "process"]` as well. And in `src/main.rs`:
//!
//! ```
//! use std::time::Duration;
//! use yieldfrom::{Co, Result, create_task, run, sleep};
//!
//! fn greet(co: &Co) -> Result<()> {
//!     let world = create_task(|co: &Co| {
//!         co.yield_from(sleep(Duration::from_millis(20)))?;
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
//! The examples of the repository are longer: `cargo run --release --example spinner`, and the others
//! that its README lists.

/// Declares a page: its text is a file, whose links are resolved as if it stood in the crate root.
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
    coming_from_asyncio "guide/coming_from_asyncio.md"
    coming_from_async_await "guide/coming_from_async_await.md"
    stacks_and_memory "guide/stacks_and_memory.md"
    performance "guide/performance.md"
}
