//! Which servers a client of https trusts.
//!
//! Without the feature `tls` there is no https, and a [`Trust`] says so where a connection is made.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use yieldfrom::open_connection;
use yieldfrom::streams::OpenConnection;

use super::pool::Origin;

/// The servers that a client trusts: those that browsers trust, unless a file of certificates is given.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    #[cfg(feature = "tls")]
    context: Option<yieldfrom::tls::ClientContext>,
}

/// A connection that blocks, with TLS or without.
#[derive(Debug)]
pub(super) enum Wire {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Encrypted(Box<Encrypted>),
}

#[cfg(feature = "tls")]
type Encrypted =
    yieldfrom::tls::rustls::StreamOwned<yieldfrom::tls::rustls::ClientConnection, TcpStream>;

#[cfg(feature = "tls")]
impl Trust {
    /// Trusts the certificates of a file in PEM form, and no others.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, or has no certificate.
    pub fn in_file(path: &Path) -> yieldfrom::Result<Self> {
        let pem = std::fs::read(path)
            .map_err(|error| yieldfrom::Error::msg(format!("read {}: {error}", path.display())))?;
        let context = Some(yieldfrom::tls::ClientContext::from_pem(pem)?);
        Ok(Self { context })
    }

    fn context(&self) -> yieldfrom::tls::ClientContext {
        self.context.clone().unwrap_or_default()
    }

    /// Returns the operation that connects to a server.
    pub(super) fn open(&self, origin: &Origin) -> OpenConnection {
        let connection = open_connection((origin.host.as_str(), origin.port));
        match origin.is_secure {
            true => connection.tls(&self.context()),
            false => connection,
        }
    }

    /// Puts TLS on a connection that blocks, if the server wants that.
    pub(super) fn wrap(&self, stream: TcpStream, origin: &Origin) -> io::Result<Wire> {
        use yieldfrom::tls::rustls::{ClientConnection, pki_types::ServerName};
        if !origin.is_secure {
            return Ok(Wire::Plain(stream));
        }
        let name = ServerName::try_from(origin.host.clone()).map_err(io::Error::other)?;
        let config = std::sync::Arc::clone(self.context().config());
        let session = ClientConnection::new(config, name).map_err(io::Error::other)?;
        Ok(Wire::Encrypted(Box::new(Encrypted::new(session, stream))))
    }
}

#[cfg(not(feature = "tls"))]
impl Trust {
    /// Fails: this program was built without TLS.
    ///
    /// # Errors
    ///
    /// Always.
    pub fn in_file(_: &Path) -> yieldfrom::Result<Self> {
        yieldfrom::bail!("this program was built without TLS; build it with --features tls")
    }

    /// Returns the operation that connects to a server.
    pub(super) fn open(&self, origin: &Origin) -> OpenConnection {
        open_connection((origin.host.as_str(), origin.port))
    }

    pub(super) fn wrap(&self, stream: TcpStream, _: &Origin) -> io::Result<Wire> {
        Ok(Wire::Plain(stream))
    }
}

impl Wire {
    /// Returns the socket, to set its timeouts.
    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            #[cfg(feature = "tls")]
            Self::Encrypted(stream) => stream.get_ref(),
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            #[cfg(feature = "tls")]
            Self::Encrypted(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            #[cfg(feature = "tls")]
            Self::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            #[cfg(feature = "tls")]
            Self::Encrypted(stream) => stream.flush(),
        }
    }
}
