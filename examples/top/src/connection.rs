//! The connection to a monitor.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::answer::{Answer, VERSION};

/// How long an answer may take. The monitor waits a tenth of a second for its loop.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest answer: 10,000 tasks with long chains.
const LONGEST: u64 = 1 << 28;

pub(crate) struct Connection {
    stream: BufReader<UnixStream>,
    path: PathBuf,
}

impl Connection {
    /// Connects to the socket at a path.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let stream = UnixStream::connect(path).map_err(|error| cannot_connect(path, error))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::new(stream),
            path: path.to_owned(),
        })
    }

    /// Asks for a snapshot, and returns the line that answers.
    pub(crate) fn ask_for_line(&mut self, limit: usize) -> io::Result<String> {
        let asked = writeln!(self.stream.get_mut(), "snapshot {limit}");
        let mut line = String::new();
        let mut reader = (&mut self.stream).take(LONGEST);
        // The monitor may have said why it does not listen.
        let read = reader.read_line(&mut line);
        if line.ends_with('\n') {
            return Ok(line.trim_end().to_owned());
        }
        let error = asked.and(read).err();
        Err(self.no_answer(error))
    }

    fn no_answer(&self, error: Option<io::Error>) -> io::Error {
        let why = match error {
            Some(error) if is_timeout(&error) => "no answer within 5 seconds".to_owned(),
            Some(error) if !is_end(&error) => error.to_string(),
            _ => "the program has ended, or has closed its loop".to_owned(),
        };
        io::Error::other(format!("{}: {why}", self.path.display()))
    }

    /// Reads an answer.
    pub(crate) fn parse(&self, line: &str) -> io::Result<Answer> {
        let failed = |why: String| {
            let path = self.path.display();
            io::Error::new(ErrorKind::InvalidData, format!("{path}: {why}"))
        };
        let value: Value = serde_json::from_str(line)
            .map_err(|_| failed("who listens there is no monitor of a loop".to_owned()))?;
        if let Some(error) = value["error"].as_str() {
            return Err(failed(error.to_owned()));
        }
        if value["version"] != VERSION {
            let version = &value["version"];
            return Err(failed(format!(
                "the monitor speaks version {version}, and this program version {VERSION}"
            )));
        }
        serde_json::from_value(value).map_err(|error| failed(format!("a strange answer: {error}")))
    }

    pub(crate) fn ask(&mut self, limit: usize) -> io::Result<Answer> {
        let line = self.ask_for_line(limit)?;
        self.parse(&line)
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof
    )
}

fn cannot_connect(path: &Path, error: io::Error) -> io::Error {
    let path = path.display();
    let why = match error.kind() {
        ErrorKind::NotFound => {
            "there is no such socket; start the program with YIELDFROM_MONITOR set to this path"
                .into()
        }
        ErrorKind::ConnectionRefused => "nobody listens there; the program has ended".into(),
        ErrorKind::PermissionDenied => "only the user who runs the program may look at it".into(),
        _ => error.to_string(),
    };
    io::Error::new(error.kind(), format!("{path}: {why}"))
}
