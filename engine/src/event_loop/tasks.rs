//! The tasks of a loop, which keeps them alive until they have ended.

use std::rc::Rc;

use crate::task::TaskObject;

/// Tasks in numbered slots, which are used again.
#[derive(Default)]
pub(super) struct Tasks {
    slots: Vec<Option<Rc<dyn TaskObject>>>,
    free: Vec<u32>,
}

impl Tasks {
    #[inline]
    pub(super) fn insert(&mut self, task: Rc<dyn TaskObject>) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = Some(task);
            return slot;
        }
        self.slots.push(Some(task));
        u32::try_from(self.slots.len() - 1).expect("4 billion tasks do not fit into memory")
    }

    #[inline]
    pub(super) fn remove(&mut self, slot: u32) -> Option<Rc<dyn TaskObject>> {
        let task = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        Some(task)
    }

    pub(super) fn find(&self, address: *const ()) -> Option<Rc<dyn TaskObject>> {
        let mut tasks = self.slots.iter().flatten();
        tasks
            .find(|task| Rc::as_ptr(task).cast() == address)
            .cloned()
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
