//! A child process by callbacks: asyncio's layer below `Process`.

use std::ffi::OsStr;
use std::fmt;
use std::rc::Rc;

use super::command::{CreateSubprocess, create_subprocess_exec, create_subprocess_shell};
use super::protocol::{SubprocessProtocol, SubprocessState, SubprocessTransport};
use super::stdio::PIPE;
use crate::errors::AtCaller;
use crate::io::transport::Transport;
use crate::kernel::{Co, EventLoop, OnDrop, Reason, Request, Waiter, coroutine_operations};
use yieldfrom_delegation::{Delegate, Result};

/// Starts a program, with a transport and a protocol: asyncio's `loop.subprocess_exec`.
///
/// Unlike with [`create_subprocess_exec`], all three standard streams are pipes, unless
/// [`options`](StartSubprocess::options) say otherwise. The process goes on also if nobody keeps the
/// transport: until it ends, the transport is closed, or the loop is closed.
///
/// # Errors
///
/// As [`create_subprocess_exec`]; `is_cancelled`, and then the process is killed.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use yieldfrom::process::{STDOUT, SubprocessProtocol, subprocess_exec};
/// use yieldfrom::{Co, Error, Event, Result, run};
///
/// #[derive(Default)]
/// struct Collect(RefCell<Vec<u8>>, Event);
///
/// impl SubprocessProtocol for Collect {
///     fn pipe_data_received(&self, fd: i32, data: &[u8]) -> Result<()> {
///         assert_eq!(fd, 1);
///         self.0.borrow_mut().extend_from_slice(data);
///         Ok(())
///     }
///
///     fn connection_lost(&self, _: Option<&Error>) -> Result<()> {
///         self.1.set();
///         Ok(())
///     }
/// }
///
/// run(|co: &Co| {
///     let cat = subprocess_exec(Collect::default, "cat", &[]).options(|it| it.stderr(STDOUT));
///     let (transport, collect) = co.yield_from(cat)?;
///     let stdin = transport.get_pipe_transport(0).unwrap();
///     stdin.write(b"hello")?;
///     stdin.close();
///     co.yield_from(collect.1.wait())?;
///     assert_eq!(*collect.0.borrow(), b"hello");
///     assert_eq!(transport.get_returncode(), Some(0));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn subprocess_exec<P: SubprocessProtocol, F: FnOnce() -> P>(
    factory: F,
    program: impl AsRef<OsStr>,
    args: &[&str],
) -> StartSubprocess<F> {
    StartSubprocess::new(factory, create_subprocess_exec(program, args))
}

/// Starts a command of the shell, with a transport and a protocol: asyncio's
/// `loop.subprocess_shell`. The rest is as for [`subprocess_exec`].
///
/// # Errors
///
/// As [`subprocess_exec`].
///
/// # Examples
///
/// ```
/// use yieldfrom::process::{SubprocessProtocol, subprocess_shell};
/// use yieldfrom::{Co, Event, Result, run};
///
/// #[derive(Default)]
/// struct Exited(Event);
///
/// impl SubprocessProtocol for Exited {
///     fn process_exited(&self) -> Result<()> {
///         Ok(self.0.set())
///     }
/// }
///
/// run(|co: &Co| {
///     let shell = subprocess_shell(Exited::default, "exit 7");
///     let (transport, exited) = co.yield_from(shell)?;
///     co.yield_from(exited.0.wait())?;
///     assert_eq!(transport.get_returncode(), Some(7));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn subprocess_shell<P: SubprocessProtocol, F: FnOnce() -> P>(
    factory: F,
    command: impl AsRef<OsStr>,
) -> StartSubprocess<F> {
    StartSubprocess::new(factory, create_subprocess_shell(command))
}

/// The operation of [`subprocess_exec`] and [`subprocess_shell`].
#[must_use = "it starts a process when a coroutine delegates to it by yield_from"]
pub struct StartSubprocess<F> {
    factory: F,
    create: CreateSubprocess,
}

