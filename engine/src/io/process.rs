//! Child processes. Needs the feature `process`.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `p = await create_subprocess_exec('ls', '-l', stdout=PIPE)` | `let p = co.yield_from(create_subprocess_exec("ls", &["-l"]).stdout(PIPE))?` |
//! | `await create_subprocess_shell('ls \| wc')` | [`create_subprocess_shell("ls \| wc")`](create_subprocess_shell) by `co.yield_from` |
//! | `stdin=`, `stdout=`, `stderr=`: `None`, `PIPE`, `DEVNULL`, `STDOUT`, a file | [`.stdin(...)`](CreateSubprocess::stdin) and so on: not set, [`PIPE`], [`DEVNULL`], [`STDOUT`], a file or descriptor |
//! | `cwd=`, `env=`, `limit=`, `process_group=` | [`.cwd(...)`](CreateSubprocess::cwd), [`.env(...)`](CreateSubprocess::env), [`.limit(...)`](CreateSubprocess::limit), [`.process_group(...)`](CreateSubprocess::process_group) |
//! | other arguments of `Popen` | [`create_subprocess_from`] a [`std::process::Command`] |
//! | `p.pid`, `p.returncode` | [`p.pid()`](Process::pid), [`p.returncode()`](Process::returncode) |
//! | `p.stdin.write(data)`, `await p.stdout.readline()` | `p.stdin().unwrap().write(data)?`, `co.yield_from(p.stdout().unwrap().readline())?` |
//! | `await p.wait()` | `co.yield_from(p.wait())?` |
//! | `out, err = await p.communicate(data)` | `let (out, err) = co.yield_from(p.communicate(data))?` |
//! | `p.send_signal(n)`, `p.terminate()`, `p.kill()` | the same |
//! | `except ProcessLookupError` | `Err(error) if error.is::<ProcessLookupError>()` |
//! | `await loop.subprocess_exec(factory, 'ls', '-l')`, `subprocess_shell` | [`subprocess_exec(factory, "ls", &["-l"])`](subprocess_exec), [`subprocess_shell`], by callbacks |
//! | `PidfdChildWatcher` and others | not needed, see below |
//!
//! # Reaping
//!
//! The loop waits for each child by itself (by its pidfd; by a thread where the system has none). It
//! touches neither `SIGCHLD` nor the children of other code, and loops on any thread may have
//! children. No child becomes a zombie: it is reaped as soon as its loop looks, also if nobody waits
//! for it. When its last [`Process`] is dropped, or its loop is closed, a child that still runs is
//! killed. In Python that happens when the garbage collector comes to it, if at all.
//!
//! # Pipes
//!
//! Both directions are bounded, as for all [`streams`](crate::streams): a child has to wait if nobody
//! reads its output, and [`drain`](crate::StreamWriter::drain) waits for a child that does not read.
//!
//! # Examples
//!
//! ```
//! use yieldfrom::process::{PIPE, create_subprocess_exec};
//! use yieldfrom::{Co, run};
//!
//! let lines = run(|co: &Co| {
//!     let sort = create_subprocess_exec("sort", &["-n"]).stdin(PIPE).stdout(PIPE);
//!     let process = co.yield_from(sort)?;
//!     let (stdin, stdout) = (process.stdin().unwrap(), process.stdout().unwrap());
//!     for number in [10, 9, 8] {
//!         stdin.write(format!("{number}\n").as_bytes())?;
//!         co.yield_from(stdin.drain())?;
//!     }
//!     stdin.close();
//!     assert_eq!(co.yield_from(stdout.readline())?, b"8\n");
//!     let rest = co.yield_from(stdout.read(None))?;
//!     assert_eq!(co.yield_from(process.wait())?, 0);
//!     Ok(rest)
//! })?;
//! assert_eq!(lines, b"9\n10\n");
//!
//! // Or in one:
//! let sorted = run(|co: &Co| {
//!     let sort = create_subprocess_exec("sort", &["-n"]).stdin(PIPE).stdout(PIPE);
//!     let process = co.yield_from(sort)?;
//!     co.yield_from(process.communicate("10\n9\n8\n"))
//! })?;
//! assert_eq!(sorted.0, b"8\n9\n10\n");
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod child;
mod command;
mod handle;
mod protocol;
mod stdio;
mod subprocess_state;
mod transport;

use std::fmt;

pub use command::{
    CreateSubprocess, create_subprocess_exec, create_subprocess_from, create_subprocess_shell,
};
pub use handle::{Communicate, Process};
pub use protocol::{SubprocessProtocol, SubprocessTransport};
pub use stdio::{DEVNULL, PIPE, STDOUT, Stdio};
pub use transport::{StartSubprocess, subprocess_exec, subprocess_shell};

/// The error of sending a signal to a process that has ended: Python's `ProcessLookupError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessLookupError(String);

impl fmt::Display for ProcessLookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProcessLookupError {}
