//! The adapter: `ureq` takes a connector and a resolver of one's own.

use std::io::{self, Read, Write};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, RustlsConnector, Transport,
};
use ureq::{Agent, Error};
use yieldfrom::blocking::{self, TcpStream};
use yieldfrom::net::getaddrinfo;

use crate::tls::certificates::Authority;

/// Makes an agent whose connections suspend, with these settings.
pub(super) fn agent(config: Config) -> Agent {
    let connector = SuspendingConnector.chain(RustlsConnector::default());
    Agent::with_parts(config, connector, SuspendingResolver)
}

/// Returns settings that trust a test's authority.
pub(super) fn trusting(authority: &Authority) -> TlsConfig {
    let root = Certificate::from_der(authority.root()).to_owned();
    TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[root]))
        .build()
}

#[derive(Debug)]
struct SuspendingResolver;

impl Resolver for SuspendingResolver {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let default = if uri.scheme_str() == Some("https") {
            443
        } else {
            80
        };
        let port = uri.port_u16().unwrap_or(default);
        let mut addresses = self.empty();
        for address in blocking::wait(getaddrinfo(host, port))?
            .into_iter()
            .take(16)
        {
            addresses.push(address);
        }
        Ok(addresses)
    }
}

#[derive(Debug)]
struct SuspendingConnector;

impl Connector for SuspendingConnector {
    type Out = SuspendingTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<SuspendingTransport>, Error> {
        let limit = details.timeout.not_zero();
        let mut failure = Error::HostNotFound;
        for address in &details.addrs {
            let connected = match limit {
                Some(limit) => TcpStream::connect_timeout(address, *limit),
                None => TcpStream::connect(*address),
            };
            match connected {
                Ok(stream) => return Ok(Some(SuspendingTransport::new(stream, details.config))),
                Err(error) => failure = error_of(error, details.timeout),
            }
        }
        Err(failure)
    }
}

#[derive(Debug)]
struct SuspendingTransport {
    stream: TcpStream,
    buffers: LazyBuffers,
}

impl SuspendingTransport {
    fn new(stream: TcpStream, config: &Config) -> Self {
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Self { stream, buffers }
    }
}

impl Transport for SuspendingTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        let limit = timeout.not_zero().map(|limit| *limit);
        self.stream.set_write_timeout(limit)?;
        let output = &self.buffers.output()[..amount];
        let written = self.stream.write_all(output);
        written.map_err(|error| error_of(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let limit = timeout.not_zero().map(|limit| *limit);
        self.stream.set_read_timeout(limit)?;
        let read = self.stream.read(self.buffers.input_append_buf());
        let amount = read.map_err(|error| error_of(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// A connection that nobody uses has nothing to be read.
    fn is_open(&mut self) -> bool {
        let probed = self
            .stream
            .set_nonblocking(true)
            .and_then(|()| self.stream.read(&mut [0]));
        let is_quiet = probed.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        is_quiet && self.stream.set_nonblocking(false).is_ok()
    }
}

fn error_of(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}