impl<F> StartSubprocess<F> {
    fn new(factory: F, create: CreateSubprocess) -> Self {
        let create = create.stdin(PIPE).stdout(PIPE).stderr(PIPE);
        Self { factory, create }
    }

    /// Sets options, by the methods of [`CreateSubprocess`].
    pub fn options(mut self, set: impl FnOnce(CreateSubprocess) -> CreateSubprocess) -> Self {
        self.create = set(self.create);
        self
    }
}

impl SubprocessTransport {
    /// Returns the number of the process.
    pub fn get_pid(&self) -> u32 {
        self.0.child.pid()
    }

    /// Returns how the process has ended, see [`Process::returncode`](super::Process::returncode).
    pub fn get_returncode(&self) -> Option<i32> {
        self.0.child.returncode()
    }

    /// Returns the transport of a pipe: 0 for standard input, 1 for standard output, 2 for standard
    /// error. `None` if that is not a pipe.
    pub fn get_pipe_transport(&self, fd: i32) -> Option<Transport> {
        let pipes = self.0.pipes.borrow();
        pipes.get(usize::try_from(fd).ok()?)?.clone()
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// As [`Process::send_signal`](super::Process::send_signal).
    #[track_caller]
    pub fn send_signal(&self, signum: i32) -> Result<()> {
        self.0.child.send_signal(signum, "send_signal").at_caller()
    }

    /// Asks the process to end: sends `SIGTERM`.
    ///
    /// # Errors
    ///
    /// As [`Process::send_signal`](super::Process::send_signal).
    #[track_caller]
    pub fn terminate(&self) -> Result<()> {
        self.0.child.send_signal(15, "terminate").at_caller()
    }

    /// Ends the process: sends `SIGKILL`.
    ///
    /// # Errors
    ///
    /// As [`Process::send_signal`](super::Process::send_signal).
    #[track_caller]
    pub fn kill(&self) -> Result<()> {
        self.0.child.send_signal(9, "kill").at_caller()
    }

    /// Closes the pipes, and kills the process if it runs. The methods of the protocol are called for
    /// both.
    pub fn close(&self) {
        if self.0.closing.replace(true) {
            return;
        }
        let pipes = self.0.pipes.borrow().clone();
        pipes.iter().flatten().for_each(Transport::close);
        self.0.child.kill();
    }

    /// Returns whether the transport was closed, or the process has come to its end.
    pub fn is_closing(&self) -> bool {
        self.0.closing.get()
    }
}

impl<P: SubprocessProtocol, F: FnOnce() -> P> Delegate<Request, ()> for StartSubprocess<F> {
    type Output = (SubprocessTransport, Rc<P>);

    fn delegate(self, co: &Co) -> Result<Self::Output> {
        let core = Rc::clone(EventLoop::current_or_closed().core());
        let spawned = self.create.spawn(&core)?;
        let protocol = Rc::new((self.factory)());
        let callbacks = Rc::clone(&protocol) as Rc<dyn SubprocessProtocol>;
        let state = SubprocessState::new(&core, spawned.child, callbacks);
        let transport = SubprocessTransport(Rc::clone(&state));
        let opening = OnDrop::new(|| transport.close());
        state.begin(spawned.pipes)?;
        let waiter = Waiter::new(Reason::io("subprocess_exec"));
        let made = Rc::clone(&waiter);
        state.soon(move |_| _ = made.wake());
        waiter.wait(co)?;
        opening.defuse();
        Ok((transport, protocol))
    }
}

coroutine_operations! {
    [P: SubprocessProtocol, F: FnOnce() -> P + 'static]
        StartSubprocess<F> => (SubprocessTransport, Rc<P>),
        "subprocess";
}

impl<F> fmt::Debug for StartSubprocess<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StartSubprocess({:?})", self.create)
    }
}

/// Shows the state as asyncio does: `<SubprocessTransport pid=1234 running>`.
impl fmt::Debug for SubprocessTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.child.show(f, "SubprocessTransport pid=")
    }
}
