//! Starting a child process.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use super::child::{Child, SpawnedChild};
use super::handle::Process;
use super::stdio::{Stdio, StdioKind, merge};
use crate::errors::{ValueError, describe};
use crate::io::streams::{DEFAULT_LIMIT, checked_limit};
use crate::kernel::{Co, Core, EventLoop, Request, coroutine_operations};
use yieldfrom_delegation::{Delegate, Error, Result};

/// Starts a program: asyncio's `create_subprocess_exec`.
///
/// [`std::process::Command`] says where the program is searched. Arguments that are not UTF-8 are
/// added by [`arg`](CreateSubprocess::arg). Starting takes about as long as a `fork`, and blocks the
/// loop meanwhile. The [module](super) has an example.
///
/// # Errors
///
/// `yield_from` gives:
///
/// - [`std::io::Error`]: there is no such program, it is not executable, the directory of
///   [`cwd`](CreateSubprocess::cwd) is not there, or there are no descriptors or processes left.
/// - [`ValueError`]: an argument has a NUL byte in it, or the limit is zero.
/// - [`RuntimeError`](crate::RuntimeError): no loop is running.
pub fn create_subprocess_exec(program: impl AsRef<OsStr>, args: &[&str]) -> CreateSubprocess {
    let mut command = Command::new(program);
    command.args(args);
    CreateSubprocess::new(command, "create_subprocess_exec", true)
}

/// Starts a command of the shell, `/bin/sh`: asyncio's `create_subprocess_shell`.
///
/// Text that you put into a command has to be quoted; [`create_subprocess_exec`] needs no quotes.
///
/// # Errors
///
/// As [`create_subprocess_exec`]. If the shell does not find a program, that is an exit status, 127.
///
/// # Examples
///
/// ```
/// use yieldfrom::process::{PIPE, create_subprocess_shell};
/// use yieldfrom::{Co, run};
///
/// let (output, _) = run(|co: &Co| {
///     let process = co.yield_from(create_subprocess_shell("echo $((6 * 7)) | tr 4 5").stdout(PIPE))?;
///     co.yield_from(process.communicate(""))
/// })?;
/// assert_eq!(output, b"52\n");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn create_subprocess_shell(command: impl AsRef<OsStr>) -> CreateSubprocess {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    CreateSubprocess::new(shell, "create_subprocess_shell", true)
}

/// Starts a command of the standard library, which has more options.
///
/// # Errors
///
/// As [`create_subprocess_exec`].
///
/// # Examples
///
/// ```
/// use std::os::unix::process::CommandExt;
/// use std::process::Command;
/// use yieldfrom::process::{PIPE, create_subprocess_from};
/// use yieldfrom::{Co, run};
///
/// let mut command = Command::new("sh");
/// command.arg0("another name").args(["-c", "echo $0"]);
/// let (output, _) = run(|co: &Co| {
///     let process = co.yield_from(create_subprocess_from(command).stdout(PIPE))?;
///     co.yield_from(process.communicate(""))
/// })?;
/// assert_eq!(output, b"another name\n");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub fn create_subprocess_from(command: Command) -> CreateSubprocess {
    CreateSubprocess::new(command, "create_subprocess_from", false)
}

/// The operation of [`create_subprocess_exec`] and its like, and its options.
#[derive(Debug)]
#[must_use = "it starts a process when a coroutine delegates to it by yield_from"]
pub struct CreateSubprocess {
    command: Command,
    operation: &'static str,
    /// Whether this module made the command, so that its streams are known.
    is_own: bool,
    /// Standard input, output and error.
    streams: [Option<Stdio>; 3],
    limit: usize,
    by_thread: bool,
}

impl CreateSubprocess {
    fn new(command: Command, operation: &'static str, is_own: bool) -> Self {
        Self {
            command,
            operation,
            is_own,
            streams: Default::default(),
            limit: DEFAULT_LIMIT,
            by_thread: false,
        }
    }

