//! What a loop keeps of its tasks by their numbers: the names that they were given, and their contexts.

use std::fmt;

use super::Core;
use crate::kernel::context::Context;

impl Core {
    pub(crate) fn task_name(&self, number: u32) -> Option<String> {
        self.task_names.borrow().get(&number).cloned()
    }

    /// Writes the name of the task that runs; nothing if one of the tables is borrowed.
    pub(super) fn name_running_task(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        let (Ok(tasks), Ok(names)) = (self.tasks.try_borrow(), self.task_names.try_borrow()) else {
            return Ok(());
        };
        let Some(number) = tasks.get(self.current_task.get()).map(|task| task.number()) else {
            return Ok(());
        };
        match names.get(&number) {
            Some(name) => write!(out, ", in task {name}"),
            None => write!(out, ", in task Task-{number}"),
        }
    }

    /// Returns a number that changes whenever a task is given a name.
    pub(crate) fn namings(&self) -> u64 {
        self.namings.get()
    }

    pub(crate) fn set_task_name(&self, number: u32, name: String) {
        self.namings.set(self.namings.get() + 1);
        self.task_names.borrow_mut().insert(number, name);
    }

    /// Forgets what is kept of a task by its number. The caller drops the context.
    pub(crate) fn forget_notes(&self, number: u32) -> Option<Context> {
        self.task_names.borrow_mut().remove(&number);
        self.contexts.borrow_mut().remove(&number)
    }
}
