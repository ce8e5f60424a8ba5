//! What a client can be told.

use std::time::Duration;

use super::head::Limits;

/// The options of a session.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long making a connection may take, of each of a host's addresses: 10 s by default.
    pub connect_timeout: Duration,
    /// How long a request may take, from its connection to the end of the body, redirects
    /// included: 30 s by default.
    pub timeout: Duration,
    /// Whether connections are used for more than one request: no by default.
    pub keep_alive: bool,
    /// How many redirects are followed: 10 by default.
    pub redirects: usize,
    /// How long a response may be.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            keep_alive: false,
            redirects: 10,
            limits: Limits::default(),
        }
    }
}
