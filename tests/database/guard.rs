//! The end of a server whose owner is gone.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::DATA;
use crate::installation::Installation;

/// It waits for the end of its input, then ends the server at once and removes the directory.
const SCRIPT: &str = r#"read -r _; "$0" -D "$1/$2" -m immediate -w stop; rm -rf "$1""#;

/// A process that ends the server when this is dropped, or when our process ends, however it does.
///
/// It waits at a pipe whose other end we have: the system closes it for a process that is killed. A signal at the
/// death of the parent (`PR_SET_PDEATHSIG`) would come when the thread ends that started the server.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts to guard the server of this directory, which may start later.
    pub(crate) fn start(installation: &Installation, directory: &Path) -> Self {
        let mut shell = installation.shell(directory);
        shell.arg("-c").arg(SCRIPT);
        shell.arg(installation.program("pg_ctl"));
        shell.arg(directory).arg(DATA);
        // Ctrl-C in a terminal goes to our group. The guard has to outlive us.
        shell.process_group(0);
        shell.stdin(Stdio::piped());
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        Self(shell.spawn().expect("a shell"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // This closes the pipe first.
        let _ = self.0.wait();
    }
}
