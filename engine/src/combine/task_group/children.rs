//! The tasks of a group that may borrow, and what their coroutines run.

use std::cell::RefCell;
use std::iter;
use std::mem;
use std::process;
use std::rc::Rc;

use crate::errors::panics::{Panics, contain};
use crate::kernel::{AnyTask, Co, Core, CoroutineBuilder, Place as Line, Task};
use yieldfrom_delegation::{Result, report};

/// The block of a borrowing task, as its coroutine sees it.
pub(super) trait Body {
    fn run(&self, co: &Co) -> Result<()>;
}

/// What a group is told by the coroutines of its borrowing tasks.
pub(super) trait Parent {
    /// The task in this place is about to end, with a result, and borrows nothing any more.
    fn child_over(&self, place: Place);

    /// The coroutine of the task in this place has ended in another way, or was dropped before it ran.
    fn child_lost(self: Rc<Self>, place: Place);
}

/// Where a task stands in the list of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

/// What the coroutine of a borrowing task runs.
pub(super) struct Child<P: Parent> {
    body: Option<Rc<dyn Body>>,
    /// None when the group has been told.
    parent: Option<Rc<P>>,
    place: Place,
}

impl<P: Parent> Child<P> {
    fn new(body: Rc<dyn Body>, parent: &Rc<P>, place: Place) -> Self {
        Self {
            body: Some(body),
            parent: Some(Rc::clone(parent)),
            place,
        }
    }

    fn run(mut self, co: &Co) -> Result<()> {
        let body = self.body.take().expect("it runs once");
        let result = body.run(co);
        // Before the group forgets the task: this may drop the result, whose destructor may use what it borrows.
        drop(body);
        if result.is_ok()
            && let Some(parent) = self.parent.take()
        {
            parent.child_over(self.place);
            // Nothing is left in it: this saves the destructor.
            mem::forget(self);
        }
        result
    }
}

/// Tells the group of an end without a result: by an error, by a panic, or before the body has run.
impl<P: Parent> Drop for Child<P> {
    #[inline]
    fn drop(&mut self) {
        // Without it the body has run, and is gone.
        if let Some(parent) = self.parent.take() {
            self.lose(parent);
        }
    }
}

impl<P: Parent> Child<P> {
    #[cold]
    fn lose(&mut self, parent: Rc<P>) {
        let mut panics = Panics::default();
        panics.catch(|| drop(self.body.take()));
        parent.child_lost(self.place);
        panics.resume();
    }
}

/// Where nobody has to be told.
impl Parent for Children {
    fn child_over(&self, place: Place) {
        drop(self.take(place));
    }

    /// It stays in the list until the guard finds it.
    fn child_lost(self: Rc<Self>, place: Place) {
        self.lose(place);
    }
}

/// The borrowing tasks of a group that have not ended.
///
/// A place in a list of slots costs less than an entry of a map, and the first task has a place without an
/// allocation: a group is often made for one or two.
#[derive(Default)]
pub(super) struct Children(RefCell<Slots>);

#[derive(Default)]
struct Slots {
    first: Slot,
    others: Vec<Slot>,
    /// The place of a free slot; each free slot has the next one. The place after the last is always free.
    free: usize,
    taken: usize,
}

enum Slot {
    Free {
        next: usize,
    },
    Task(Task<()>),
    /// A task that borrows nothing any more, and has not told its end.
    Lost(Task<()>),
}

impl Default for Slot {
    fn default() -> Self {
        Self::Free { next: 1 }
    }
}

impl Slots {
    #[cold]
    fn clear(&mut self) {
        self.others.clear();
        self.first = Slot::default();
        self.free = 0;
    }

    fn slot(&mut self, place: usize) -> Option<&mut Slot> {
        match place.checked_sub(1) {
            None => Some(&mut self.first),
            Some(other) => self.others.get_mut(other),
        }
    }

    fn tasks(&self) -> impl Iterator<Item = &Task<()>> {
        let all = iter::once(&self.first).chain(&self.others);
        all.filter_map(Slot::task)
    }
}

impl Slot {
    fn task(&self) -> Option<&Task<()>> {
        match self {
            Self::Task(task) | Self::Lost(task) => Some(task),
            Self::Free { .. } => None,
        }
    }
}

