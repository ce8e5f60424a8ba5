//! What all resources have: two queues of requests, one to put something in and one to get something out.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::observer::{ResourceObserver, Usage};
use super::pending::{Pending, Waiting, grant};
use crate::errors::ValueError;
use crate::simulation::core::Core;
use crate::simulation::node::{Kind, Node};
use crate::simulation::observer::remove_one;
use crate::simulation::ties::Tied;
use yieldfrom_delegation::{Error, Result};

/// One of the two queues of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::simulation) enum Side {
    Put,
    Get,
}

/// What is known of a request: its resource, and on which side it is.
pub(in crate::simulation) struct Requested {
    pub(in crate::simulation) side: Side,
    /// The resource, which keeps the request while that is in a queue. So this does not keep the resource.
    resource: Weak<dyn Queues>,
}

impl Requested {
    /// Has the resource look at its other queue, since this request was processed.
    pub(in crate::simulation) fn done(&self) {
        if let Some(resource) = self.resource.upgrade() {
            match self.side {
                Side::Put => resource.trigger(Side::Get),
                Side::Get => resource.trigger(Side::Put),
            }
        }
    }

    /// Returns the name of this kind of request.
    pub(in crate::simulation) fn name(&self) -> &'static str {
        let resource = self.resource.upgrade();
        resource.map_or("Request", |resource| resource.name(self.side))
    }
}

/// A resource without its type.
trait Queues {
    fn trigger(&self, side: Side);
    fn name(&self, side: Side) -> &'static str;
}

/// Whether the next request of a queue is looked at as well.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Look,
    Leave,
}

/// What one kind of resource does.
pub(super) trait Rules: Sized + 'static {
    /// What a request to put has.
    type Put: 'static;
    /// What a request to get has.
    type Get: 'static;

    /// The names of the two kinds of requests.
    const NAMES: (&'static str, &'static str);

    /// Whether a request to put knows the process that has made it.
    const HAS_USERS: bool = false;

    /// Does what the request asks for if that is possible now, and triggers it.
    fn put(&self, base: &Base<Self>, request: &Pending<Self::Put>) -> Next;

    /// Does what the request asks for if that is possible now, and triggers it.
    fn get(&self, base: &Base<Self>, request: &Pending<Self::Get>) -> Next;

    /// Returns whether a new request to put goes before one that waits.
    fn goes_before(_new: &Self::Put, _waiting: &Self::Put) -> bool {
        false
    }

    /// Returns how much is in use, or in store.
    fn level(&self) -> f64;

    fn capacity(&self) -> f64;
}

/// A resource.
pub(super) struct Base<R: Rules> {
    pub(super) core: Rc<Core>,
    pub(super) rules: R,
    this: Weak<Self>,
    puts: Waiting<R::Put>,
    gets: Waiting<R::Get>,
    /// Whether code of the program, a filter or an order, may be running on behalf of this resource.
    is_busy: Cell<bool>,
    /// How often the queues have to be looked at after that: that of the puts, and that of the gets.
    again: [Cell<u32>; 2],
    observers: RefCell<Vec<Rc<dyn ResourceObserver>>>,
    is_observed: Cell<bool>,
}

impl<R: Rules> Base<R> {
    pub(super) fn new(core: &Rc<Core>, rules: R) -> Rc<Self> {
        let base = Rc::new_cyclic(|this| Self {
            core: Rc::clone(core),
            rules,
            this: Weak::clone(this),
            puts: Waiting::default(),
            gets: Waiting::default(),
            is_busy: Cell::new(false),
            again: Default::default(),
            observers: RefCell::default(),
            is_observed: Cell::new(false),
        });
        core.tie(Rc::downgrade(&base) as Weak<dyn Tied>);
        base
    }

    #[inline(always)]
    fn pending<D>(&self, side: Side, detail: D) -> Pending<D> {
        let resource: Weak<dyn Queues> = Weak::clone(&self.this) as Weak<dyn Queues>;
        Pending {
            node: self.core.node(Kind::Request(Requested { side, resource })),
            process: R::HAS_USERS.then(|| self.core.active()).flatten(),
            made: self.core.now(),
            detail,
        }
    }

    /// Makes a request to put.
    #[inline(always)]
    pub(super) fn put(&self, detail: R::Put) -> Rc<Node> {
        let pending = self.pending(Side::Put, detail);
        let node = Rc::clone(&pending.node);
        // One that is alone need not go through the queue.
        let was_tried = self.puts.is_empty()
            && Busy::begin(self)
                .map(|_busy| self.rules.put(self, &pending))
                .is_some();
        if !node.is_triggered() {
            self.puts.insert(pending, R::goes_before);
            if !was_tried {
                self.look(Side::Put);
            }
        }
        self.changed();
        node
    }

    /// Makes a request to get.
    #[inline(always)]
    pub(super) fn get(&self, detail: R::Get) -> Rc<Node> {
        let pending = self.pending(Side::Get, detail);
        let node = Rc::clone(&pending.node);
        // One that is alone need not go through the queue.
        let was_tried = self.gets.is_empty()
            && Busy::begin(self)
                .map(|_busy| self.rules.get(self, &pending))
                .is_some();
        if !node.is_triggered() {
            self.gets.insert(pending, |_, _| false);
            if !was_tried {
                self.look(Side::Get);
            }
        }
        self.changed();
        node
    }

    pub(super) fn this(&self) -> Rc<Self> {
        self.this.upgrade().expect("it is borrowed, so it exists")
    }

