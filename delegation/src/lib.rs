#![doc = include_str!("../README.md")]
//!
//! # From Python
//!
//! | Python | here |
//! | --- | --- |
//! | `def g(): ...` with a `yield`, then `g()` | [`Generator::new(body)`](Generator::new), which runs nothing yet |
//! | `x = yield y` | `let x = co.yield_(y)?;` |
//! | `r = yield from g` | `let r = co.yield_from(g)?;` |
//! | `return r` | `Ok(r)` |
//! | `raise e` | [`bail!(e)`](bail!), `Err(e)`, or `?` |
//! | `class E(Exception): pass` | [`exception!(E)`](exception!) |
//! | `try: yield` / `except E:` | `match co.yield_(y)` |
//! | `finally:` | the destructor of a value, or the code after the `match` |
//! | the `None` that `next` sends | `S::default()` |
//! | `StopIteration(r)` | `Ok(`[`Complete(r)`](GeneratorState::Complete)`)`, once; then [`is_finished`](Error::is_finished) |
//! | `GeneratorExit` | [`is_generator_exit`](Error::is_generator_exit) |
//! | `for x in g:` | `for x in g`, with `Result` items |
//! | `inspect.getgeneratorstate(g)` | [`state`](Generator::state) |
//! | `del g` | `drop(g)` of the last handle, which closes it |
//!
//! Exceptions are values here: `?` passes them on, and nothing unwinds. A panic is a bug, not an
//! exception. It unwinds through the delegators to the code that drives the outermost generator.
//!
//! # PEP 380's expansion
//!
//! A generator `d` delegates to `s` by `co.yield_from(s)`. The table shows the effect of each
//! event. These are the rules of PEP 380. The one exception is the row that names Python.
//!
//! | event | if `s` is a generator | if `s` is an [`iter`] |
//! | --- | --- | --- |
//! | the delegation begins | `s.next()`, also if `s` was started before | `next` |
//! | `s` yields | `d` yields the value | the same |
//! | `d` is sent a value | `s.send(value)` | an error at the delegation ([`is_no_send`](Error::is_no_send)) |
//! | an error is thrown into `d` | `s.throw(error)` | raised at the delegation |
//! | `GeneratorExit` is thrown into `d`, or `d` is closed | `s.close()`, then raised at the delegation | raised at the delegation |
//! | `s` returns | `yield_from` returns the value | `yield_from` returns `()` |
//! | `s` fails | raised at the delegation | |
//! | `s` had ended | [`is_finished`](Error::is_finished) at the delegation (Python: `None`) | the delegation ends |
//! | `s` is running | [`is_already_executing`](Error::is_already_executing) at the delegation | |
//!
//! If the delegate is a closure or function, `yield_from` simply calls it on the same stack. All of
//! this then happens in the yields of the closure.
//!
//! # What it costs
//!
//! A resume finds the innermost generator of a chain directly. So a value costs the same through
//! one delegation and through ten thousand. A generator that has not started has no stack. A
//! started one usually takes one page of memory for its stack. When it ends, the stack goes back to
//! the pool of its thread. See [`stack`] for sizes and limits, and for the report of a stack
//! overflow. A [`recorder`] is told of each operation; while there is none, that costs nothing.
//!
//! # The switch
//!
//! The crate `corosensei` switches between stacks. With the feature `native-switch`, this crate does it
//! itself on x86-64 and 64-bit ARM; on other processors the feature changes nothing. Programs behave the
//! same. The difference is the time: the switch of `corosensei` ends in a return, which the processor
//! mispredicts if the body suspends in a function that was called, as most bodies do. Such a round trip
//! takes a quarter of the time with the feature. A new generator that is delegated to takes a quarter
//! fewer instructions.
//!
//! A backtrace in a body ends at the body's beginning with the feature. Without it, it goes on in the
//! code that has resumed the body. On 64-bit ARM, the tests have run in an emulator only. Neither switch
//! keeps the registers of Intel's APX: do not build for a processor that has them.
//!
//! # Limits
//!
//! The crate works on Unix, on the processors that corosensei supports. A generator stays on its
//! thread. Bodies, and the values that cross, borrow nothing (`'static`): a forgotten generator
//! would never end such a borrow. While a body is suspended, other bodies run on its thread. So if
//! the thread holds a lock, its owner may be another body.
//!
//! **A soundness limit.** A body can borrow from a thread local, and the thread local can be gone
//! when the body goes on. So do not suspend inside the closure of `LocalKey::with`, and keep no
//! suspended generator in a thread local. This crate refuses the cases that it can see. The first
//! stack of a thread makes a pool. Once the thread destroys this pool, none of its generators is
//! resumed ([`Error::is_stack`]), and they are leaked with a warning. The crate cannot see two
//! cases. One is a thread local whose first use came after the first stack: the thread destroys it
//! before the pool. The other is a thread that `std::thread::scope` has started in a body: it may
//! still read the variables of that body when the body is forgotten.

mod builder;
mod chain;
mod co;
mod coroutine;
mod delegate;
mod error;
mod generator;
mod label;
#[doc(hidden)]
pub mod last_resort;
mod panics;
pub mod stack;
mod status;

pub use builder::Builder;
pub use co::{Co, Delegate};
pub use delegate::{Iter, iter};
#[doc(hidden)]
pub use error::hide_lines_of;
pub use error::{Error, FrameSummary, Result, SendError};
pub use generator::recorder;
pub use generator::{Driver, Generator, GeneratorState, State, Unresolved};
pub use label::{Link, RawLink};
pub use stack::fetch::prefetch;
#[doc(hidden)]
pub use stack::overflow::{OverflowHelp, set_overflow_help};

#[cfg(not(unix))]
compile_error!("yieldfrom-delegation maps its stacks with the calls of Unix systems");
