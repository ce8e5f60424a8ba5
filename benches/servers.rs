//! Servers, each in a process of its own.
//!
//! This program starts itself as a server, which is then one of its own, or becomes Python or
//! Go. A server prints the port on which it listens, and serves until it is killed.

mod connections;
pub(crate) mod fixed_rate;
pub(crate) mod http;
pub(crate) mod ping_pong;
pub(crate) mod system_calls;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::measuring::child_process::{last_words, role, this_program};
use crate::measuring::machine;
use crate::peers::{go, python};
use crate::questions::{Contestant, How, Question};

/// The hidden option by which this program runs itself as a server.
const SERVE: &str = "--serve";

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: SocketAddr,
    /// The processor that neither it nor this process is bound to.
    other: Option<usize>,
}

impl Server {
    /// Starts a contestant, or the server that it is a client of.
    pub(crate) fn start(
        question: &Question,
        case: &str,
        contestant: &Contestant,
        other: Option<usize>,
    ) -> Result<Self> {
        let which = [question.name, case, contestant.who];
        let mut command = role(this_program()?, SERVE, &which, other);
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("can't start the server")?;
        let mut port = String::new();
        let out = child.stdout.take().expect("it is piped");
        let mut server = Self {
            child,
            address: ([127, 0, 0, 1], 0).into(),
            other,
        };
        BufReader::new(out).read_line(&mut port)?;
        match port.trim().parse() {
            Ok(port) => server.address.set_port(port),
            Err(_) => {
                let words = server.last_words();
                bail!("the server does not start: {}", words.unwrap_or(port));
            }
        }
        Ok(server)
    }

    /// Uses the server once; an error tells its last words.
    pub(crate) fn used<T>(mut self, client: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        client(&self).map_err(|error| match self.last_words() {
            Some(words) => error.context(format!("the server says {words:?}")),
            None => error,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Returns whether there is another processor than the server's.
    pub(crate) fn can_be_left(&self) -> bool {
        self.other.is_some()
    }

    /// Moves this thread to another processor than the server's, if there is one.
    pub(crate) fn leave_processor(&self) {
        if let Some(other) = self.other {
            machine::move_to(other);
        }
    }

    /// Returns the bytes of memory that the server has, page tables included.
    pub(crate) fn memory(&self) -> f64 {
        machine::memory_of(self.process())
    }

    /// Returns what the server's threads have come to.
    pub(crate) fn schedule(&self) -> Result<Schedule> {
        let mut sum = Schedule::default();
        for thread in fs::read_dir(format!("/proc/{}/task", self.process()))? {
            let schedule = Schedule::read(&thread?.path().join("schedstat").to_string_lossy())?;
            sum.worked += schedule.worked;
            sum.waited += schedule.waited;
        }
        Ok(sum)
    }

    /// Ends the server and returns the last line that it has written about itself.
    fn last_words(&mut self) -> Option<String> {
        self.kill();
        let mut errors = Vec::new();
        if let Some(mut pipe) = self.child.stderr.take() {
            // What was read will do.
            _ = pipe.read_to_end(&mut errors);
        }
        last_words(&errors)
    }

    fn kill(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the processors have done for threads.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Schedule {
    /// How long they have worked for them.
    pub(crate) worked: Duration,
    /// How long the threads could have run, while the processors worked for others.
    pub(crate) waited: Duration,
}

impl Schedule {
    /// That of the thread that calls.
    pub(crate) fn own() -> Result<Self> {
        Self::read("/proc/thread-self/schedstat")
    }

    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            worked: self.worked.saturating_sub(before.worked),
            waited: self.waited.saturating_sub(before.waited),
        }
    }

    fn read(path: &str) -> Result<Self> {
        let text =
            fs::read_to_string(path).context("this system does not tell how long threads run")?;
        let mut numbers = text.split_whitespace().map(str::parse);
        let (Some(Ok(worked)), Some(Ok(waited))) = (numbers.next(), numbers.next()) else {
            bail!("no numbers are in {path}: {text}")
        };
        Ok(Self {
            worked: Duration::from_nanos(worked),
            waited: Duration::from_nanos(waited),
        })
    }
}

/// Is the server for one sample in this process: what a child does.
pub(crate) fn serve(
    question: &Question,
    case: &str,
    contestant: &Contestant,
    other: Option<usize>,
) -> Result<()> {
    // The server is not to outlive whoever has started it, however that ends.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // So many as there are: whoever needs more complains.
    machine::raise_descriptors(0)?;
    match contestant.how {
        How::Server(run) => run(),
        How::Client { server, .. } => {
            // The client is what is measured.
            if let Some(other) = other {
                machine::move_to(other);
            }
            server(case)?;
        }
        How::Python {
            prelude, script, ..
        } => bail!(python::command(prelude, script, case, false).exec()),
        How::Go => bail!(go::command(question.name, case, false, 1)?.exec()),
        How::Rust(_) | How::Several(_) | How::Native | How::Absent(_) => {
            bail!("{} is no server", contestant.who)
        }
    }
    bail!("the server has ended")
}

/// Tells whoever has started this server where it listens.
pub(crate) fn announce(port: u16) {
    println!("{port}");
}
