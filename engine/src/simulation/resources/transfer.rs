//! `Put` and `Get`: requests to put something into a resource, and to get something out.

use std::fmt;
use std::ops::{BitAnd, BitOr, Deref};
use std::rc::Rc;

use super::base::{Base, Rules, Side};
use crate::simulation::condition::Rule;
use crate::simulation::event::event_handle;
use crate::simulation::event::{AsEvent, sealed};
use crate::simulation::node::Node;
use crate::simulation::request::wait;
use crate::simulation::{AnyEvent, Co, Condition, Event, IntoEvent, Wait};
use yieldfrom_delegation::{Delegate, Result};

/// Takes a request out of its queue.
trait Cancel {
    fn cancel(&self, node: &Node, side: Side);
}

impl<R: Rules> Cancel for Base<R> {
    fn cancel(&self, node: &Node, side: Side) {
        Base::cancel(self, node, side);
    }
}

/// A request to put something into a container or a store: an event that is processed when there was room.
///
/// SimPy's `ContainerPut` and `StorePut`. It stays in the queue when it is dropped, as in SimPy: nobody has to wait for it.
/// [`cancel_on_drop`](Put::cancel_on_drop) is SimPy's `with` statement.
pub struct Put {
    event: Event,
    resource: Rc<dyn Cancel>,
}

/// A request to get something out of a container or a store: an event that is processed when that was there.
///
/// SimPy's `ContainerGet`, `StoreGet` and `FilterStoreGet`. It stays in the queue when it is dropped, as in SimPy. So a process that is
/// interrupted while it waits should cancel it, or else what it gets is lost. [`cancel_on_drop`](Get::cancel_on_drop) is SimPy's
/// `with` statement.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Store};
///
/// let env = Environment::new();
/// let store = Store::new(&env);
/// let (handle, shelf) = (env.handle(), store.clone());
/// env.process(move |co: &Co| {
///     let parcel = shelf.get().cancel_on_drop();
///     let results = co.yield_from(&parcel | handle.timeout(5))?;
///     assert_eq!(results.get(&parcel), None); // it gives up, and leaves the queue
///     Ok(())
/// });
/// env.run()?;
/// let put = store.put("too late");
/// env.run()?;
/// assert!(put.processed());
/// assert_eq!(store.items(), ["too late"]);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Get<T: 'static = ()> {
    event: Event<T>,
    resource: Rc<dyn Cancel>,
}

event_handle!(Put, (), by_value);
event_handle!(Get);

impl Delegate<Wait, ()> for Put {
    type Output = ();

    fn delegate(self, co: &Co) -> Result<()> {
        self.event.delegate(co)
    }
}

macro_rules! transfers {
    ($($name:ident$(<$t:ident>)? $side:ident)*) => {$(
        impl<$($t: 'static)?> $name$(<$t>)? {
            pub(super) fn new<R: Rules>(node: Rc<Node>, resource: &Rc<Base<R>>) -> Self {
                Self {
                    event: Event::of(node),
                    resource: Rc::clone(resource) as Rc<dyn Cancel>,
                }
            }

            /// Takes the request out of its queue. If it was granted already, this does nothing.
            pub fn cancel(&self) {
                self.resource.cancel(self.event.node(), Side::$side);
            }

            /// Has the request be cancelled when what this returns is dropped: SimPy's `with` statement.
            pub fn cancel_on_drop(self) -> CancelOnDrop<Self> {
                CancelOnDrop { request: self, cancel: Self::cancel }
            }
        }

        impl<$($t: 'static)?> Clone for $name$(<$t>)? {
            fn clone(&self) -> Self {
                Self {
                    event: self.event.clone(),
                    resource: Rc::clone(&self.resource),
                }
            }
        }
    )*};
}

transfers!(Put Put Get<T> Get);

/// A request that is cancelled when it is dropped, if it was not granted. [`Put::cancel_on_drop`] and [`Get::cancel_on_drop`] make it.
#[must_use = "the request is cancelled when this is dropped"]
pub struct CancelOnDrop<R> {
    request: R,
    cancel: fn(&R),
}

impl<R> Deref for CancelOnDrop<R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.request
    }
}

impl<R: AsEvent> sealed::Sealed for CancelOnDrop<R> {}

impl<R: AsEvent> AsEvent for CancelOnDrop<R> {
    fn to_any(&self) -> AnyEvent {
        self.request.to_any()
    }
}

impl<R: AsEvent, Other: IntoEvent> BitOr<Other> for &CancelOnDrop<R> {
    type Output = Condition;

    fn bitor(self, other: Other) -> Condition {
        Condition::of_two(Rule::Any, self, other)
    }
}

impl<R: AsEvent, Other: IntoEvent> BitAnd<Other> for &CancelOnDrop<R> {
    type Output = Condition;

    fn bitand(self, other: Other) -> Condition {
        Condition::of_two(Rule::All, self, other)
    }
}

/// Waits, and moves the item out. The request is cancelled if the wait ends with an error.
impl<T: 'static> Delegate<Wait, ()> for CancelOnDrop<Get<T>> {
    type Output = T;

    fn delegate(self, co: &Co) -> Result<T> {
        wait(self.request.event.node(), co)?;
        self.request.event.take()
    }
}

/// Waits. The request is cancelled if the wait ends with an error.
impl Delegate<Wait, ()> for CancelOnDrop<Put> {
    type Output = ();

    fn delegate(self, co: &Co) -> Result<()> {
        wait(self.request.event.node(), co)
    }
}

impl<R> Drop for CancelOnDrop<R> {
    fn drop(&mut self) {
        (self.cancel)(&self.request);
    }
}

impl<R: fmt::Debug> fmt::Debug for CancelOnDrop<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}
