//! The state of a subprocess transport.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::child::Child;
use super::protocol::SubprocessProtocol;
use crate::io::transport::{End, Protocol, Transport, guarded, start_pipe};
use crate::kernel::{Core, ErrorContext, Place, Scheduled};
use crate::{Error, Result};

/// What the handles of a transport share, and its pipes.
pub(super) struct Shared {
    pub(super) core: Rc<Core>,
    pub(super) child: Rc<Child>,
    /// The line of the program that has started it.
    pub(super) made_at: Place,
    /// None after the end.
    pub(super) protocol: RefCell<Option<Rc<dyn SubprocessProtocol>>>,
    pub(super) pipes: RefCell<[Option<Transport>; 3]>,
    /// How many pipes are open.
    pub(super) open: Cell<usize>,
    pub(super) exited: Cell<bool>,
    pub(super) closing: Cell<bool>,
}

impl Shared {
    /// Tells the protocol; what fails is reported.
    pub(super) fn tell(
        &self,
        message: &str,
        method: impl FnOnce(&dyn SubprocessProtocol) -> Result<()>,
    ) {
        let protocol = self.protocol.borrow().clone();
        let Some(protocol) = protocol else { return };
        if let Err(error) = guarded(|| method(&*protocol)) {
            let context = ErrorContext::new(message)
                .error(error)
                .source(format!("{self:?} created at {}", self.made_at));
            self.core.call_exception_handler(&context);
        }
    }

    /// Has this called in the next turn.
    pub(super) fn soon(self: &Rc<Self>, call: impl FnOnce(&Rc<Self>) + 'static) {
        let shared = Rc::clone(self);
        let call = Box::new(move || call(&shared));
        let scheduled = Scheduled::at(self.made_at, &self.core, call);
        self.core.schedule(scheduled);
    }

    #[track_caller]
    pub(super) fn connect(self: &Rc<Self>, fds: [Option<OwnedFd>; 3]) -> Result<()> {
        for (fd, pipe) in fds.into_iter().enumerate() {
            let Some(pipe) = pipe else { continue };
            let end = if fd == 0 { End::Writing } else { End::Reading };
            let told = Rc::new(Pipe {
                fd: fd as i32,
                shared: Rc::clone(self),
            });
            let transport = start_pipe(&self.core, pipe, end, told)?;
            self.pipes.borrow_mut()[fd] = Some(transport);
            self.open.set(self.open.get() + 1);
        }
        Ok(())
    }

    pub(super) fn exit(self: &Rc<Self>) {
        self.exited.set(true);
        self.tell("protocol.process_exited() call failed.", |it| {
            it.process_exited()
        });
        self.try_finish();
    }

    fn try_finish(self: &Rc<Self>) {
        if self.exited.get() && self.open.get() == 0 {
            self.closing.set(true);
            self.soon(|shared| {
                let message = "protocol.connection_lost() call failed.";
                shared.tell(message, |it| it.connection_lost(None));
                let protocol = shared.protocol.take();
                drop(protocol);
            });
        }
    }
}

/// Passes on what is told of one pipe.
struct Pipe {
    fd: i32,
    shared: Rc<Shared>,
}

impl Pipe {
    fn protocol(&self) -> Option<Rc<dyn SubprocessProtocol>> {
        self.shared.protocol.borrow().clone()
    }
}

impl Protocol for Pipe {
    fn data_received(&self, data: &[u8]) -> Result<()> {
        let protocol = self.protocol();
        protocol.map_or(Ok(()), |it| it.pipe_data_received(self.fd, data))
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        let shared = &self.shared;
        shared.open.set(shared.open.get() - 1);
        let message = "protocol.pipe_connection_lost() call failed.";
        shared.tell(message, |it| it.pipe_connection_lost(self.fd, error));
        shared.try_finish();
        Ok(())
    }

    fn pause_writing(&self) -> Result<()> {
        self.protocol().map_or(Ok(()), |it| it.pause_writing())
    }

    fn resume_writing(&self) -> Result<()> {
        self.protocol().map_or(Ok(()), |it| it.resume_writing())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<SubprocessTransport pid={}", self.child.pid())?;
        match self.child.returncode() {
            Some(code) => write!(f, " returncode={code}>"),
            None => f.write_str(" running>"),
        }
    }
}