impl Children {
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().taken == 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.borrow().taken
    }

    /// Makes a task of `parent`, whose list this is, on behalf of a line of the program if one is given.
    #[track_caller]
    pub(super) fn spawn<P: Parent + 'static>(
        &self,
        parent: &Rc<P>,
        core: &Rc<Core>,
        settings: CoroutineBuilder,
        body: Rc<dyn Body>,
        made_at: Option<Line>,
    ) -> Task<()> {
        let place = self.free_place();
        let child = Child::new(body, parent, place);
        let coroutine = settings.build(move |co| child.run(co));
        if let Some(made_at) = made_at {
            coroutine.stands_for(made_at);
        }
        let task = Task::new(core, coroutine);
        if let Some(made_at) = made_at {
            task.inner.replace_place(made_at);
        }
        // No code of the program has run since it was made, and could not panic before it is in the list. On a
        // closed loop it has failed at once, and borrows nothing any more.
        if !task.done() {
            self.put(place, task.clone());
        }
        core.tell_task_factory(&task);
        task
    }

    /// Makes an empty list as new, which keeps its memory. Returns false if that is more than for so many tasks.
    #[inline]
    pub(super) fn clear(&mut self, most: usize) -> bool {
        let slots = self.0.get_mut();
        let room = slots.others.capacity();
        if room != 0 {
            slots.clear();
        }
        room <= most
    }

    /// Returns the place where the next task is put.
    fn free_place(&self) -> Place {
        Place(self.0.borrow().free)
    }

    /// Puts a task into the free place.
    #[inline]
    fn put(&self, place: Place, task: Task<()>) {
        let mut slots = self.0.borrow_mut();
        if place.0 > slots.others.len() {
            slots.others.push(Slot::Free { next: place.0 + 1 });
        }
        let Some(slot) = slots.slot(place.0) else {
            unreachable!("the place after the last one is made when it is needed");
        };
        if let Slot::Free { next } = mem::replace(slot, Slot::Task(task)) {
            slots.free = next;
            slots.taken += 1;
        }
    }

    /// Returns the task in a place.
    fn get(&self, place: Place) -> Option<Task<()>> {
        self.0.borrow_mut().slot(place.0)?.task().cloned()
    }

    /// Notes that the task in a place borrows nothing any more, and returns it.
    pub(super) fn lose(&self, place: Place) -> Option<Task<()>> {
        let task = self.get(place)?;
        let lost = Slot::Lost(task.clone());
        let before = self
            .0
            .borrow_mut()
            .slot(place.0)
            .map(|slot| mem::replace(slot, lost));
        drop(before);
        Some(task)
    }

    fn may_borrow(&self, place: Place) -> bool {
        matches!(self.0.borrow_mut().slot(place.0), Some(Slot::Task(_)))
    }

    /// Takes the task out of a place, which is free then.
    #[inline]
    pub(super) fn take(&self, place: Place) -> Option<Task<()>> {
        let mut slots = self.0.borrow_mut();
        let next = slots.free;
        let slot = slots.slot(place.0)?;
        slot.task()?;
        let taken = mem::replace(slot, Slot::Free { next });
        slots.free = place.0;
        slots.taken -= 1;
        match taken {
            Slot::Task(task) | Slot::Lost(task) => Some(task),
            Slot::Free { .. } => None,
        }
    }

    /// Returns all tasks.
    pub(super) fn all(&self) -> Vec<AnyTask> {
        self.0.borrow().tasks().map(Task::to_any).collect()
    }

    /// Ends all tasks at once.
    ///
    /// That a coroutine is closed does not say that its body is gone: what the body has captured may be being
    /// dropped, below. So the `Child` has to say it.
    pub(super) fn end(&self) {
        let mut panics = Panics::default();
        let places = 0..=self.0.borrow().others.len();
        for place in places.map(Place) {
            let Some(task) = self.get(place) else {
                continue;
            };
            let task = task.to_any();
            panics.catch(|| task.0.abandon());
            if self.may_borrow(place) {
                cannot_end(&task);
            }
        }
        let Slots { first, others, .. } = self.0.take();
        panics.drop_each(iter::once(first).chain(others));
        panics.resume();
    }
}

/// Aborts the process, as a coroutine that goes on would use memory that goes away.
#[cold]
fn cannot_end(task: &AnyTask) -> ! {
    contain(|| {
        report!(
            target: "yieldfrom::task_group",
            Error,
            "{task} borrows from a coroutine that goes away, and cannot be ended: it is running or being \
             dropped, or it catches every unwinding. The process is aborted."
        );
    });
    process::abort()
}
