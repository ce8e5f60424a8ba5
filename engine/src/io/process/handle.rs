//! A child process, for coroutines.

use std::fmt;
use std::rc::Rc;

use super::child::{Child, SpawnedChild};

use crate::errors::{AtCaller, ValueError};
use crate::io::streams::{StreamReader, StreamWriter, reading_end, writing_end};
use crate::kernel::{Co, Core, Operation};
use yieldfrom_delegation::{Delegate, Result};

/// A child process: asyncio's `Process`.
///
/// A clone is the same process. When the last handle is dropped, or the loop is closed, a process
/// that still runs is killed; it is reaped in any case.
#[derive(Clone)]
pub struct Process(Rc<ProcessState>);

struct ProcessState {
    child: OwnedChild,
    stdin: Option<StreamWriter>,
    stdout: Option<StreamReader>,
    stderr: Option<StreamReader>,
}

/// A child that is killed when this is dropped.
struct OwnedChild(Rc<Child>);

impl Drop for OwnedChild {
    fn drop(&mut self) {
        self.0.kill();
    }
}

impl Process {
    pub(super) fn new(core: &Rc<Core>, spawned: SpawnedChild, limit: usize) -> Result<Self> {
        let child = OwnedChild(spawned.child);
        let [stdin, stdout, stderr] = spawned.pipes;
        let reader = |fd| reading_end(core, fd, limit);
        Ok(Self(Rc::new(ProcessState {
            child,
            stdin: stdin.map(|fd| writing_end(core, fd)).transpose()?,
            stdout: stdout.map(reader).transpose()?,
            stderr: stderr.map(reader).transpose()?,
        })))
    }

    fn child(&self) -> &Rc<Child> {
        &self.0.child.0
    }

