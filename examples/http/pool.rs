//! Connections that wait for their next request.

use std::collections::HashMap;

use url::{Host, Url};

/// The most connections that are kept for each server.
const MOST: usize = 100;

/// A server: its name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The name, or the address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it is to be asked by https.
    pub is_secure: bool,
}

impl Origin {
    /// Returns the server of a URL.
    pub fn of(url: &Url) -> Self {
        let host = match url.host() {
            Some(Host::Ipv6(address)) => address.to_string(),
            Some(host) => host.to_string(),
            None => String::new(),
        };
        let port = url.port_or_known_default().unwrap_or(80);
        let is_secure = url.scheme() == "https";
        Self {
            host,
            port,
            is_secure,
        }
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Idle connections by server. The one that was used last is used first.
#[derive(Debug)]
pub struct Pool<C> {
    idle: HashMap<Origin, Vec<C>>,
}

impl<C> Pool<C> {
    /// Takes a connection to a server out of the pool.
    pub fn take(&mut self, origin: &Origin) -> Option<C> {
        self.idle.get_mut(origin)?.pop()
    }

    /// Puts a connection back. If there are many already, it is closed.
    pub fn put(&mut self, origin: Origin, connection: C) {
        let idle = self.idle.entry(origin).or_default();
        if idle.len() < MOST {
            idle.push(connection);
        }
    }

    /// Closes all connections.
    pub fn clear(&mut self) {
        self.idle.clear();
    }
}

impl<C> Default for Pool<C> {
    fn default() -> Self {
        Self {
            idle: HashMap::new(),
        }
    }
}
