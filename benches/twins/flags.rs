//! The downloads of the book, from the server of the question `flags`.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::net::SocketAddr;

use anyhow::Result;

use crate::questions::How;
use crate::questions::flags::QUESTION;
use crate::questions::flags::flag::Flag;
use crate::servers::Server;

/// Downloads twenty flags at once, and says how many bytes each has.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How often all of them are downloaded.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// Where they are; without this, a server of this program's own has them.
    #[arg(long, value_name = "ADDRESS")]
    server: Option<SocketAddr>,
    /// What there is to download.
    #[arg(skip)]
    flags: &'static [Flag],
}

/// How much is received at once.
const BUFFER: usize = 4096;
/// How long the server takes for each flag: see the cases of the question.
const CASE: &str = "delay=10";

impl Options {
    /// Returns the options with a server, which runs as long as what comes with them.
    pub(super) fn served(mut self) -> Result<(Self, Option<Server>)> {
        self.flags = Flag::all()?;
        if self.server.is_some() {
            return Ok((self, None));
        }
        let client = |how| matches!(how, How::Client { .. });
        let mut contestants = QUESTION.contestants.iter();
        let contestant = contestants.find(|contestant| client(contestant.how));
        let server = Server::start(&QUESTION, CASE, contestant.expect("all are"), None)?;
        self.server = Some(server.address());
        Ok((self, Some(server)))
    }

    fn server(&self) -> SocketAddr {
        self.server.expect("it was started")
    }
}
