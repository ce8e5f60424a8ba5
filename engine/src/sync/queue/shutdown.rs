//! The end of a queue.

use super::Queue;

impl<T> Queue<T> {
    /// Shuts the queue down: nothing can be put any more, and who waits for that fails.
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