    /// Returns the number of the process.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::create_subprocess_exec;
    /// use yieldfrom::{Co, run};
    ///
    /// run(|co: &Co| {
    ///     let process = co.yield_from(create_subprocess_exec("true", &[]))?;
    ///     assert!(process.pid() > 1 && process.returncode().is_none());
    ///     assert_eq!(co.yield_from(process.wait())?, 0);
    ///     assert_eq!(process.returncode(), Some(0));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn pid(&self) -> u32 {
        self.child().pid()
    }

    /// Returns how the process has ended, as far as the loop knows: its exit status, or the number of
    /// the signal that ended it as a negative number; 255 if other code has reaped it.
    pub fn returncode(&self) -> Option<i32> {
        self.child().returncode()
    }

    /// Returns the writer to its standard input, if that is a [`PIPE`](super::PIPE).
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn stdin(&self) -> Option<&StreamWriter> {
        self.0.stdin.as_ref()
    }

    /// Returns the reader of its standard output, if that is a [`PIPE`](super::PIPE).
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn stdout(&self) -> Option<&StreamReader> {
        self.0.stdout.as_ref()
    }

    /// Returns the reader of its standard error, if that is a [`PIPE`](super::PIPE).
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn stderr(&self) -> Option<&StreamReader> {
        self.0.stderr.as_ref()
    }

    /// Waits until the process has ended, and returns its [`returncode`](Self::returncode).
    ///
    /// Several tasks may wait. It does not wait for the pipes, which other processes may have open. A
    /// child whose output nobody reads may never end: [`communicate`](Self::communicate) reads it.
    ///
    /// # Errors
    ///
    /// `is_cancelled`; the process goes on.
    #[must_use = "waits for nothing unless delegated to: co.yield_from(process.wait())?"]
    pub fn wait(&self) -> Operation<impl FnOnce(&Co) -> Result<i32> + use<>> {
        let process = self.clone();
        Operation::new("Process.wait", move |co| process.wait_for_end(co))
    }

    /// Writes to the standard input of the process, closes that, reads its output to the end, and
    /// waits until it has ended. Returns standard output and standard error, each empty unless it is
    /// a [`PIPE`](super::PIPE).
    ///
    /// All of that happens at once, so that no amount of data makes one wait for the other. It is no
    /// error if the child does not read all of its input. Standard input is closed also without any
    /// input, as from Python 3.12 on. The [module](super) has an example.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: there is input, but standard input is not a [`PIPE`](super::PIPE).
    /// - [`RuntimeError`](crate::RuntimeError): another coroutine reads the output.
    /// - `is_cancelled`. The process goes on, and so does the writing of the input.
    ///
    /// After any error, the output is still there for the next `communicate`, or for the readers.
    #[must_use = "does nothing unless delegated to: co.yield_from(process.communicate(input))?"]
    pub fn communicate(&self, input: impl AsRef<[u8]>) -> Communicate {
        let (process, input) = (self.clone(), input.as_ref().to_vec());
        let communicate = move |co: &Co| {
            process.feed(&input)?;
            drop(input);
            process.read_to_end(co)
        };
        Operation::new("Process.communicate", Box::new(communicate))
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// - [`ProcessLookupError`](super::ProcessLookupError): the process has ended.
    /// - [`ValueError`]: there is no signal with this number, or it is a real-time signal.
    /// - The error of the system, for instance if the process belongs to another user now.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::create_subprocess_exec;
    /// use yieldfrom::{Co, run};
    ///
    /// let code = run(|co: &Co| {
    ///     let process = co.yield_from(create_subprocess_exec("sleep", &["1000"]))?;
    ///     process.send_signal(1)?; // `SIGHUP`
    ///     co.yield_from(process.wait())
    /// })?;
    /// assert_eq!(code, -1);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn send_signal(&self, signum: i32) -> Result<()> {
        self.child().send_signal(signum, "send_signal").at_caller()
    }

    /// Asks the process to end: sends `SIGTERM`.
    ///
    /// # Errors
    ///
    /// As [`send_signal`](Self::send_signal).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::{ProcessLookupError, create_subprocess_exec};
    /// use yieldfrom::{Co, run};
    ///
    /// run(|co: &Co| {
    ///     let process = co.yield_from(create_subprocess_exec("sleep", &["1000"]))?;
    ///     process.terminate()?;
    ///     assert_eq!(co.yield_from(process.wait())?, -15);
    ///     assert!(process.terminate().unwrap_err().is::<ProcessLookupError>());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn terminate(&self) -> Result<()> {
        self.child().send_signal(15, "terminate").at_caller()
    }

    /// Ends the process: sends `SIGKILL`, which it cannot refuse.
    ///
    /// # Errors
    ///
    /// As [`send_signal`](Self::send_signal).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::create_subprocess_shell;
    /// use yieldfrom::{Co, run};
    ///
    /// let code = run(|co: &Co| {
    ///     let process = co.yield_from(create_subprocess_shell("trap '' TERM; exec sleep 1000"))?;
    ///     process.kill()?;
    ///     co.yield_from(process.wait())
    /// })?;
    /// assert_eq!(code, -9);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn kill(&self) -> Result<()> {
        self.child().send_signal(9, "kill").at_caller()
    }

    fn feed(&self, input: &[u8]) -> Result<()> {
        let Some(stdin) = self.stdin() else {
            if input.is_empty() {
                return Ok(());
            }
            let why = "communicate: there is input, but stdin is no pipe; set stdin(PIPE)";
            return Err(ValueError::new(why).into());
        };
        if !stdin.is_closing() {
            stdin.write(input)?;
            stdin.close();
        }
        Ok(())
    }

    fn read_to_end(&self, co: &Co) -> Result<(Vec<u8>, Vec<u8>)> {
        let outputs = [self.stdout(), self.stderr()];
        // Neither may wait for the other, so both go on beyond their limits. Nothing is taken before
        // all is there: if this ends early, the next reader gets it.
        let held = outputs.map(|output| output.map(StreamReader::hold_all));
        for output in outputs.into_iter().flatten() {
            output.wait_for_end(co)?;
        }
        self.wait_for_end(co)?;
        drop(held);
        let [stdout, stderr] =
            outputs.map(|output| output.map(StreamReader::take_all).unwrap_or_default());
        Ok((stdout, stderr))
    }

    fn wait_for_end(&self, co: &Co) -> Result<i32> {
        self.child().ended.wait().delegate(co)?;
        Ok(self.returncode().expect("it is set before the event"))
    }
}

/// The operation of [`Process::communicate`].
pub type Communicate = Operation<Box<dyn FnOnce(&Co) -> Result<(Vec<u8>, Vec<u8>)>>>;

/// Shows the number, and how the process has ended: `<Process 1234 returncode=0>`.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.child().show(f, "Process ")
    }
}