    /// Sets where standard input comes from: from that of this process by default.
    pub fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.streams[0] = Some(from.into());
        self
    }

    /// Sets where standard output goes: to that of this process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs::File;
    /// use yieldfrom::process::{DEVNULL, PIPE, create_subprocess_exec};
    /// use yieldfrom::{Co, run};
    ///
    /// let input = File::open("/dev/null")?;
    /// let (output, _) = run(move |co: &Co| {
    ///     let cat = create_subprocess_exec("cat", &[]).stdin(input).stdout(PIPE).stderr(DEVNULL);
    ///     let process = co.yield_from(cat)?;
    ///     co.yield_from(process.communicate(""))
    /// })?;
    /// assert_eq!(output, b"");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.streams[1] = Some(to.into());
        self
    }

    /// Sets where standard error goes: to that of this process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::{PIPE, STDOUT, create_subprocess_shell};
    /// use yieldfrom::{Co, run};
    ///
    /// let (both, _) = run(|co: &Co| {
    ///     let shell = create_subprocess_shell("echo one; echo two >&2").stdout(PIPE).stderr(STDOUT);
    ///     let process = co.yield_from(shell)?;
    ///     co.yield_from(process.communicate(""))
    /// })?;
    /// assert_eq!(both, b"one\ntwo\n");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.streams[2] = Some(to.into());
        self
    }

    /// Adds an argument.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::path::Path;
    /// use yieldfrom::process::create_subprocess_exec;
    ///
    /// let list = create_subprocess_exec("ls", &["-l"]).arg(Path::new("/tmp"));
    /// ```
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets a variable of the environment. The others are those of this process, unless
    /// [`env_clear`](Self::env_clear) removes them.
    pub fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Removes all variables of the environment.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::{PIPE, create_subprocess_exec};
    /// use yieldfrom::{Co, run};
    ///
    /// let (output, _) = run(|co: &Co| {
    ///     let env = create_subprocess_exec("env", &[]).env_clear().env("N", "1").stdout(PIPE);
    ///     let process = co.yield_from(env)?;
    ///     co.yield_from(process.communicate(""))
    /// })?;
    /// assert_eq!(output, b"N=1\n");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn env_clear(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Sets the directory to work in: that of this process by default.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::{PIPE, create_subprocess_exec};
    /// use yieldfrom::{Co, run};
    ///
    /// let (output, _) = run(|co: &Co| {
    ///     let pwd = create_subprocess_exec("pwd", &[]).cwd("/").stdout(PIPE);
    ///     let process = co.yield_from(pwd)?;
    ///     co.yield_from(process.communicate(""))
    /// })?;
    /// assert_eq!(output, b"/\n");
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn cwd(mut self, path: impl AsRef<Path>) -> Self {
        self.command.current_dir(path);
        self
    }

    /// Sets the process group: zero for a new one, so that Ctrl-C in the terminal does not reach
    /// the child.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::create_subprocess_exec;
    ///
    /// let daemon = create_subprocess_exec("sleep", &["1"]).process_group(0);
    /// ```
    pub fn process_group(mut self, group: i32) -> Self {
        self.command.process_group(group);
        self
    }

    /// Sets how long a line of the output may be, in bytes: 65,536 by default. Its reader holds at
    /// most about twice as much, see [`StreamReader`](crate::StreamReader).
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::{PIPE, create_subprocess_exec};
    ///
    /// let list = create_subprocess_exec("ls", &[]).stdout(PIPE).limit(1 << 20);
    /// ```
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes;
        self
    }

    /// Makes a thread wait for the child, as on systems that have no pidfds.
    ///
    /// This costs a thread as long as the child runs. It is meant for comparisons and tests.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::process::create_subprocess_exec;
    /// use yieldfrom::{Co, run};
    ///
    /// let code = run(|co: &Co| {
    ///     let process = co.yield_from(create_subprocess_exec("false", &[]).wait_by_thread())?;
    ///     co.yield_from(process.wait())
    /// })?;
    /// assert_eq!(code, 1);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn wait_by_thread(mut self) -> Self {
        self.by_thread = true;
        self
    }

    /// Starts the process. This process keeps no copies of the descriptors of the child.
    pub(super) fn spawn(mut self, core: &Rc<Core>) -> Result<SpawnedChild> {
        core.check_open(self.operation)?;
        let merged = self.redirect()?;
        let spawned = self.command.spawn();
        let mut child = spawned.map_err(|error| self.refused(error))?;
        let pipes = [
            child.stdin.take().map(OwnedFd::from),
            child.stdout.take().map(OwnedFd::from).or(merged),
            child.stderr.take().map(OwnedFd::from),
        ];
        let child = Child::watch(core, child, self.by_thread)?;
        Ok(SpawnedChild { child, pipes })
    }

    /// Sets the streams of the command. Returns this process's end of a pipe that two of them share.
    fn redirect(&mut self) -> Result<Option<OwnedFd>> {
        let is_merged = matches!(self.streams[2], Some(Stdio(StdioKind::Merged)));
        let merged = if is_merged { self.merge()? } else { None };
        let [stdin, stdout, stderr] = std::mem::take(&mut self.streams);
        if let Some(from) = stdin {
            self.command.stdin(from.into_std(self.operation)?);
        }
        if let Some(to) = stdout {
            self.command.stdout(to.into_std(self.operation)?);
        }
        if let Some(to) = stderr {
            self.command.stderr(to.into_std(self.operation)?);
        }
        Ok(merged)
    }

    /// Makes standard error go where standard output goes.
    fn merge(&mut self) -> Result<Option<OwnedFd>> {
        let operation = self.operation;
        let stdout = self.streams[1].take();
        if stdout.is_none() && !self.is_own {
            let why = "stderr(STDOUT) has to know what stdout is; set it by stdout, too";
            return Err(ValueError::new(format!("{operation}: {why}")).into());
        }
        let merged = merge(stdout).map_err(|error| describe(error, operation));
        let (stdout, stderr, end) = merged?;
        self.streams[1] = Some(stdout);
        self.streams[2] = Some(stderr);
        Ok(end)
    }

    /// Says why there is no process.
    fn refused(&self, error: io::Error) -> Error {
        let operation = self.operation;
        if error.kind() == io::ErrorKind::InvalidInput {
            return ValueError::new(format!("{operation}: {error}")).into();
        }
        // The system does not tell which of the two is not there.
        if let Some(path) = self.command.get_current_dir()
            && !path.is_dir()
        {
            return describe(error, format!("{operation}: work in {}", path.display())).into();
        }
        let program = self.command.get_program().display();
        describe(error, format!("{operation}: run {program}")).into()
    }
}

impl Delegate<Request, ()> for CreateSubprocess {
    type Output = Process;

    fn delegate(self, _: &Co) -> Result<Process> {
        let core = Rc::clone(EventLoop::current_or_closed().core());
        let limit = checked_limit(self.limit)?;
        Process::new(&core, self.spawn(&core)?, limit)
    }
}

coroutine_operations! {
    [] CreateSubprocess => Process, "create_subprocess";
}
