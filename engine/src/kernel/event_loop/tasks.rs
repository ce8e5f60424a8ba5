//! The tasks of a loop, which keeps them alive until they have ended.

use std::rc::Rc;

use super::Core;
use super::fetch::GROUP;
use crate::kernel::task::TaskObject;

/// A task's place among those of its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u32);

impl Slot {
    /// That of a task which has none.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// Returns its index, which is used again for later tasks.
    pub(crate) fn index(self) -> Option<usize> {
        (self != Self::NONE).then_some(self.0 as usize)
    }
}

/// With this many free slots, they do not fit into the first cache.
const CROWD: usize = 1024;

/// A task as a lock remembers its holder. Remembering it costs a few loads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    /// The address of the loop.
    core: usize,
    slot: Slot,
    /// The number of the last task that was made: a later one in the slot has a greater number.
    until: u32,
}

impl Default for Holder {
    fn default() -> Self {
        let (core, slot, until) = (0, Slot::NONE, 0);
        Self { core, slot, until }
    }
}

impl Holder {
    /// Returns the task of a loop that is running.
    #[inline(always)]
    pub(super) fn of(core: &Core) -> Self {
        Self {
            core: std::ptr::from_ref(core).addr(),
            slot: core.current_task.get(),
            until: core.task_numbers.get(),
        }
    }

    /// Returns the task's number, unless it has ended or is one of another loop.
    pub(crate) fn number(self, core: &Core) -> Option<u32> {
        if self.core != std::ptr::from_ref(core).addr() {
            return None;
        }
        let number = core.tasks.borrow().get(self.slot)?.number();
        (number <= self.until).then_some(number)
    }
}

/// Tasks in numbered slots, which are used again.
#[derive(Default)]
pub(super) struct Tasks {
    slots: Vec<Option<Rc<dyn TaskObject>>>,
    free: Vec<u32>,
}

impl Tasks {
    #[inline]
    pub(super) fn insert(&mut self, task: Rc<dyn TaskObject>) -> Slot {
        if let Some(slot) = self.free.pop() {
            let left = self.free.len();
            if left >= CROWD && left.is_multiple_of(GROUP) {
                self.prefetch_group();
            }
            self.slots[slot as usize] = Some(task);
            return Slot(slot);
        }
        self.slots.push(Some(task));
        let slot = u32::try_from(self.slots.len() - 1);
        Slot(slot.expect("4 billion tasks do not fit into memory"))
    }

    /// Fetches the free slots that are taken next. After a crowd, they follow each other in no order.
    #[inline(never)]
    fn prefetch_group(&self) {
        let next = &self.free[self.free.len() - GROUP..];
        next.iter().for_each(|&slot| self.prefetch(Slot(slot)));
    }

    /// Fetches a slot into the cache, from which its task is removed soon.
    pub(super) fn prefetch(&self, slot: Slot) {
        let first = self.slots.as_ptr();
        yieldfrom_delegation::prefetch(first.wrapping_add(slot.0 as usize));
    }

    pub(super) fn get(&self, slot: Slot) -> Option<Rc<dyn TaskObject>> {
        self.slots.get(slot.0 as usize)?.clone()
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: Slot) -> Option<Rc<dyn TaskObject>> {
        let task = self.slots.get_mut(slot.0 as usize)?.take()?;
        self.free.push(slot.0);
        Some(task)
    }

    pub(super) fn find(&self, address: *const ()) -> Option<Rc<dyn TaskObject>> {
        let mut tasks = self.slots.iter().flatten();
        tasks
            .find(|task| Rc::as_ptr(task).cast() == address)
            .cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Returns the first tasks, up to this many, in the order of their making.
    #[cfg(feature = "monitor")]
    pub(super) fn first(&self, most: usize) -> Vec<Rc<dyn TaskObject>> {
        if most == 0 {
            return Vec::new();
        }
        let tasks = self.slots.iter().zip(0..);
        // A sort of the tasks themselves would touch each of them many times.
        let mut places: Vec<(u32, usize)> = tasks
            .filter_map(|(task, at)| Some((task.as_ref()?.number(), at)))
            .collect();
        if most < places.len() {
            places.select_nth_unstable(most);
            places.truncate(most);
        }
        places.sort_unstable();
        let found = places.iter().filter_map(|&(_, at)| self.slots[at].clone());
        found.collect()
    }

    /// Returns all tasks, in the order of their making.
    pub(super) fn all(&self) -> Vec<Rc<dyn TaskObject>> {
        in_order(self.slots.iter().flatten().cloned().collect())
    }

    /// Takes all tasks out, in the order of their making.
    pub(super) fn take(&mut self) -> Vec<Rc<dyn TaskObject>> {
        self.free.clear();
        in_order(
            std::mem::take(&mut self.slots)
                .into_iter()
                .flatten()
                .collect(),
        )
    }
}

fn in_order(mut tasks: Vec<Rc<dyn TaskObject>>) -> Vec<Rc<dyn TaskObject>> {
    tasks.sort_unstable_by_key(|task| task.number());
    tasks
}
