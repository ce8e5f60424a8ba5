//! What the loop and the monitor's thread share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::snapshot::Snapshot;
use crate::insight::watch::{Pulse, lock};
use crate::kernel::{Inbox, Nanos};

/// The link between a loop and the thread that serves its monitor.
pub(in crate::insight) struct MonitorLink {
    pub(super) pulse: Arc<Pulse>,
    inbox: Arc<Inbox>,
    /// Whether somebody is connected.
    is_watched: AtomicBool,
    /// The number of the last request for a snapshot.
    wanted: AtomicU64,
    /// How many tasks that one is to have at most.
    most_tasks: AtomicUsize,
    published: Mutex<Published>,
    is_published: Condvar,
}

/// The last snapshot, and the number of the request that it answers.
#[derive(Clone, Default)]
struct Published {
    request: u64,
    snapshot: Option<Arc<Snapshot>>,
}

impl MonitorLink {
    pub(in crate::insight) fn new(pulse: Arc<Pulse>, inbox: Arc<Inbox>) -> Arc<Self> {
        Arc::new(Self {
            pulse,
            inbox,
            is_watched: AtomicBool::new(false),
            wanted: AtomicU64::new(0),
            most_tasks: AtomicUsize::new(0),
            published: Mutex::default(),
            is_published: Condvar::new(),
        })
    }

    pub(super) fn is_watched(&self) -> bool {
        self.is_watched.load(Ordering::Acquire)
    }

    pub(super) fn set_watched(&self, is_watched: bool) {
        self.is_watched.store(is_watched, Ordering::Release);
    }

    pub(super) fn now(&self) -> Nanos {
        self.pulse.now()
    }

    /// Asks the loop for a snapshot, and waits for it no longer than `patience`. Returns whether it came.
    pub(super) fn ask(&self, most_tasks: usize, patience: Duration) -> bool {
        self.most_tasks.store(most_tasks, Ordering::Relaxed);
        let request = self.wanted.fetch_add(1, Ordering::Release) + 1;
        self.inbox.wake();
        let published = lock(&self.published);
        let waited = self
            .is_published
            .wait_timeout_while(published, patience, |it| it.request < request);
        let (published, _) = waited.unwrap_or_else(PoisonError::into_inner);
        published.request >= request
    }

    /// Returns the last snapshot.
    pub(super) fn last(&self) -> Option<Arc<Snapshot>> {
        lock(&self.published).snapshot.clone()
    }

    /// Returns the number of the last request.
    pub(super) fn wanted(&self) -> u64 {
        self.wanted.load(Ordering::Acquire)
    }

    pub(super) fn most_tasks(&self) -> usize {
        self.most_tasks.load(Ordering::Relaxed)
    }

    /// Publishes a snapshot as the answer to a request. The loop calls it.
    pub(super) fn publish(&self, request: u64, snapshot: Snapshot) {
        let snapshot = Some(Arc::new(snapshot));
        let new = Published { request, snapshot };
        let before = std::mem::replace(&mut *lock(&self.published), new);
        self.is_published.notify_all();
        drop(before);
    }
}
