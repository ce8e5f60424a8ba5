//! Runs the statements about locks, queues and the like.

mod queue;

use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::sync::{
    BoundedSemaphore, Condition, Event, LifoQueue, Lock, PriorityQueue, Queue, Semaphore,
};

use super::frame::Frame;
use super::syntax::{Method, ObjectKind, Order};
use super::thing::{Object, Thing};
use crate::language::exception::Exception;
use crate::language::expr::Expr;
use crate::language::run::Runner;
use crate::language::value::Value;

impl Frame<'_> {
    pub(crate) fn make(&self, kind: &ObjectKind, name: &Expr) -> Result<()> {
        let object = match kind {
            ObjectKind::Lock => Object::Lock(Lock::new()),
            ObjectKind::Event => Object::Event(Event::new()),
            ObjectKind::Condition(None) => Object::Condition(Condition::new()),
            ObjectKind::Condition(Some(lock)) => match &*self.object(lock)? {
                Object::Lock(lock) => Object::Condition(Condition::with_lock(lock)),
                object => return Err(self.unexpected("a lock", object.kind())),
            },
            ObjectKind::Semaphore { size, bounded } => {
                let size = self.semaphore_size(size.as_ref())?;
                if *bounded {
                    Object::Bounded(BoundedSemaphore::new(size))
                } else {
                    Object::Semaphore(Semaphore::new(size))
                }
            }
            ObjectKind::Queue { size, order } => {
                let size = size
                    .as_ref()
                    .map_or(Ok(0), |size| self.integer(size, "size"))?;
                let size = usize::try_from(size).unwrap_or(0);
                match order {
                    Order::Oldest => Object::Queue(Queue::with_maxsize(size)),
                    Order::Newest => Object::Lifo(LifoQueue::with_maxsize(size)),
                    Order::Smallest => Object::Priority(PriorityQueue::with_maxsize(size)),
                }
            }
        };
        let object = Thing::Object(Rc::new(object));
        self.world.name(self.name(name)?, object);
        Ok(())
    }

    fn semaphore_size(&self, size: Option<&Expr>) -> Result<usize> {
        let size = size.map_or(Ok(1), |size| self.integer(size, "size"))?;
        // The library's semaphores do not even take a negative number.
        usize::try_from(size).map_err(|_| self.error_of(Exception::new("ValueError", None)))
    }

    pub(crate) fn call_method(&self, object: &Expr, method: &Method) -> Result<Value> {
        let object = self.object(object)?;
        let result = match &*object {
            Object::Lock(lock) => self.on_lock(lock, method),
            Object::Event(event) => self.on_event(event, method),
            Object::Condition(condition) => self.on_condition(condition, method),
            Object::Semaphore(semaphore) => self.on_semaphore(semaphore, method),
            Object::Bounded(semaphore) => self.on_semaphore(semaphore, method),
            Object::Queue(queue) => self.on_queue(queue, method),
            Object::Lifo(queue) => self.on_queue(queue, method),
            Object::Priority(queue) => self.on_queue(queue, method),
        };
        result
            .unwrap_or_else(|| Err(self.malformed(format!("{} has no such method", object.kind()))))
    }

    fn on_lock(&self, lock: &Lock, method: &Method) -> Option<Result<Value>> {
        match method {
            // Kept by no guard: any statement may release it.
            Method::Acquire => waited(
                self.co()
                    .yield_from(lock.acquire())
                    .map(|guard| guard.forget()),
            ),
            Method::Release => nothing(lock.release()),
            Method::Locked => truth(lock.locked()),
            _ => None,
        }
    }

    fn on_event(&self, event: &Event, method: &Method) -> Option<Result<Value>> {
        match method {
            Method::Wait => waited(self.co().yield_from(event.wait())),
            Method::Set => {
                event.set();
                nothing(Ok(()))
            }
            Method::Clear => {
                event.clear();
                nothing(Ok(()))
            }
            Method::IsSet => truth(event.is_set()),
            _ => None,
        }
    }

    fn on_condition(&self, condition: &Condition, method: &Method) -> Option<Result<Value>> {
        match method {
            Method::Acquire => waited(
                self.co()
                    .yield_from(condition.acquire())
                    .map(|guard| guard.forget()),
            ),
            Method::Release => nothing(condition.release()),
            Method::Locked => truth(condition.locked()),
            Method::Wait => waited(self.co().yield_from(condition.wait())),
            Method::WaitFor(predicate) => {
                let value = || -> Result<Option<Value>> {
                    let value = self.eval(predicate)?;
                    Ok(value.is_true().then_some(value))
                };
                Some(self.co().yield_from(condition.wait_for(value)))
            }
            Method::Notify(count) => nothing(self.notify(condition, count.as_ref())),
            Method::NotifyAll => nothing(condition.notify_all()),
            _ => None,
        }
    }

    fn notify(&self, condition: &Condition, count: Option<&Expr>) -> Result<()> {
        let count = count.map_or(Ok(1), |count| self.integer(count, "a number to notify"))?;
        condition.notify(usize::try_from(count).unwrap_or(0))
    }

    fn on_semaphore(&self, semaphore: &Semaphore, method: &Method) -> Option<Result<Value>> {
        match method {
            Method::Acquire => waited(
                self.co()
                    .yield_from(semaphore.acquire())
                    .map(|guard| guard.forget()),
            ),
            Method::Release => nothing(semaphore.release()),
            Method::Locked => truth(semaphore.locked()),
            _ => None,
        }
    }
}

fn waited<T>(outcome: Result<T>) -> Option<Result<Value>> {
    Some(outcome.map(|_| Value::Int(1)))
}

fn truth(value: bool) -> Option<Result<Value>> {
    Some(Ok(Value::Int(value.into())))
}

fn nothing(outcome: Result<()>) -> Option<Result<Value>> {
    Some(outcome.map(|()| Value::None))
}
