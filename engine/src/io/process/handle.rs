//! A child process, as coroutines have it.

use std::fmt;
use std::rc::Rc;

use super::child::Child;
use super::command::Spawned;
use crate::errors::ValueError;
use crate::io::streams::{StreamReader, StreamWriter, reading_end, writing_end};
use crate::kernel::{Core, Request, coroutine_operations};
use crate::{Co, Delegate, Result};

/// A child process: asyncio's `Process`.
///
/// A clone is the same process. When the last handle is dropped, or the loop is closed, a process
/// that still runs is killed; it is reaped in any case.
///
/// # Examples
///
/// See the [module](super).
#[derive(Clone)]
pub struct Process(Rc<Inner>);

struct Inner {
    child: Rc<Child>,
    stdin: Option<StreamWriter>,
    stdout: Option<StreamReader>,
    stderr: Option<StreamReader>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.child.kill();
    }
}

impl Process {
    pub(super) fn new(core: &Rc<Core>, spawned: Spawned, limit: usize) -> Result<Self> {
        let Spawned {
            child,
            stdin,
            stdout,
            stderr,
        } = spawned;
        // From here on, whatever fails kills it.
        let mut inner = Inner {
            child,
            stdin: None,
            stdout: None,
            stderr: None,
        };
        let reader = |fd| reading_end(core, fd, limit);
        inner.stdin = stdin.map(|fd| writing_end(core, fd)).transpose()?;
        inner.stdout = stdout.map(reader).transpose()?;
        inner.stderr = stderr.map(reader).transpose()?;
        Ok(Self(Rc::new(inner)))
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
        self.0.child.pid()
    }

    /// Returns how it has ended, as far as the loop knows: its exit status, or the number of the
    /// signal that ended it as a negative number; 255 if somebody else has reaped it.
    ///
    /// # Examples
    ///
    /// See [`pid`](Self::pid).
    pub fn returncode(&self) -> Option<i32> {
        self.0.child.returncode()
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
    /// Several may wait. It does not wait for pipes, which others may have open. A child whose
    /// output nobody reads may never end: [`communicate`](Self::communicate) reads it.
    ///
    /// # Errors
    ///
    /// `is_cancelled`; the process goes on.
    ///
    /// # Examples
    ///
    /// See [`pid`](Self::pid).
    pub fn wait(&self) -> WaitProcess {
        WaitProcess(self.clone())
    }

    /// Writes to its standard input, closes that, reads its output to the end, and waits until it
    /// has ended. Returns standard output and standard error, each empty unless it is a
    /// [`PIPE`](super::PIPE).
    ///
    /// All of that happens at once, so that no amount of data makes one wait for the other. A child
    /// that does not read all of its input is no error. Standard input is closed also without any
    /// input, as from Python 3.12 on.
    ///
    /// # Errors
    ///
    /// - [`ValueError`]: there is input, but standard input is no [`PIPE`](super::PIPE).
    /// - [`RuntimeError`](crate::RuntimeError): another coroutine reads the output.
    /// - `is_cancelled`. The process goes on, and so does the writing of the input. What was read is
    ///   read by the next one, or by the readers, whatever it was that ended this one.
    ///
    /// # Examples
    ///
    /// See the [module](super).
    pub fn communicate(&self, input: impl AsRef<[u8]>) -> Communicate {
        Communicate {
            process: self.clone(),
            input: input.as_ref().to_vec(),
        }
    }

    /// Sends a signal.
    ///
    /// # Errors
    ///
    /// - [`ProcessLookupError`](super::ProcessLookupError): the process has ended.
    /// - [`ValueError`]: there is no signal with this number, or it is one of real time.
    /// - What the system says, such as that the process is another user's now.
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
    pub fn send_signal(&self, signum: i32) -> Result<()> {
        self.0.child.send_signal(signum, "send_signal")
    }

    /// Asks it to end: sends `SIGTERM`.
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
    pub fn terminate(&self) -> Result<()> {
        self.0.child.send_signal(15, "terminate")
    }

    /// Ends it: sends `SIGKILL`, which it cannot refuse.
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
    pub fn kill(&self) -> Result<()> {
        self.0.child.send_signal(9, "kill")
    }

    fn feed(&self, input: &[u8]) -> Result<()> {
        match self.stdin() {
            None if input.is_empty() => Ok(()),
            None => {
                let why = "communicate: there is input, but stdin is no pipe; set stdin(PIPE)";
                Err(ValueError::new(why).into())
            }
            Some(stdin) if stdin.is_closing() => Ok(()),
            Some(stdin) => {
                stdin.write(input)?;
                stdin.close();
                Ok(())
            }
        }
    }
}

/// Shows the number, and how it has ended: `<Process 1234 returncode=0>`.
impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Process {}", self.pid())?;
        match self.returncode() {
            Some(code) => write!(f, " returncode={code}>"),
            None => f.write_str(" running>"),
        }
    }
}

/// Waits for the end, when delegated to: see [`Process::wait`].
#[derive(Clone, Debug)]
#[must_use = "waits for nothing unless delegated to: co.yield_from(process.wait())?"]
pub struct WaitProcess(Process);

impl Delegate<Request, ()> for WaitProcess {
    type Output = i32;

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<i32> {
        let child = &self.0.0.child;
        co.yield_from(child.ended().wait())?;
        Ok(child.returncode().expect("it is set before the event"))
    }
}

/// Talks to the process to the end, when delegated to: see [`Process::communicate`].
#[derive(Clone, Debug)]
#[must_use = "does nothing unless delegated to: co.yield_from(process.communicate(input))?"]
pub struct Communicate {
    process: Process,
    input: Vec<u8>,
}

impl Delegate<Request, ()> for Communicate {
    type Output = (Vec<u8>, Vec<u8>);

    #[track_caller]
    fn delegate(self, co: &Co) -> Result<(Vec<u8>, Vec<u8>)> {
        let Self { process, input } = self;
        process.feed(&input)?;
        drop(input);
        let outputs = [process.stdout(), process.stderr()];
        // None may wait for the other, so both go on beyond their limits. Nothing is taken before
        // all is there: whatever cuts this off leaves it to the next reader.
        let held = outputs.map(|output| output.map(StreamReader::hold_all));
        for output in outputs.into_iter().flatten() {
            output.wait_for_end(co)?;
        }
        co.yield_from(process.wait())?;
        drop(held);
        let [stdout, stderr] =
            outputs.map(|output| output.map(StreamReader::take_all).unwrap_or_default());
        Ok((stdout, stderr))
    }
}

coroutine_operations! {
    [] WaitProcess => i32, "Process.wait", |this| move |co: &Co| this.delegate(co);
    [] Communicate => (Vec<u8>, Vec<u8>), "Process.communicate",
        |this| move |co: &Co| this.delegate(co);
}
