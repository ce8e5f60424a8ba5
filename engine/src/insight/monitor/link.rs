//! What the loop and the monitor's thread share.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::snapshot::Snapshot;
use crate::insight::watch::{Pulse, lock};
use crate::kernel::{Inbox, Nanos, OnDrop};

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
    /// Whether the loop is making it.
    is_making: AtomicBool,
    published: Mutex<Published>,
    is_published: Condvar,
}

/// How long the loop may take to make a snapshot, once it has begun.
const MAKING: Duration = Duration::from_secs(2);

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
            is_making: AtomicBool::new(false),
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

    /// Asks the loop for a snapshot, and waits no longer than `patience` until it begins. Returns whether it came.
    pub(super) fn ask(&self, most_tasks: usize, patience: Duration) -> bool {
        self.most_tasks.store(most_tasks, Ordering::Relaxed);
        let request = self.wanted.fetch_add(1, Ordering::Release) + 1;
        self.inbox.wake();
        let has_come = self.wait_for(request, patience);
        // It may have come since.
        let more = match self.is_making.load(Ordering::Acquire) {
            true => MAKING,
            false => Duration::ZERO,
        };
        has_come || self.wait_for(request, more)
    }

    fn wait_for(&self, request: u64, patience: Duration) -> bool {
        let is_open = |published: &mut Published| published.request < request;
        let published = lock(&self.published);
        let waited = self
            .is_published
            .wait_timeout_while(published, patience, is_open);
        let (mut published, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !is_open(&mut published)
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

    /// Makes a snapshot and publishes it as the answer to a request. The loop calls it.
    pub(super) fn publish(&self, request: u64, make: impl FnOnce() -> Snapshot) {
        self.is_making.store(true, Ordering::Release);
        // Also after a panic of code of the program, which shows what is waited for.
        let made = OnDrop::new(|| self.is_making.store(false, Ordering::Release));
        let snapshot = Some(Arc::new(make()));
        drop(made);
        let new = Published { request, snapshot };
        let before = std::mem::replace(&mut *lock(&self.published), new);
        self.is_published.notify_all();
        drop(before);
    }
}
