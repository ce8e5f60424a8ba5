//! Why somebody waits, for reports.
//!
//! All of it is known where the wait begins, and nothing of it is made into text before a report is
//! asked for: a wait notes a static name, and a weak reference to whose waiter it is.

use std::fmt;
use std::os::fd::RawFd;
use std::rc::{Rc, Weak};

use super::Waitable;
use crate::kernel::event_loop::Holder;

/// Of which kind a wait is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitKind {
    /// None: the task runs, or is about to.
    #[default]
    Nothing,
    /// Until some time: [`sleep`](crate::sleep).
    Sleep,
    /// For a future that somebody has to set.
    Future,
    /// For a task.
    Task,
    /// For several futures or tasks, or for one in a special way: [`gather`](crate::gather()),
    /// [`wait`](crate::wait()), [`wait_for`](crate::wait_for()), [`shield`](crate::shield()), the end
    /// of a [`task_group`](crate::task_group()).
    Futures,
    /// For something of [`sync`](crate::sync): a lock, a queue.
    Sync,
    /// For somebody outside of the program: a descriptor, a connection, a stream.
    Io,
    /// For a job of an executor.
    Job,
    /// For something else.
    Other,
}

/// What a waiter is for.
#[derive(Clone)]
pub(crate) struct Reason {
    /// The operation, as its users call it: `Lock.acquire`.
    operation: &'static str,
    on: On,
}

#[derive(Clone)]
enum On {
    Nothing(WaitKind),
    /// An object of this class, which is the first part of the operation's name.
    Class(&'static str),
    Descriptor(RawFd),
    Subject(WaitKind, Weak<dyn Subject>),
}

/// What several wait for, or one who waits for several.
pub(crate) trait Subject {
    /// Says more than the operation's name: in which state it is.
    fn describe(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }

    /// Leaves in `all` the futures that have to be done first.
    fn awaited(self: Rc<Self>, _all: &mut Vec<Rc<dyn Waitable>>) {}

    /// Returns which task has to let it go.
    fn holder(&self) -> Option<Holder> {
        None
    }
}

impl Reason {
    /// For what somebody outside has to do.
    pub(crate) const fn io(operation: &'static str) -> Self {
        let on = On::Nothing(WaitKind::Io);
        Self { operation, on }
    }

    /// For an end of a queue, or its being worked off.
    pub(crate) const fn queue(operation: &'static str) -> Self {
        let on = On::Nothing(WaitKind::Sync);
        Self { operation, on }
    }

    /// For a stream or a connection.
    pub(crate) const fn method(class: &'static str, operation: &'static str) -> Self {
        let on = On::Class(class);
        Self { operation, on }
    }

    #[inline(always)]
    pub(crate) const fn descriptor(operation: &'static str, fd: RawFd) -> Self {
        let on = On::Descriptor(fd);
        Self { operation, on }
    }

    /// For a lock and its like.
    pub(crate) fn object(operation: &'static str, subject: &Rc<impl Subject + 'static>) -> Self {
        Self::subject(WaitKind::Sync, operation, subject)
    }

    /// For an operation that waits for futures.
    pub(crate) fn futures(operation: &'static str, subject: &Rc<impl Subject + 'static>) -> Self {
        Self::subject(WaitKind::Futures, operation, subject)
    }

    fn subject(
        kind: WaitKind,
        operation: &'static str,
        subject: &Rc<impl Subject + 'static>,
    ) -> Self {
        let weak: Weak<dyn Subject> = Rc::<_>::downgrade(subject) as Weak<dyn Subject>;
        let on = On::Subject(kind, weak);
        Self { operation, on }
    }

    /// Says why, and for whom, somebody waits who gives this reason.
    pub(crate) fn explain(&self, to: &mut Explanation) {
        let operation = self.operation;
        match &self.on {
            On::Nothing(kind) => to.says(*kind, operation.to_owned()),
            On::Class(class) => to.says(WaitKind::Io, format!("{class}.{operation}")),
            On::Descriptor(fd) => {
                to.says(WaitKind::Io, format!("{operation} on descriptor {fd}"));
            }
            On::Subject(kind, subject) => {
                to.says(*kind, operation.to_owned());
                if let Some(subject) = subject.upgrade() {
                    let more = Described(&*subject).to_string();
                    if !more.is_empty() {
                        to.text += &format!(" of {more}");
                    }
                    to.holder = subject.holder();
                    subject.awaited(&mut to.awaited);
                }
            }
        }
    }
}

impl Default for Reason {
    fn default() -> Self {
        let on = On::Nothing(WaitKind::Other);
        Self { operation: "", on }
    }
}

struct Described<'a>(&'a dyn Subject);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

/// What is known of a wait.
#[derive(Default)]
pub(crate) struct Explanation {
    pub(crate) kind: WaitKind,
    pub(crate) text: String,
    /// What has to be done first.
    pub(crate) awaited: Vec<Rc<dyn Waitable>>,
    /// The task that has to let something go first.
    pub(crate) holder: Option<Holder>,
    /// Whether the wait is over, and only the waiting task has not noticed yet.
    pub(crate) over: bool,
}

impl Explanation {
    pub(crate) fn says(&mut self, kind: WaitKind, text: String) {
        self.kind = kind;
        self.text = text;
    }
}
