//! TLS, both ends on one loop.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::ServerName;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use yieldfrom::blocking::TcpStream;
use yieldfrom::{Co, EventLoop, create_task, from_std, spawn_std, tls};
use yieldfrom_adapters::tokio::Io;

use super::{CASES, ours, sync, tokio};
use crate::measuring::meter::{Meter, Sample};
use crate::questions::{Contestant, Question};

pub(crate) const NAME: &str = "localhost";

pub(crate) const QUESTION: Question = Question {
    name: "tls",
    about: "the messages of `regions` over TLS 1.3, by rustls at both ends, which have shaken hands before; yieldfrom: \
            by yieldfrom::tls; yieldfrom-blocking: rustls' own synchronous stream in regions; tokio: tokio-rustls; \
            yieldfrom-futures: tokio-rustls on our loop by the bridge; the processor's ns for each",
    cases: CASES,
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("yieldfrom-blocking", blocking),
        Contestant::rust("yieldfrom-futures", futures),
        Contestant::rust("tokio", tokio),
    ],
    repetitions: usize::MAX,
    seconds: 0.2,
};

/// The settings of both ends, which have a certificate of their own.
pub(crate) fn configs() -> (Arc<ClientConfig>, Arc<ServerConfig>) {
    let made = generate_simple_self_signed([NAME.to_owned()]);
    let CertifiedKey { cert, signing_key } = made.expect("the name is good");
    let mut roots = RootCertStore::empty();
    roots
        .add(cert.der().clone())
        .expect("the certificate is good");
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let key = signing_key
        .serialize_der()
        .try_into()
        .expect("the key is good");
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("they belong together");
    (Arc::new(client), Arc::new(server))
}

pub(crate) fn name() -> ServerName<'static> {
    NAME.try_into().expect("it is a name")
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let (client, server) = configs();
    let (client, server) = (client.into(), server.into());
    let connect = move |co: &Co| {
        let (near, far) = ours::pair(co)?;
        let accept = tls::accept(far, &server);
        create_task(move |co: &Co| ours::echo(co, &co.yield_from(accept)?));
        co.yield_from(tls::connect(near, &client, NAME))
    };
    ours::round_trips(EventLoop::new(), case, meter, connect, ours::ping)
}

fn blocking(case: &str, meter: &Meter) -> Sample {
    let (client, server) = configs();
    let connect = move |co: &Co| {
        let (near, far) = ours::pair(co)?;
        let connection = ServerConnection::new(Arc::clone(&server)).expect("the settings are good");
        let far = StreamOwned::new(connection, TcpStream::try_from(far)?);
        create_task(yieldfrom::blocking::blocking(move || sync::echo(far)));
        let connection =
            ClientConnection::new(Arc::clone(&client), name()).expect("the settings are good");
        let near = StreamOwned::new(connection, TcpStream::try_from(near)?);
        // The first message waits for the handshake.
        co.yield_from(ours::sync_ping(near, 1))
    };
    ours::round_trips(EventLoop::new(), case, meter, connect, ours::sync_ping)
}

fn futures(case: &str, meter: &Meter) -> Sample {
    let (client, server) = configs();
    let (connector, acceptor) = (TlsConnector::from(client), TlsAcceptor::from(server));
    let connect = move |co: &Co| {
        let (near, far) = ours::pair(co)?;
        let accept = acceptor.accept(Io::new(far));
        spawn_std(async { tokio::echo(accept.await?).await });
        let connect = connector.connect(name(), Io::new(near));
        Ok(co.yield_from(from_std(connect))??)
    };
    let ping = |stream, count| from_std(pinged(stream, count));
    ours::round_trips(EventLoop::new(), case, meter, connect, ping)
}

async fn pinged<S: tokio::Stream>(stream: S, count: usize) -> S {
    let stream = tokio::ping(stream, count).await;
    stream.expect("all answers come")
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let (client, server) = configs();
    let (connector, acceptor) = (TlsConnector::from(client), TlsAcceptor::from(server));
    tokio::round_trips(case, meter, async || {
        let (near, far) = tokio::pair().await?;
        let accept = acceptor.accept(far);
        ::tokio::spawn(async { tokio::echo(accept.await?).await });
        connector.connect(name(), near).await
    })
}
