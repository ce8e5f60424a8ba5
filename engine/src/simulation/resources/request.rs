//! `Request`: a request for a slot, which gives it back when it is dropped.

use std::cell::Cell;
use std::rc::Rc;

use super::base::{Base, Side};
use super::slots::Slots;
use crate::simulation::event::{AsEvent, Event, event_handle, sealed};
use crate::simulation::node::Node;
use crate::simulation::request::wait;
use crate::simulation::{AnyEvent, Co, Wait};
use yieldfrom_delegation::{Delegate, Result};

/// A request for a slot of a resource: an event that is processed when the slot is given.
///
/// SimPy's `Request` and `PriorityRequest`, in a `with` statement: when it is dropped, the slot is given back. If the slot was not
/// given yet, the request is cancelled. By value, `co.yield_from(resource.request())?` waits and returns the request, so that you
/// can keep it.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Resource};
///
/// let env = Environment::new();
/// let counter = Resource::new(&env, 1)?;
/// for patience in [1, 9] {
///     let (env, counter) = (env.handle(), counter.clone());
///     env.clone().process(move |co: &Co| {
///         let turn = counter.request();
///         let results = co.yield_from(&turn | env.timeout(patience))?;
///         if results.contains(&turn) {
///             co.yield_from(env.timeout(3))?;
///         } // otherwise the customer leaves the queue
///         Ok(())
///     });
/// }
/// env.run()?;
/// assert_eq!(counter.count(), 0);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "the slot is given back at once: bind the request to a name, such as `let _slot = ...`; `let _ = ...` drops it"]
pub struct Request {
    event: Event,
    base: Rc<Base<Slots>>,
    is_kept: Cell<bool>,
}

event_handle!(Request, ());

impl Request {
    #[inline(always)]
    pub(super) fn new(node: Rc<Node>, base: &Rc<Base<Slots>>) -> Self {
        Self {
            event: Event::of(node),
            base: Rc::clone(base),
            is_kept: Cell::new(false),
        }
    }

    /// Returns the time at which the slot was given, also after it was given back or lost; none if it was not given.
    pub fn usage_since(&self) -> Option<f64> {
        self.node().granted()
    }

    /// Takes the request out of the queue. If the slot was given already, this does nothing.
    pub fn cancel(&self) {
        self.base.cancel(self.node(), Side::Put);
    }

    /// Gives the slot back. The returned event is processed at the present time; the next request gets the slot then.
    ///
    /// SimPy's `resource.release(request)`. After it, the drop of the request does nothing.
    pub fn release(&self) -> Event {
        self.is_kept.set(true);
        Event::of(self.base.get(Rc::clone(self.node())))
    }

    /// Gives the slot back, if it is one of this resource.
    pub(super) fn release_from(&self, base: &Rc<Base<Slots>>) -> Event {
        match Rc::ptr_eq(&self.base, base) {
            true => self.release(),
            false => Event::of(base.get(Rc::clone(self.node()))),
        }
    }

    /// Keeps the slot for good: the drop of the request does nothing.
    ///
    /// It is what a request outside of a `with` statement does in SimPy. [`release`](Self::release) before the drop still gives the slot
    /// back.
    pub fn keep(&self) {
        self.is_kept.set(true);
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if !self.is_kept.get() && !self.event.node().is_refused() {
            self.cancel();
            if !self.base.core.is_closed() {
                drop(self.release());
            }
        }
    }
}

impl sealed::Sealed for Request {}

impl AsEvent for Request {
    fn to_any(&self) -> AnyEvent {
        self.event.to_any()
    }
}

/// By value, this returns the request, which has its slot then.
impl Delegate<Wait, ()> for Request {
    type Output = Self;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<Self> {
        wait(self.event.node(), co)?;
        Ok(self)
    }
}

/// The operators `|` and `&` of requests, by reference only.
mod operators {
    use super::Request;
    use crate::simulation::condition::Rule;
    use crate::simulation::{Condition, IntoEvent};
    use std::ops::{BitAnd, BitOr};

    impl<Other: IntoEvent> BitOr<Other> for &Request {
        type Output = Condition;

        fn bitor(self, other: Other) -> Condition {
            Condition::of_two(Rule::Any, self.into_any(), other.into_any())
        }
    }

    impl<Other: IntoEvent> BitAnd<Other> for &Request {
        type Output = Condition;

        fn bitand(self, other: Other) -> Condition {
            Condition::of_two(Rule::All, self.into_any(), other.into_any())
        }
    }
}
