//! A Redis server, in a process of its own.

use std::io::{ErrorKind, stderr};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::servers::announce;

const PROGRAM: &str = "redis-server";

/// Becomes the server; an error says why it can't.
pub(super) fn serve(_case: &str) -> Result<()> {
    let version = Command::new(PROGRAM)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    match version {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("{PROGRAM} is not installed")
        }
        version => version?,
    };
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    announce(port);
    let mut command = Command::new(PROGRAM);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no"]);
    // What it has to say is for whoever finds that it does not answer.
    bail!(command.stdout(stderr()).exec())
}
