//! A real server, for one test.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};

/// A server on a port of its own, which is killed when this is dropped.
pub(crate) struct RedisServer {
    pub(crate) address: SocketAddr,
    process: Child,
    /// What it writes: open, so that it can.
    _output: BufReader<ChildStdout>,
}

impl RedisServer {
    /// Starts a server, and waits until it accepts connections. Returns none, with a message, if the program is
    /// missing.
    pub(crate) fn start() -> Option<Self> {
        // Another process may take the port in between.
        for _ in 0..10 {
            let (address, mut process) = match launch() {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    eprintln!("skipped: there is no redis-server");
                    return None;
                }
                result => result.expect("a server"),
            };
            let mut output = BufReader::new(process.stdout.take().expect("a pipe"));
            if accepts(&mut output) {
                return Some(Self {
                    address,
                    process,
                    _output: output,
                });
            }
            process.wait().expect("it has ended");
        }
        panic!("redis-server does not start");
    }

    pub(super) fn kill(&mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it is waited for once");
    }
}

fn launch() -> std::io::Result<(SocketAddr, Child)> {
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let port = address.port().to_string();
    let mut command = Command::new("redis-server");
    command.args(["--port", &port, "--bind", "127.0.0.1"]);
    command.args(["--save", "", "--appendonly", "no"]);
    let process = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    Ok((address, process))
}

/// Reads what the server says, until it is ready or ends.
fn accepts(output: &mut impl BufRead) -> bool {
    let mut lines = output.lines().map_while(std::io::Result::ok);
    lines.any(|line| line.contains("Ready to accept connections"))
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
