//! What a subprocess transport does, and the protocols of its pipes.

use std::cell::{Cell, RefCell};
use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::child::Child;
use super::protocol::{SubprocessProtocol, SubprocessState, SubprocessTransport};
use crate::io::transport::{End, Protocol, guarded, start_pipe};
use crate::kernel::{Core, ErrorContext, Scheduled, caller};
use yieldfrom_delegation::{Error, Result};

impl SubprocessState {
    pub(super) fn new(
        core: &Rc<Core>,
        child: Rc<Child>,
        protocol: Rc<dyn SubprocessProtocol>,
    ) -> Rc<Self> {
        Rc::new(Self {
            core: Rc::clone(core),
            child,
            made_at: caller(),
            protocol: RefCell::new(Some(protocol)),
            pipes: RefCell::default(),
            open: Cell::new(0),
            exited: Cell::new(false),
            closing: Cell::new(false),
        })
    }

    fn protocol(&self) -> Option<Rc<dyn SubprocessProtocol>> {
        self.protocol.borrow().clone()
    }

    /// Calls a method of the protocol, and reports its error.
    fn tell(
        self: &Rc<Self>,
        name: &str,
        method: impl FnOnce(&dyn SubprocessProtocol) -> Result<()>,
    ) {
        let Some(protocol) = self.protocol() else {
            return;
        };
        if let Err(error) = guarded(|| method(&*protocol)) {
            let (transport, made_at) = (SubprocessTransport(Rc::clone(self)), self.made_at);
            let context = ErrorContext::new(format!("protocol.{name}() call failed."))
                .error(error)
                .source(format!("{transport:?} created at {made_at}"));
            self.core.call_exception_handler(&context);
        }
    }

    /// Calls this in the next turn.
    pub(super) fn soon(self: &Rc<Self>, call: impl FnOnce(&Rc<Self>) + 'static) {
        let state = Rc::clone(self);
        let call = Box::new(move || call(&state));
        let scheduled = Scheduled::at(self.made_at, &self.core, call);
        self.core.schedule(scheduled);
    }

    /// Makes the transports of the pipes, and calls the protocol from now on. If this fails, it never
    /// calls the protocol.
    pub(super) fn begin(self: &Rc<Self>, pipes: [Option<OwnedFd>; 3]) -> Result<()> {
        // Before any event of the pipes.
        self.soon(|state| {
            let transport = SubprocessTransport(Rc::clone(state));
            state.tell("connection_made", |it| it.connection_made(&transport));
        });
        let state = Rc::clone(self);
        self.child.on_end(move || state.soon(Self::exit));
        self.connect(pipes)
            .inspect_err(|_| drop(self.protocol.take()))
    }

    fn connect(self: &Rc<Self>, fds: [Option<OwnedFd>; 3]) -> Result<()> {
        for (fd, pipe) in fds.into_iter().enumerate() {
            let Some(pipe) = pipe else { continue };
            let end = if fd == 0 { End::Writing } else { End::Reading };
            let protocol = Rc::new(PipeProtocol {
                fd: fd as i32,
                process: Rc::clone(self),
            });
            let transport = start_pipe(&self.core, pipe, end, protocol)?;
            self.pipes.borrow_mut()[fd] = Some(transport);
            self.open.set(self.open.get() + 1);
        }
        Ok(())
    }

    fn exit(self: &Rc<Self>) {
        self.exited.set(true);
        self.tell("process_exited", |it| it.process_exited());
        self.try_finish();
    }

    fn try_finish(self: &Rc<Self>) {
        if self.exited.get() && self.open.get() == 0 {
            self.closing.set(true);
            self.soon(|state| {
                state.tell("connection_lost", |it| it.connection_lost(None));
                let protocol = state.protocol.take();
                drop(protocol);
            });
        }
    }
}

/// Passes the events of one pipe on to the protocol of the process.
struct PipeProtocol {
    fd: i32,
    process: Rc<SubprocessState>,
}

impl Protocol for PipeProtocol {
    fn data_received(&self, data: &[u8]) -> Result<()> {
        let protocol = self.process.protocol();
        protocol.map_or(Ok(()), |it| it.pipe_data_received(self.fd, data))
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        let process = &self.process;
        process.open.set(process.open.get() - 1);
        process.tell("pipe_connection_lost", |it| {
            it.pipe_connection_lost(self.fd, error)
        });
        process.try_finish();
        Ok(())
    }

    fn pause_writing(&self) -> Result<()> {
        let protocol = self.process.protocol();
        protocol.map_or(Ok(()), |it| it.pause_writing())
    }

    fn resume_writing(&self) -> Result<()> {
        let protocol = self.process.protocol();
        protocol.map_or(Ok(()), |it| it.resume_writing())
    }
}
