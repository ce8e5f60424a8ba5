//! A thread that helps a loop, and ends with it.

use std::io;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crate::errors::describe;
use yieldfrom_delegation::Result;

/// Whether a helper is asked to end.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// The thread. When this is dropped, it is asked to end, and waited for.
pub(crate) struct Helper {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
    /// A thread that waits for descriptors waits for the end of this one's other end as well.
    bell: Option<UnixStream>,
    /// The process that has it: a fork has a copy of this, and not the thread.
    process: u32,
}

impl Helper {
    pub(crate) fn start(
        name: &str,
        bell: Option<UnixStream>,
        work: impl FnOnce(&Stop) + Send + 'static,
    ) -> Result<Self> {
        let stop = Stop::default();
        let inner = stop.clone();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&inner));
        let failed = |error: io::Error| describe(error, format!("start the thread {name}"));
        Ok(Self {
            stop,
            thread: Some(thread.map_err(failed)?),
            bell,
            process: process::id(),
        })
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        if self.process != process::id() {
            // There is nothing to wait for, and a join would never return.
            return std::mem::forget(thread);
        }
        self.stop.ask();
        if let Some(bell) = &self.bell {
            // A fork may have a copy of it, so that closing it would not be enough.
            let _ = bell.shutdown(Shutdown::Both);
        }
        thread.thread().unpark();
        let _ = thread.join();
    }
}
