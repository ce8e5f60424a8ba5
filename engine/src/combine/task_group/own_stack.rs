//! A part of a coroutine that runs on a stack of its own, and may borrow from the coroutine.

use super::scope::{Code, Parts};
use crate::errors::panics::catch;
use crate::kernel::{Co, CoroutineBuilder, Place};
use yieldfrom_delegation::Result;

/// Calls `body` on a stack that `settings` describes. Reports show the line `made_at`.
///
/// The stack is that of a generator, which the caller drives to its end at once. The body is not given the `Co` of
/// that generator, so it suspends by the `Co` of the coroutine that calls this, and both stacks suspend as one. It is
/// therefore over when this returns, and borrows for as long only: the rules 1 to 3 and 6 of `scope.rs` are all that
/// it needs.
///
/// # Errors
///
/// - [`is_stack`](yieldfrom_delegation::Error::is_stack): there is no such stack; `body` is dropped.
/// - An error that says why a generator cannot be driven here.
///
/// # Panics
///
/// Panics if the body does.
pub(crate) fn on_own_stack<R>(
    settings: CoroutineBuilder,
    made_at: Place,
    body: impl FnOnce() -> R,
) -> Result<R> {
    // A panic, and the unwinding of the coroutine, go on below. A generator would make an error of the latter.
    let (parts, body) = Parts::new(Code(|_: &Co| Ok(catch(body))));
    let coroutine = settings.build(move |co| body.run(co));
    coroutine.stands_for(made_at);
    let generator = coroutine.into_generator();
    generator.next()?;
    let ended = parts.value.take().expect("the body has ended");
    Ok(ended.unwrap_or_else(|payload| payload.resume()))
}
