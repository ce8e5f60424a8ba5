//! `Timeout`: an event that happens after a time.

use std::cell::OnceCell;
use std::ops::Deref;
use std::rc::Rc;

use super::condition::condition_operators;
use super::core::Core;
use super::event::sealed::Sealed;
use super::event::{AnyEvent, AsEvent, Event, IntoEvent, event_handle};
use super::node::{Kind, Node};
use super::queue::Scheduled;
use super::request::{Co, Wait, wait_for_timeout};
use super::value::unit;
use yieldfrom_delegation::{Delegate, Result};

/// An event that is processed after a delay. It is triggered from the beginning.
///
/// SimPy's `Timeout`; [`Env::timeout`](super::Env::timeout) makes one.
pub struct Timeout<T: 'static = ()> {
    event: OnceCell<Event<T>>,
    /// What becomes the event, if it is not one from the beginning.
    plain: Option<Plain>,
}

/// A timeout that is scheduled, and is no event yet.
struct Plain {
    core: Rc<Core>,
    delay: f64,
    scheduled: Scheduled,
}

event_handle!(@ Timeout<T>, T);
condition_operators!(Timeout<T>);

impl<T: 'static> Sealed for Timeout<T> {}

impl<T: 'static> AsEvent for Timeout<T> {
    fn to_any(&self) -> AnyEvent {
        (**self).to_any()
    }
}

impl<T: 'static> IntoEvent for Timeout<T> {
    fn into_any(self) -> AnyEvent {
        match (self.event.into_inner(), self.plain) {
            (None, Some(plain)) => AnyEvent::from_node(plain.to_node()),
            (event, _) => event.expect("it is an event or plain").into_any(),
        }
    }
}

impl<T: 'static> Timeout<T> {
    #[inline(always)]
    pub(super) fn of(event: Event<T>) -> Self {
        Self {
            event: OnceCell::from(event),
            plain: None,
        }
    }
}

impl Timeout {
    #[inline(always)]
    pub(super) fn plain(core: &Rc<Core>, delay: f64, scheduled: Scheduled) -> Self {
        Self {
            event: OnceCell::new(),
            plain: Some(Plain {
                core: Rc::clone(core),
                delay,
                scheduled,
            }),
        }
    }
}

impl Plain {
    /// Makes the event.
    fn to_node(&self) -> Rc<Node> {
        let node = self.core.node(Kind::Timeout(self.delay));
        node.set_succeeded(None);
        if !self.core.put_event(self.scheduled, &node) && !self.core.is_closed() {
            node.set_processed();
        }
        node
    }
}

impl<T: 'static> Deref for Timeout<T> {
    type Target = Event<T>;

    #[inline(always)]
    fn deref(&self) -> &Event<T> {
        self.event.get_or_init(|| {
            let plain = self.plain.as_ref();
            Event::of(plain.expect("it is an event or plain").to_node())
        })
    }
}

impl<T: 'static> Clone for Timeout<T> {
    fn clone(&self) -> Self {
        Self::of(Event::clone(self))
    }
}

/// By value, this moves the timeout's value out.
impl<T: 'static> Delegate<Wait, ()> for Timeout<T> {
    type Output = T;

    #[inline(always)]
    fn delegate(self, co: &Co) -> Result<T> {
        match &self.plain {
            Some(plain)
                if self.event.get().is_none() && plain.core.is_driven(co.generator_address()) =>
            {
                wait_for_timeout(&plain.core, plain.scheduled, co)?;
                Ok(unit().expect("a timeout with a value is no plain one"))
            }
            _ => Event::clone(&self).delegate(co),
        }
    }
}
