//! What the two sides of TLS need to know: asyncio's `SSLContext`.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};

use super::session::Session;
use crate::errors::ValueError;
use yieldfrom_delegation::Result;

/// What a client needs to know to trust a server: Python's `ssl.create_default_context()`.
///
/// A clone is the same context. Connections of one context can resume each other's sessions.
#[derive(Clone)]
#[doc(alias = "SSLContext")]
#[doc(alias = "TlsConnector")]
pub struct ClientContext(Arc<ClientConfig>);

impl ClientContext {
    /// Makes a context that trusts the certificate authorities of Mozilla's browser.
    pub fn new() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.to_vec();
        Self::trusting(RootCertStore { roots })
    }

    /// Makes a context that trusts the certificates of a PEM text, and no others: Python's `cafile`.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the text has no certificate, or one that cannot be read.
    pub fn from_pem(certificates: impl AsRef<[u8]>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in read_certificates(certificates.as_ref(), "ClientContext::from_pem")? {
            let added = roots.add(certificate);
            added.map_err(|error| wrong("ClientContext::from_pem", "a certificate", &error))?;
        }
        Ok(Self::trusting(roots))
    }

    fn trusting(roots: RootCertStore) -> Self {
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.expect("the provider supports TLS 1.2 and 1.3");
        Self(Arc::new(
            builder.with_root_certificates(roots).with_no_client_auth(),
        ))
    }

    /// Returns the configuration, such as for a synchronous library in a region that uses `rustls` itself.
    pub fn config(&self) -> &Arc<ClientConfig> {
        &self.0
    }

    /// Begins a session with the server of this name, which may be an IP address.
    pub(in crate::io) fn begin(&self, name: &str) -> Result<Session> {
        let server = ServerName::try_from(name.to_owned()).map_err(|_| {
            ValueError::new(format!(
                "tls: {name:?} is no name of a server; give a DNS name or an IP address"
            ))
        })?;
        let connection = ClientConnection::new(Arc::clone(&self.0), server);
        let connection = connection.map_err(|error| wrong("tls", "the configuration", &error))?;
        Ok(Session::new(connection.into(), Some(name)))
    }
}

impl Default for ClientContext {
    fn default() -> Self {
        Self::new()
    }
}

/// For what the methods do not offer: client certificates, protocols by ALPN, a verifier.
impl From<Arc<ClientConfig>> for ClientContext {
    fn from(config: Arc<ClientConfig>) -> Self {
        Self(config)
    }
}

impl fmt::Debug for ClientContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientContext")
    }
}

/// The certificate and the key with which a server shows who it is: Python's `SSLContext` after `load_cert_chain`.
///
/// A clone is the same context.
#[derive(Clone)]
#[doc(alias = "TlsAcceptor")]
pub struct ServerContext(Arc<ServerConfig>);

impl ServerContext {
    /// Makes a context of a chain of certificates, the server's own first, and its private key, as PEM texts. Both
    /// may be one text.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: a text has no certificate or no key, or the key does not fit the certificate.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use yieldfrom::tls::ServerContext;
    ///
    /// let chain = std::fs::read("server.pem")?;
    /// let context = ServerContext::from_pem(chain, std::fs::read("server.key")?)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn from_pem(chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self> {
        const NAME: &str = "ServerContext::from_pem";
        let chain = read_certificates(chain.as_ref(), NAME)?;
        let key = PrivateKeyDer::from_pem_slice(key.as_ref());
        let key = key.map_err(|error| wrong(NAME, "the private key", &error))?;
        let builder = ServerConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.expect("the provider supports TLS 1.2 and 1.3");
        let config = builder.with_no_client_auth().with_single_cert(chain, key);
        let config = config.map_err(|error| wrong(NAME, "the certificate and its key", &error))?;
        Ok(Self(Arc::new(config)))
    }

    /// Returns the configuration, such as for a synchronous library in a region that uses `rustls` itself.
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.0
    }

    /// Begins a session with a client.
    pub(in crate::io) fn begin(&self) -> Result<Session> {
        let connection = ServerConnection::new(Arc::clone(&self.0));
        let connection = connection.map_err(|error| wrong("tls", "the configuration", &error))?;
        Ok(Session::new(connection.into(), None))
    }
}

/// For what the methods do not offer: several certificates, certificates of clients, protocols by ALPN.
impl From<Arc<ServerConfig>> for ServerContext {
    fn from(config: Arc<ServerConfig>) -> Self {
        Self(config)
    }
}

impl fmt::Debug for ServerContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerContext")
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read_certificates(pem: &[u8], operation: &str) -> Result<Vec<CertificateDer<'static>>> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| wrong(operation, "the certificates", &error))?;
    if all.is_empty() {
        let why = format!(
            "{operation}: there is no certificate in the text; it begins with -----BEGIN CERTIFICATE-----"
        );
        return Err(ValueError::new(why).into());
    }
    Ok(all)
}

#[cold]
fn wrong(operation: &str, what: &str, error: &dyn fmt::Display) -> ValueError {
    ValueError::new(format!("{operation}: {what} cannot be used: {error}"))
}
