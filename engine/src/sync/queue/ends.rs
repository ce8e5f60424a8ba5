//! The end of the work that a queue hands out, and of the queue.

use super::{Join, Queue};
use crate::Result;
use crate::errors::ValueError;

impl<T> Queue<T> {
    /// Waits until [`task_done`](Self::task_done) was called for every item that was put.
    ///
    /// # Errors
    ///
    /// Fails if the wait is cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::sync::Queue;
    /// use yieldfrom::{Co, create_task, run_sync};
    ///
    /// run_sync(|co: &Co| {
    ///     let queue = Queue::new();
    ///     queue.put_nowait("job")?;
    ///     let jobs = queue.clone();
    ///     let worker = create_task(move |co: &Co| {
    ///         assert_eq!(co.yield_from(jobs.get())?, "job");
    ///         jobs.task_done()
    ///     });
    ///     co.yield_from(queue.join())?;
    ///     assert!(worker.done());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn join(&self) -> Join<'_, T> {
        Join(self)
    }

    /// Reports that an item that was taken out has been dealt with.
    ///
    /// The last one wakes those who [`join`](Self::join).
    ///
    /// # Errors
    ///
    /// Fails with [`ValueError`] if it was called for all that were put.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::ValueError;
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait("job")?;
    /// queue.get_nowait()?;
    /// queue.task_done()?;
    /// assert!(queue.task_done().unwrap_err().is::<ValueError>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn task_done(&self) -> Result<()> {
        let Some(unfinished) = self.0.unfinished.get().checked_sub(1) else {
            return Err(ValueError::new("task_done called too many times").into());
        };
        self.0.unfinished.set(unfinished);
        if unfinished == 0 {
            self.0.joiners.wake_up_to(usize::MAX);
        }
        Ok(())
    }

    /// Shuts the queue down: nothing can be put any more, and whoever waits for that fails.
    ///
    /// What is in the queue can still be taken out; then [`get`](Self::get) fails, too. With
    /// `immediate` it is dropped at once, and counts as done. Python 3.13's `shutdown`.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::QueueShutDown;
    /// use yieldfrom::sync::Queue;
    ///
    /// let queue = Queue::new();
    /// queue.put_nowait(1)?;
    /// queue.shutdown(false);
    /// assert!(queue.put_nowait(2).unwrap_err().is::<QueueShutDown>());
    /// assert_eq!(queue.get_nowait()?, 1);
    /// assert!(queue.get_nowait().unwrap_err().is::<QueueShutDown>());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn shutdown(&self, immediate: bool) {
        let shared = &*self.0;
        shared.is_shut_down.set(true);
        // Dropped last: destructors of items may be anybody's, and find the queue as it will be.
        let _dropped = immediate.then(|| {
            let (count, dropped) = shared.items.clear();
            let unfinished = shared.unfinished.get().saturating_sub(count);
            shared.unfinished.set(unfinished);
            if unfinished == 0 {
                shared.joiners.wake_up_to(usize::MAX);
            }
            dropped
        });
        shared.getters.take_all();
        shared.putters.take_all();
    }
}
