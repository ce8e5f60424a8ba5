//! What is known of a registered descriptor.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::kernel::event_loop::Ready;
use crate::kernel::future::Waiter;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Read,
    Write,
}

/// What is known of one direction of a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// An operation would block.
    No,
    /// Perhaps; only an operation can tell.
    Maybe,
    /// Yes, until a transfer falls short.
    Yes,
}

/// A registered descriptor: both its directions.
pub(crate) struct Watched {
    key: u64,
    sides: [Side; 2],
    /// How many wait for any descriptor of the loop.
    waits: Rc<Cell<usize>>,
}

struct Side {
    readiness: Cell<Readiness>,
    /// Who waits for the next event.
    waiters: RefCell<SideWaiters>,
    /// What becomes ready at each event.
    callback: RefCell<Option<Rc<dyn Ready>>>,
}

/// The waiters of one direction, in order. Usually there is one, which needs no list.
#[derive(Default)]
struct SideWaiters {
    /// The first waiter. If it is none, `others` is empty.
    first: Option<Rc<Waiter>>,
    others: Vec<Rc<Waiter>>,
}

impl SideWaiters {
    fn len(&self) -> usize {
        usize::from(self.first.is_some()) + self.others.len()
    }

    fn push(&mut self, waiter: Rc<Waiter>) {
        match self.first {
            None => self.first = Some(waiter),
            Some(_) => self.others.push(waiter),
        }
    }

    fn remove(&mut self, waiter: &Rc<Waiter>) -> Option<Rc<Waiter>> {
        let is_it = |other: &Rc<Waiter>| Rc::ptr_eq(other, waiter);
        if self.first.as_ref().is_some_and(is_it) {
            let next = (!self.others.is_empty()).then(|| self.others.remove(0));
            return std::mem::replace(&mut self.first, next);
        }
        let found = self.others.iter().position(is_it)?;
        Some(self.others.remove(found))
    }
}

impl Default for Side {
    fn default() -> Self {
        Self {
            readiness: Cell::new(Readiness::Maybe),
            waiters: RefCell::default(),
            callback: RefCell::default(),
        }
    }
}

impl Watched {
    pub(super) fn new(key: u64, waits: Rc<Cell<usize>>) -> Self {
        Self {
            key,
            sides: Default::default(),
            waits,
        }
    }

    pub(super) fn key(&self) -> u64 {
        self.key
    }

    #[inline(always)]
    fn side(&self, direction: Direction) -> &Side {
        &self.sides[direction as usize]
    }

    #[inline(always)]
    pub(crate) fn readiness(&self, direction: Direction) -> Readiness {
        self.side(direction).readiness.get()
    }

    /// Notes that an operation would block.
    #[inline(always)]
    pub(crate) fn blocked(&self, direction: Direction) {
        self.side(direction).readiness.set(Readiness::No);
    }

    /// Notes that a transfer fell short. After an event that showed all there is, the next
    /// operation would block, and need not be tried.
    #[inline(always)]
    pub(crate) fn fell_short(&self, direction: Direction) {
        let readiness = &self.side(direction).readiness;
        if readiness.get() == Readiness::Yes {
            readiness.set(Readiness::No);
        }
    }

    /// Adds a waiter for the next event.
    pub(crate) fn add_waiter(&self, direction: Direction, waiter: Rc<Waiter>) {
        self.waits.set(self.waits.get() + 1);
        self.side(direction).waiters.borrow_mut().push(waiter);
    }

    /// Removes a waiter, unless an event has woken it.
    pub(crate) fn remove_waiter(&self, direction: Direction, waiter: &Rc<Waiter>) {
        let gone = self.side(direction).waiters.borrow_mut().remove(waiter);
        self.uncount(usize::from(gone.is_some()));
    }

    /// Sets what becomes ready at each event, and returns what was set before.
    pub(crate) fn set_callback(
        &self,
        direction: Direction,
        callback: Option<Rc<dyn Ready>>,
    ) -> Option<Rc<dyn Ready>> {
        self.waits
            .set(self.waits.get() + usize::from(callback.is_some()));
        let before = self.side(direction).callback.replace(callback);
        self.uncount(usize::from(before.is_some()));
        before
    }

    pub(crate) fn has_callback(&self, direction: Direction) -> bool {
        self.side(direction).callback.borrow().is_some()
    }

    pub(crate) fn has_waiters(&self, direction: Direction) -> bool {
        self.side(direction).waiters.borrow().first.is_some()
    }

    fn uncount(&self, n: usize) {
        self.waits.set(self.waits.get() - n);
    }

    /// Notes an event, and wakes the tasks that wait for it.
    pub(super) fn report(&self, readable: bool, writable: bool, exact: bool) {
        let readiness = if exact {
            Readiness::Yes
        } else {
            Readiness::Maybe
        };
        for (direction, happened) in [(Direction::Read, readable), (Direction::Write, writable)] {
            if happened {
                self.side(direction).readiness.set(readiness);
                self.wake(direction);
            }
        }
    }

    fn wake(&self, direction: Direction) {
        let side = self.side(direction);
        // Waking only appends to the ready queue: nothing comes back here.
        let mut waiters = side.waiters.borrow_mut();
        if let Some(first) = waiters.first.take() {
            self.uncount(1 + waiters.others.len());
            first.wake();
            if !waiters.others.is_empty() {
                waiters
                    .others
                    .drain(..)
                    .for_each(|waiter| _ = waiter.wake());
            }
        }
        drop(waiters);
        let callback = side.callback.borrow().clone();
        if let Some(callback) = callback {
            callback.schedule();
        }
    }

    /// Takes all waiters and callbacks out, for the caller to drop.
    pub(super) fn take(&self) -> [impl Sized + use<>; 2] {
        [Direction::Read, Direction::Write].map(|direction| {
            let waiters = self.side(direction).waiters.take();
            self.uncount(waiters.len());
            (waiters, self.set_callback(direction, None))
        })
    }
}
