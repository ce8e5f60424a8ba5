//! The rules of resources with slots: who gets one, and who loses one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::base::{Base, Next, Rules};
use super::observer::Grant;
use super::pending::Pending;
use super::preempted::Preempted;
use crate::errors::RuntimeError;
use crate::simulation::AnyProcess;
use crate::simulation::interrupt::Interrupt;
use crate::simulation::node::Node;
use crate::simulation::process::ProcessCell;
use yieldfrom_delegation::{Error, Result};

/// In which order requests get slots.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Discipline {
    Fifo,
    Priority,
    /// Requests take slots away from those that are less important.
    Preemptive,
}

/// What decides which request is more important: the lower one is.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Importance {
    pub(super) priority: f64,
    pub(super) time: f64,
    pub(super) preempts: bool,
}

impl Importance {
    fn is_higher_than(&self, other: &Self) -> bool {
        let key = |importance: &Self| (importance.priority, importance.time, !importance.preempts);
        key(self) < key(other)
    }
}

/// A request that has a slot.
pub(super) struct User {
    pub(super) node: Rc<Node>,
    pub(super) process: Option<Rc<ProcessCell>>,
    pub(super) importance: Importance,
    pub(super) since: f64,
    number: u64,
}

pub(super) struct Slots {
    discipline: Discipline,
    capacity: usize,
    users: RefCell<Vec<User>>,
    granted: Cell<u64>,
}

impl Slots {
    pub(super) fn new(discipline: Discipline, capacity: usize) -> Self {
        Self {
            discipline,
            capacity,
            users: RefCell::default(),
            granted: Cell::new(0),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn discipline(&self) -> Discipline {
        self.discipline
    }

    pub(super) fn count(&self) -> usize {
        self.users.borrow().len()
    }

    /// Shows the users to `look`, which runs no code of the program.
    pub(super) fn users<T>(&self, look: impl FnMut(&User) -> T) -> Vec<T> {
        self.users.borrow().iter().map(look).collect()
    }

    fn take_user(&self, is_it: impl Fn(&User) -> bool) -> Option<User> {
        let mut users = self.users.borrow_mut();
        let index = users.iter().position(is_it)?;
        Some(users.remove(index))
    }

    /// Gives a slot to a request.
    fn grant(&self, base: &Base<Self>, request: &Pending<Importance>) {
        let now = base.core.now();
        let number = self.granted.get();
        self.granted.set(number + 1);
        request.node.set_granted(now);
        self.users.borrow_mut().push(User {
            node: Rc::clone(&request.node),
            process: request.process.clone(),
            importance: request.detail,
            since: now,
            number,
        });
        base.tell(|observer| {
            observer.granted(&Grant {
                now,
                request: number,
                waited: now - request.made,
                process: request.process.as_ref().map(AnyProcess::of),
            });
        });
        succeed(base, &request.node);
    }

    /// Takes the slot away from the least important user, if that is less important than the request.
    fn preempt(&self, base: &Base<Self>, request: &Pending<Importance>) -> Result<()> {
        let Some(victim) = self.victim(&request.detail) else {
            return Ok(());
        };
        base.tell(|observer| observer.released(base.core.now(), victim.number));
        let by = request.process.as_ref().map(AnyProcess::of);
        let cause = Preempted::new(by, victim.since, base.this());
        match victim.process {
            Some(process) => process.interrupt(Interrupt::new(cause), None),
            None => {
                let why = "request: the slot was taken from a request that no process has made";
                Err(Error::from(RuntimeError::new(why)))
            }
        }
    }

    /// Takes out the least important user; of equal ones, the first, as in SimPy.
    fn victim(&self, request: &Importance) -> Option<User> {
        let mut users = self.users.borrow_mut();
        let mut least = 0;
        for index in 1..users.len() {
            if users[least]
                .importance
                .is_higher_than(&users[index].importance)
            {
                least = index;
            }
        }
        let user = users.get(least)?;
        let loses = request.is_higher_than(&user.importance);
        loses.then(|| users.remove(least))
    }
}

/// Schedules a request that was granted.
pub(super) fn succeed<R: Rules>(base: &Base<R>, node: &Rc<Node>) {
    base.core.succeed(node, None);
}

impl Rules for Slots {
    type Put = Importance;
    /// The request whose slot is given back.
    type Get = Rc<Node>;

    const NAMES: (&'static str, &'static str) = ("Request", "Release");
    const HAS_USERS: bool = true;

    #[inline(always)]
    fn put(&self, base: &Base<Self>, request: &Pending<Importance>) -> Next {
        let is_full = self.count() >= self.capacity;
        if is_full
            && self.discipline == Discipline::Preemptive
            && request.detail.preempts
            && let Err(error) = self.preempt(base, request)
        {
            request.node.refuse(&base.core, error);
            return Next::Leave;
        }
        if self.count() < self.capacity {
            self.grant(base, request);
        }
        Next::Leave
    }

    #[inline(always)]
    fn get(&self, base: &Base<Self>, release: &Pending<Rc<Node>>) -> Next {
        let user = self.take_user(|user| Rc::ptr_eq(&user.node, &release.detail));
        if let Some(user) = user {
            base.tell(|observer| observer.released(base.core.now(), user.number));
        }
        succeed(base, &release.node);
        Next::Leave
    }

    fn goes_before(new: &Importance, waiting: &Importance) -> bool {
        new.is_higher_than(waiting)
    }

    fn level(&self) -> f64 {
        self.count() as f64
    }

    fn capacity(&self) -> f64 {
        self.capacity as f64
    }
}
