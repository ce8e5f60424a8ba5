//! Programs that serve: started on a free port, and ended with their test.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::command;

/// No test takes so long.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// An example that serves, as a process.
pub(crate) struct Server {
    process: Child,
    stdout: BufReader<ChildStdout>,
    /// Where it serves, as it says itself.
    pub(crate) address: String,
}

impl Server {
    /// Starts an example, and waits until it says where it serves.
    pub(crate) fn start(name: &str, args: &[&str]) -> Self {
        Self::start_saying(name, args, "Serving on ")
    }

    /// Starts an example that says where it serves after these words.
    pub(crate) fn start_saying(name: &str, args: &[&str], words: &str) -> Self {
        let mut process = command(name)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("start the server");
        let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("read where it serves");
        let rest = line.strip_prefix(words).expect(&line);
        let address = rest.split(['\n', ' ']).next().expect("the first part");
        let address = address.trim_end_matches(['.', '/']).to_owned();
        Self {
            process,
            stdout,
            address,
        }
    }

    /// Returns the next line that it prints.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints UTF-8");
        line
    }

    /// Sends it a Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = self.process.id().to_string();
        let kill = Command::new("kill").args(["-INT", &pid]).status();
        assert!(kill.expect("send a signal").success());
    }

    pub(crate) fn port(&self) -> String {
        let (_, port) = self.address.rsplit_once(':').expect("HOST:PORT");
        port.to_owned()
    }

    /// Connects to it; reading ends with an error rather than never.
    pub(crate) fn connect(&self) -> TcpStream {
        let address: SocketAddr = self.address.parse().expect("an address");
        let stream = TcpStream::connect(address).expect("connect");
        stream.set_read_timeout(Some(LIMIT)).expect("set a limit");
        stream
    }

    /// Waits until it ends by itself, and returns what it has printed since it began to serve.
    pub(crate) fn printed(mut self) -> String {
        let since = Instant::now();
        while self.process.try_wait().expect("ask for its end").is_none() {
            assert!(since.elapsed() < LIMIT, "the server goes on");
            std::thread::sleep(Duration::from_millis(2));
        }
        let mut printed = String::new();
        let read = self.stdout.read_to_string(&mut printed);
        read.expect("it prints UTF-8");
        let status = self.process.wait().expect("it has ended");
        assert!(status.success(), "{status}: {printed}");
        printed
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns whether these tests, and so what they start, ignore Ctrl-C: in the background of a
/// script.
pub(crate) fn ignores_ctrl_c() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 0b10 != 0)
}

#[test]
fn ctrl_c_ends_a_server_in_order() {
    if ignores_ctrl_c() {
        return eprintln!("Ctrl-C is ignored here");
    }
    for (name, farewell) in [
        ("echo_server", ""),
        ("charfinder", "Server shutting down.\n"),
    ] {
        let server = Server::start(name, &["--port", "0"]);
        let _client = server.connect();
        server.interrupt();
        assert!(server.printed().ends_with(farewell));
    }
}
