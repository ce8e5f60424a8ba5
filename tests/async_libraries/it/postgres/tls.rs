//! Sessions that are encrypted.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use database::Database;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{Client, NoTls};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use yieldfrom::net::TcpStream;
use yieldfrom::streams::{Read, Write, pollable};
use yieldfrom::tls::{ClientContext, connect};
use yieldfrom::{Co, Result, spawn_std};
use yieldfrom_adapters::tokio::Io;

use super::{config, open};
use crate::support::{finished, run};

/// What a client says first that wants TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

fn context(database: &Database) -> ClientContext {
    ClientContext::from_pem(database.certificate().pem()).expect("a certificate")
}

/// Checks that the server takes the session for encrypted, and that much goes both ways.
async fn check(client: &Client) -> std::result::Result<(), tokio_postgres::Error> {
    let query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert!(client.query_one(query, &[]).await?.get::<_, bool>(0));
    let text = "taxi ".repeat(200_000);
    let row = client.query_one("SELECT $1 || 'end'", &[&text]).await?;
    assert!(row.get::<_, &str>(0) == text + "end", "another text");
    Ok(())
}

/// Has the server speak TLS, by hand, and encrypts the stream by the loop's own TLS.
fn open_encrypted(co: &Co, database: &Database) -> Result<impl Read + Write + use<>> {
    let stream = open(co, database)?.into_inner();
    co.yield_from(stream.write_all(&SSL_REQUEST))?;
    let mut answer = [0];
    co.yield_from(stream.read_exact(&mut answer))?;
    assert_eq!(&answer, b"S");
    co.yield_from(connect(stream, &context(database), "localhost"))
}

#[test]
fn a_session_runs_over_the_loops_own_tls() {
    let Some(database) = Database::start_with_tls() else {
        return;
    };
    run(move |co: &Co| {
        let stream = Io::new(pollable(open_encrypted(co, &database)?));
        let mut config = config(&database);
        let connecting = config.ssl_mode(SslMode::Disable).connect_raw(stream, NoTls);
        let (client, connection) = finished(co, connecting)?;
        let connection = spawn_std(connection);
        finished(co, check(&client))?;
        drop(client);
        Ok(co.yield_from(connection)??)
    });
}

#[test]
fn a_session_runs_over_tokio_rustls() {
    let Some(database) = Database::start_with_tls() else {
        return;
    };
    run(move |co: &Co| {
        let stream = open(co, &database)?;
        let mut config = config(&database);
        let by_rustls = ByRustls(Arc::clone(context(&database).config()));
        let connecting = config
            .ssl_mode(SslMode::Require)
            .connect_raw(stream, by_rustls);
        let (client, connection) = finished(co, connecting)?;
        let connection = spawn_std(connection);
        finished(co, check(&client))?;
        drop(client);
        Ok(co.yield_from(connection)??)
    });
}

/// Encrypts by `tokio-rustls`.
struct ByRustls(Arc<ClientConfig>);

impl TlsConnect<Io<TcpStream>> for ByRustls {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>>>>;

    fn connect(self, stream: Io<TcpStream>) -> Self::Future {
        Box::pin(async move {
            let name = "localhost".try_into().expect("a name");
            let connector = TlsConnector::from(self.0);
            Ok(Encrypted(connector.connect(name, stream).await?))
        })
    }
}

struct Encrypted(tokio_rustls::client::TlsStream<Io<TcpStream>>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
