//! The reasons of waits, for reports.
//!
//! A wait notes a static name and a weak reference to the object it waits for. Text is made of them only
//! when a report is asked for.

use std::fmt;
use std::os::fd::RawFd;
use std::rc::{Rc, Weak};

use super::Waitable;
#[cfg(feature = "futures")]
use crate::kernel::event_loop::Place;
use crate::kernel::event_loop::{Direction, Holder};
#[cfg(feature = "futures")]
use yieldfrom_delegation::Link;

/// The kind of a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WaitKind {
    /// The task does not wait: it runs, or is about to.
    #[default]
    Nothing,
    /// It waits for time to pass: [`sleep`](crate::sleep).
    Sleep,
    /// It waits for a future that some code has to set.
    Future,
    /// It waits for a task.
    Task,
    /// It waits for several futures or tasks, or for one in a special way: [`gather`](crate::gather()),
    /// [`wait`](crate::wait()), [`wait_for`](crate::wait_for()), [`shield`](crate::shield()), the end
    /// of a [`task_group`](crate::task_group()).
    Futures,
    /// It waits for an object of [`sync`](crate::sync), such as a lock or a queue.
    Sync,
    /// It waits for the outside world: a descriptor, a connection, a stream.
    Io,
    /// It waits for a job of an executor.
    Job,
    /// It waits for something else.
    Other,
}

/// The reason of a wait.
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
    Descriptor(RawFd, Direction),
    Subject(WaitKind, Weak<dyn Subject>),
    /// A future of async/await, whose type is the operation, and the line that waits for it.
    #[cfg(feature = "futures")]
    Foreign(Place),
}

/// An object that several tasks wait for, or that waits for several futures.
pub(crate) trait Subject {
    /// Writes the object's state, which a report shows after the operation's name.
    fn describe(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }

    /// Pushes the futures that have to be done first onto `all`.
    fn awaited(self: Rc<Self>, _all: &mut Vec<Rc<dyn Waitable>>) {}

    /// Returns the task that holds the object, if one does.
    fn holder(&self) -> Option<Holder> {
        None
    }
}

impl Reason {
    /// Makes the reason of a wait for the outside world.
    pub(crate) const fn io(operation: &'static str) -> Self {
        let on = On::Nothing(WaitKind::Io);
        Self { operation, on }
    }

    /// Makes the reason of a wait for a future of async/await, with the name of its type.
    #[cfg(feature = "futures")]
    pub(crate) const fn foreign(name: &'static str, made_at: Place) -> Self {
        let on = On::Foreign(made_at);
        Self {
            operation: name,
            on,
        }
    }

    /// Returns the name of a future of async/await, and the line that waits for it.
    #[cfg(feature = "futures")]
    pub(super) fn origin(&self) -> Link {
        match self.on {
            On::Foreign(made_at) => Link::new(self.operation, made_at),
            _ => unreachable!("the waiter is that of a future of async/await"),
        }
    }

    /// Makes the reason of a wait for a queue.
    pub(crate) const fn queue(operation: &'static str) -> Self {
        let on = On::Nothing(WaitKind::Sync);
        Self { operation, on }
    }

    /// Makes the reason of a wait for a stream or a connection.
    pub(crate) const fn method(class: &'static str, operation: &'static str) -> Self {
        let on = On::Class(class);
        Self { operation, on }
    }

    #[inline(always)]
    pub(crate) const fn descriptor(
        operation: &'static str,
        fd: RawFd,
        direction: Direction,
    ) -> Self {
        let on = On::Descriptor(fd, direction);
        Self { operation, on }
    }

    /// Makes the reason of a wait for a lock or a similar object.
    pub(crate) fn object(operation: &'static str, subject: &Rc<impl Subject + 'static>) -> Self {
        Self::subject(WaitKind::Sync, operation, subject)
    }

    /// Makes the reason of an operation that waits for futures.
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

    /// Explains the wait for a report.
    pub(crate) fn explain(&self, to: &mut Explanation) {
        let operation = self.operation;
        match &self.on {
            On::Nothing(kind) => to.says(*kind, operation.to_owned()),
            On::Class(class) => to.says(WaitKind::Io, format!("{class}.{operation}")),
            On::Descriptor(fd, direction) => {
                to.says(WaitKind::Io, format!("{operation} on descriptor {fd}"));
                to.descriptor = Some((*fd, *direction));
            }
            #[cfg(feature = "futures")]
            On::Foreign(made_at) => {
                let what = Link::new(operation, made_at);
                to.says(WaitKind::Future, format!("the std future {what}"));
            }
            On::Subject(kind, subject) => {
                to.says(*kind, operation.to_owned());
                if let Some(subject) = subject.upgrade() {
                    let more = ShownSubject(&*subject).to_string();
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

struct ShownSubject<'a>(&'a dyn Subject);

impl fmt::Display for ShownSubject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

/// A wait as a report explains it.
#[derive(Default)]
pub(crate) struct Explanation {
    pub(crate) kind: WaitKind,
    pub(crate) text: String,
    /// The futures that have to be done first.
    pub(crate) awaited: Vec<Rc<dyn Waitable>>,
    /// The task that holds the object.
    pub(crate) holder: Option<Holder>,
    /// The descriptor that is to become ready.
    pub(crate) descriptor: Option<(RawFd, Direction)>,
    /// Whether the wait is over, and only the waiting task has not noticed yet.
    pub(crate) over: bool,
}

impl Explanation {
    pub(crate) fn says(&mut self, kind: WaitKind, text: String) {
        self.kind = kind;
        self.text = text;
    }
}