    /// Shows the rules to `look`, which may run code of the program. Requests of that code wait until it is over.
    pub(super) fn undisturbed<T>(&self, look: impl FnOnce(&R) -> T) -> T {
        let _busy = Busy::begin(self);
        look(&self.rules)
    }

    /// Makes a request that fails, because the program has asked for what makes no sense.
    #[cold]
    pub(super) fn refuse(&self, side: Side, why: String) -> Rc<Node> {
        let resource: Weak<dyn Queues> = Weak::clone(&self.this) as Weak<dyn Queues>;
        let node = self.core.node(Kind::Request(Requested { side, resource }));
        node.refuse(&self.core, ValueError::new(why).into());
        node
    }

    /// Grants requests of a queue, in order, as far as the rules allow.
    fn look(&self, side: Side) {
        let Some(_busy) = Busy::begin(self) else {
            let again = &self.again[side as usize];
            again.set(again.get() + 1);
            return;
        };
        self.grant(side);
    }

    fn grant(&self, side: Side) {
        match side {
            Side::Put => grant(&self.puts, |pending| self.rules.put(self, pending)),
            Side::Get => grant(&self.gets, |pending| self.rules.get(self, pending)),
        }
    }

    /// Looks at the queues as often as was asked for meanwhile, and then is no longer busy.
    #[cold]
    fn catch_up(&self) {
        let _idle = Idle(&self.is_busy);
        for side in [Side::Put, Side::Get].into_iter().cycle() {
            let again = &self.again[side as usize];
            match again.get() {
                0 if !self.has_to_look_again() => return,
                0 => {}
                times => {
                    again.set(times - 1);
                    self.grant(side);
                }
            }
        }
    }

    #[inline(always)]
    fn has_to_look_again(&self) -> bool {
        self.again.iter().any(|again| again.get() > 0)
    }

    /// Takes a request that was not granted out of its queue.
    pub(super) fn cancel(&self, node: &Node, side: Side) {
        if node.is_triggered() || node.is_cancelled() {
            return;
        }
        node.set_cancelled();
        match side {
            Side::Put => self.puts.note_cancelled(),
            Side::Get => self.gets.note_cancelled(),
        }
        self.changed();
    }

    /// Returns how many requests wait on a side.
    pub(super) fn waiting(&self, side: Side) -> usize {
        match side {
            Side::Put => self.puts.len(),
            Side::Get => self.gets.len(),
        }
    }

    /// Returns the requests to put that wait.
    pub(super) fn puts(&self) -> Vec<Rc<Pending<R::Put>>> {
        self.puts.list()
    }

    pub(super) fn add_observer(&self, observer: Rc<dyn ResourceObserver>) {
        self.observers.borrow_mut().push(observer);
        self.is_observed.set(true);
    }

    pub(super) fn remove_observer(&self, observer: &Rc<dyn ResourceObserver>) {
        let mut observers = self.observers.take();
        remove_one(&mut observers, observer);
        self.is_observed.set(!observers.is_empty());
        let before = self.observers.replace(observers);
        drop(before);
    }

    #[inline(always)]
    pub(super) fn tell(&self, tell: impl Fn(&dyn ResourceObserver)) {
        if self.is_observed.get() {
            let observers = self.observers.borrow().clone();
            observers.iter().for_each(|observer| tell(&**observer));
        }
    }

    /// Tells the observers how much is in use, and how many wait.
    #[inline(always)]
    pub(super) fn changed(&self) {
        if self.is_observed.get() {
            let usage = self.usage();
            self.tell(|observer| observer.usage(&usage));
        }
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            now: self.core.now(),
            level: self.rules.level(),
            capacity: self.rules.capacity(),
            puts: self.puts.len(),
            gets: self.gets.len(),
        }
    }
}

impl<R: Rules> Tied for Base<R> {
    fn separate(&self) {
        drop((self.puts.take_all(), self.gets.take_all()));
    }
}

impl<R: Rules> Queues for Base<R> {
    fn trigger(&self, side: Side) {
        let is_empty = match side {
            Side::Put => self.puts.holds_nothing(),
            Side::Get => self.gets.holds_nothing(),
        };
        if !is_empty {
            self.look(side);
            self.changed();
        }
    }

    fn name(&self, side: Side) -> &'static str {
        match side {
            Side::Put => R::NAMES.0,
            Side::Get => R::NAMES.1,
        }
    }
}

/// Marks a resource as busy, up to the end of the scope. Requests that come meanwhile are looked at after that.
struct Busy<'a, R: Rules>(&'a Base<R>);

impl<'a, R: Rules> Busy<'a, R> {
    #[inline(always)]
    fn begin(base: &'a Base<R>) -> Option<Self> {
        (!base.is_busy.replace(true)).then(|| Self(base))
    }
}

impl<R: Rules> Drop for Busy<'_, R> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.has_to_look_again() && !std::thread::panicking() {
            self.0.catch_up();
        } else {
            self.0.is_busy.set(false);
        }
    }
}

/// Marks a resource as not busy, at the end of the scope. That may be the panic of a filter.
struct Idle<'a>(&'a Cell<bool>);

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Fails if a capacity is not above 0, on behalf of an operation.
pub(super) fn check_capacity(operation: &str, capacity: f64) -> Result<()> {
    if capacity > 0.0 {
        return Ok(());
    }
    let why = format!("{operation}: the capacity ({capacity}) must be above 0");
    Err(Error::from(ValueError::new(why)))
}
