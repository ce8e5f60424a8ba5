#![doc = include_str!("../README.md")]
//!
//! # From Python
//!
//! | Python | here |
//! | --- | --- |
//! | `def g(): ...` with a `yield`, then `g()` | [`Generator::new(body)`](Generator::new): runs nothing yet |
//! | `x = yield y` | `let x = co.yield_(y)?;` |
//! | `r = yield from g` | `let r = co.yield_from(g)?;` |
//! | `return r` | `Ok(r)` |
//! | `raise e` | `Err(e)`, or `?` |
//! | `try: yield` / `except E:` | `match co.yield_(y)` |
//! | `finally:` | a value that is dropped, or what comes after the `match` |
//! | `None` that `next` sends | `S::default()` |
//! | `StopIteration(r)` | `Ok(`[`Complete(r)`](GeneratorState::Complete)`)`, once; then [`is_finished`](Error::is_finished) |
//! | `GeneratorExit` | [`is_generator_exit`](Error::is_generator_exit) |
//! | `for x in g:` | `for x in g`, with `Result` items |
//! | `inspect.getgeneratorstate(g)` | [`state`](Generator::state) |
//! | `del g` | `drop(g)` of the last handle: closes it |
//!
//! Exceptions are values here: `?` passes them on, and nothing unwinds. A panic is a bug,
//! not an exception; it unwinds through the delegators to whoever drives the outermost.
//!
//! # PEP 380's expansion
//!
//! What happens while `d` stands in `co.yield_from(s)`:
//!
//! | event | if `s` is a generator | if `s` is an [`iter`] |
//! | --- | --- | --- |
//! | entering | `s.next()`, also if it was started before | `next` |
//! | `s` yields | `d` yields the value | the same |
//! | `d` is sent a value | `s.send(value)` | an error at the delegation ([`is_no_send`](Error::is_no_send)) |
//! | an error is thrown into `d` | `s.throw(error)` | raised at the delegation |
//! | `GeneratorExit` is thrown, or `d` closed | `s.close()`, then raised at the delegation | raised at the delegation |
//! | `s` returns | its value is that of `yield_from` | `()` is |
//! | `s` fails | raised at the delegation | |
//! | `s` had ended | [`is_finished`](Error::is_finished) at the delegation (Python: `None`) | the delegation ends |
//! | `s` is running | [`is_already_executing`](Error::is_already_executing) at the delegation | |
//!
//! A closure or function as a delegate is simply called, on the same stack: all of this
//! happens in its own yields.
//!
//! # What it costs
//!
//! A resume finds the innermost generator of a chain directly, so that a value costs the
//! same through one delegation and through ten thousand. A generator that has not
//! started has no stack; one that has ended has given it back to its thread's pool; in
//! between it takes one page, as a rule. See [`stack`] for sizes and limits, and for what
//! happens when one overflows.
//!
//! # Limits
//!
//! Unix only, on the processors that corosensei supports. A generator stays on its
//! thread. Bodies, and the values that cross, borrow nothing (`'static`): a generator that
//! is forgotten never ends what it would have borrowed. A lock that this thread holds is not
//! always held by this body: others run while it is suspended.
//!
//! **A soundness limit.** What a thread local lends to a body can be gone when that body goes on.
//! So do not suspend inside the closure of `LocalKey::with`, and keep no suspended generator in a
//! thread local. This crate refuses what it can see: once a thread destroys the pool that its
//! first stack has made, none of its generators is resumed ([`Error::is_stack`]); they are leaked
//! with a warning. It cannot see a thread local that was first used after the first stack: that is
//! destroyed before the pool. Nor can it see another thread that `std::thread::scope` has started
//! in a body, and that still reads that body's variables when the body was forgotten.

mod builder;
mod chain;
mod co;
mod coroutine;
mod delegate;
mod error;
mod generator;
mod label;
mod panics;
pub mod stack;
mod status;

pub use builder::Builder;
pub use co::Co;
pub use coroutine::prefetch;
pub use delegate::{Delegate, Iter, iter};
pub use error::{Error, Result};
pub use generator::{Driver, Generator, GeneratorState, State, Unresolved};
pub use label::Link;

#[cfg(not(unix))]
compile_error!("yieldfrom-delegation maps its stacks with the calls of Unix systems");
