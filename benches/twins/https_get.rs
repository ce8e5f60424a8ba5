//! Pages from a server that speaks TLS.

pub(super) mod async_await;
mod server;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use rustls::ClientConfig;

use crate::questions::libraries::tls::{NAME, configs};

/// Gets pages by HTTPS, all at once, from a server that this program starts, and says how long each is.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// How many pages there are.
    #[arg(long, default_value_t = 3)]
    pages: usize,
}

/// What the clients have to know of the server.
#[derive(Clone, Debug)]
pub(super) struct Site {
    address: SocketAddr,
    /// Trusts this server alone.
    config: Arc<ClientConfig>,
}

impl Site {
    /// Starts the server, on a thread that ends with this process.
    pub(super) fn start() -> Result<Self> {
        let (config, server) = configs();
        let address = server::start(server)?;
        Ok(Self { address, config })
    }
}

fn path(page: usize) -> String {
    format!("/pages/{page}")
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.0\r\nHost: {NAME}\r\n\r\n")
}

/// Says what has come for a page.
fn summary(path: &str, response: &str) -> String {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    let status = head.lines().next().unwrap_or("no answer");
    format!("{path}: {status}, {} bytes", body.len())
}
