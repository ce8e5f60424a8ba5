//! What has a name in a scenario.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::sync::{
    BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};
use yieldfrom::{CallbackId, Future, Handle, TimerHandle};

use super::composite::Round;
use crate::language::value::Value;

/// A thing that has a name.
#[derive(Clone)]
pub(crate) enum Thing {
    Future(Future<Value>),
    /// The awaitable of an `as_completed` round, until it is awaited.
    Round(Rc<Cell<Option<Round>>>),
    Handle(Handle),
    Timer(TimerHandle),
    Callback(CallbackId),
    Object(Rc<Object>),
}

/// A thing that has methods.
pub(crate) enum Object {
    Lock(Lock),
    Event(Event),
    Condition(Condition),
    Semaphore(Semaphore),
    Bounded(BoundedSemaphore),
    Queue(Queue<Value>),
    Lifo(LifoQueue<Value>),
    Priority(PriorityQueue<Value>),
}

impl Thing {
    /// What a complaint calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Future(_) => "a future",
            Self::Round(_) => "an awaitable",
            Self::Handle(_) | Self::Timer(_) => "a handle",
            Self::Callback(_) => "a callback",
            Self::Object(object) => object.kind(),
        }
    }
}

impl Object {
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Lock(_) => "a lock",
            Self::Event(_) => "an event",
            Self::Condition(_) => "a condition",
            Self::Semaphore(_) | Self::Bounded(_) => "a semaphore",
            Self::Queue(_) | Self::Lifo(_) | Self::Priority(_) => "a queue",
        }
    }
}
