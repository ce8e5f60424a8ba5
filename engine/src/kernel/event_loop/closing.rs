//! The end of a loop.

use super::Core;
use crate::errors::panics::Panics;

impl Core {
    /// Ends everything: the loop cannot run again.
    ///
    /// Destructors of the program run here. Entries that they schedule are dropped as well. The first
    /// panic goes on when everything is done.
    pub(crate) fn shut_down(&self) {
        if self.closed.replace(true) {
            return;
        }
        self.needs_care.set(true);
        self.wake_host();
        let mut panics = Panics::default();
        if let Some(recorder) = self.hooks.recorder() {
            panics.catch(|| recorder.closed(self));
        }
        if let Some(inbox) = &self.inbox {
            inbox.close(&mut panics);
        }
        self.hooks.close(&mut panics);
        panics.drop_each(self.ready.take());
        let timers = self.timers.borrow_mut().take();
        panics.drop_each(timers);
        panics.drop_each(self.reactor.take());
        panics.drop_each(self.descriptors.take());
        self.destroy_tasks(&mut panics);
        // Nothing is left now for which a running job could wait.
        self.hooks.finish(&mut panics);
        panics.drop_each(self.ready.take());
        panics.drop_each(self.ended.take());
        panics.catch(|| drop(self.exception_handler.take()));
        panics.catch(|| drop(self.task_factory.take()));
        panics.resume();
    }

    /// Ends all tasks, and keeps them until none refers to another. Tasks that wait for each other form
    /// chains, and dropping a chain would recurse.
    fn destroy_tasks(&self, panics: &mut Panics) {
        let (mut destroyed, mut callbacks) = (Vec::new(), Vec::new());
        loop {
            let tasks = self.tasks.borrow_mut().take();
            if tasks.is_empty() {
                break;
            }
            for task in &tasks {
                panics.catch(|| task.destroy(&mut callbacks));
            }
            destroyed.extend(tasks);
        }
        panics.drop_each(callbacks);
        panics.drop_each(destroyed);
    }
}
