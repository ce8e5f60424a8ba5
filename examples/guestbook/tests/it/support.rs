//! The program, and a client.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use database::Database;

/// Nothing takes so long: it hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(100);

/// Returns the command that starts the program on a free port.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guestbook"));
    command.args(["--port", "0"]).args(arguments);
    command
}

/// Runs a program that must not succeed, and returns what it says.
pub(crate) fn failure(arguments: &[&str]) -> String {
    let Output { status, stderr, .. } = command(arguments).output().expect("it can be run");
    let said = String::from_utf8(stderr).expect("it prints UTF-8");
    assert!(!status.success(), "{said}");
    said
}

/// The program, while it runs.
pub(crate) struct Guestbook {
    process: Child,
    /// What it has printed first.
    pub(crate) greeting: String,
    stderr: BufReader<ChildStderr>,
    address: String,
}

impl Guestbook {
    /// Starts the program with the entries of this database, which may take as long as a busy machine needs.
    pub(crate) fn start(database: &Database) -> Self {
        Self::start_with(&["--patience", "100", "--database", &database.url()])
    }

    /// Starts the program, and waits until it says where it serves.
    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut command = command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("it can be run");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let stderr = BufReader::new(process.stderr.take().expect("it is piped"));
        let (mut greeting, mut address) = (String::new(), None);
        for line in stdout.lines().map(|line| line.expect("it prints UTF-8")) {
            greeting += &format!("{line}\n");
            address = line.strip_prefix("Serving at http://").map(str::to_owned);
            if address.is_some() {
                break;
            }
        }
        let address = address
            .expect("where it serves")
            .trim_end_matches('/')
            .to_owned();
        Self {
            process,
            greeting,
            stderr,
            address,
        }
    }

    pub(crate) fn connect(&self) -> Connection {
        let stream = TcpStream::connect(&self.address).expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a limit");
        Connection(BufReader::new(stream))
    }

    /// Sends a request on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.connect().get(path)
    }

    /// Sends a form on a connection of its own.
    pub(crate) fn sign(&self, name: &str, message: &str) -> Answer {
        self.connect().sign(name, message)
    }

    /// Returns the names of the newest entries.
    pub(crate) fn names(&self) -> Vec<String> {
        let page: serde_json::Value = self.get("/entries.json").json();
        let entries = page["entries"].as_array().expect("a list").iter();
        entries
            .map(|entry| entry["name"].as_str().expect("a name").to_owned())
            .collect()
    }

    /// Sends a signal, such as INT, which is what Ctrl-C sends.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.process.id().to_string();
        let kill = Command::new("kill").args(["-s", name, &process]).status();
        assert!(kill.expect("kill can be run").success());
    }

    /// Waits until it has ended in good order, and returns its own lines on standard error. The loop's are not among
    /// them: in debug mode it says which callbacks are slow, as all are on a busy machine.
    pub(crate) fn said(mut self) -> String {
        let mut said = String::new();
        self.stderr
            .read_to_string(&mut said)
            .expect("it prints UTF-8");
        let status = self.process.wait().expect("it ends");
        assert!(status.success(), "{status}: {said}");
        let lines = said.split_inclusive('\n');
        lines
            .filter(|line| line.starts_with("guestbook: "))
            .collect()
    }
}

impl Drop for Guestbook {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection of a client, which it keeps for any number of requests.
pub(crate) struct Connection(BufReader<TcpStream>);

/// What the program has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: String,
}

impl Connection {
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        self.answer()
    }

    pub(crate) fn sign(&mut self, name: &str, message: &str) -> Answer {
        self.send(&post(&form(name, message)));
        self.answer()
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0
            .get_mut()
            .write_all(text.as_bytes())
            .expect("it can be sent");
    }

    /// Reads an answer, whose body has as many bytes as its head says.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let length = answer
            .header("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        answer.body = String::from_utf8(body).expect("UTF-8");
        answer
    }

    /// Reads an answer without its body.
    pub(crate) fn head(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let n = self.0.read_line(&mut head).expect("a line");
            assert!(n > 0, "the connection has ended: {head}");
        }
        let status = head
            .split(' ')
            .nth(1)
            .expect("a status")
            .parse()
            .expect("a number");
        Answer {
            status,
            head,
            body: String::new(),
        }
    }

    /// Sends no more.
    pub(crate) fn end_sending(&self) {
        self.0
            .get_ref()
            .shutdown(Shutdown::Write)
            .expect("it is connected");
    }

    /// Waits until the program ends the connection, and returns what it has still sent.
    pub(crate) fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("an end in order");
        rest
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{self:?}"
        );
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// Returns a form as browsers send it.
pub(crate) fn form(name: &str, message: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("name", name)
        .append_pair("message", message);
    form.finish()
}

/// Returns a request that sends a form.
pub(crate) fn post(form: &str) -> String {
    let length = form.len();
    format!("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n{form}")
}

/// Asks again until there is what a test waits for.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let since = Instant::now();
    while !condition() {
        assert!(since.elapsed() < LIMIT, "{what} does not come");
        thread::yield_now();
    }
}
