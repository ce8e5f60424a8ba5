//! A part of a coroutine that runs on a stack of its own, and may borrow from the coroutine.
//!
//! It is a generator to which the coroutine delegates. The rules of `scope.rs` hold for what it borrows.

use std::cell::Cell;
use std::rc::Rc;

use super::children::{Child, Parent, Place, cannot_end};
use super::scope::{Code, Parts};
use crate::errors::panics::Panics;
use crate::kernel::{Co, CoroutineBuilder, Place as Line, Request};
use yieldfrom_delegation::{Delegate, Generator, Result};

/// Runs `body` on behalf of the coroutine, on a stack that `settings` describes. Reports show the line `made_at`.
///
/// It costs a delegation to a new generator. The body suspends by the `Co` that it is given.
///
/// # Errors
///
/// - The error of the body.
/// - [`is_stack`](yieldfrom_delegation::Error::is_stack): there is no such stack; `body` is dropped.
///
/// # Aborts
///
/// As [`TaskGroup::spawn`](super::TaskGroup::spawn): if the coroutine goes away, and the part cannot be ended.
pub(crate) fn on_own_stack<T>(
    co: &Co,
    settings: CoroutineBuilder,
    made_at: Line,
    body: impl FnOnce(&Co) -> Result<T>,
) -> Result<T> {
    let (parts, body) = Parts::new(Code(body));
    let end = Rc::new(Over::default());
    let child = Child::new(body, &end, Place::default());
    let coroutine = settings.build(move |co| child.run(co));
    coroutine.stands_for(made_at);
    let generator = coroutine.into_generator();
    {
        let _end = EndOfPart {
            generator: &generator,
            over: &end.0,
        };
        (&generator).delegate(co)?;
    }
    let value = parts.value.take();
    Ok(value.expect("the part has ended with a result"))
}

/// Whether the part borrows nothing any more: rule 5.
#[derive(Default)]
struct Over(Cell<bool>);

impl Parent for Over {
    fn child_over(&self, _: Place) {
        self.0.set(true);
    }

    fn child_lost(self: Rc<Self>, _: Place) {
        self.0.set(true);
    }
}

/// The guard of a part: rules 3 and 4.
struct EndOfPart<'a> {
    generator: &'a Generator<Request>,
    over: &'a Cell<bool>,
}

impl Drop for EndOfPart<'_> {
    fn drop(&mut self) {
        if self.over.get() {
            return;
        }
        let mut panics = Panics::default();
        panics.catch(|| self.generator.abandon());
        if !self.over.get() {
            cannot_end(&self.generator.name());
        }
        panics.resume();
    }
}
