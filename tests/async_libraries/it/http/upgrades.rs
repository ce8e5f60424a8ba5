//! A connection on which something else than HTTP follows.

use std::convert::Infallible;

use http_body_util::{Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::upgrade::{self, Upgraded};
use hyper::{Request, Response, StatusCode, client, server};
use yieldfrom::bridge::Portable;
use yieldfrom::net::UnixStream;
use yieldfrom::{Co, Result, spawn, spawn_std};
use yieldfrom_adapters::hyper::Io;

use crate::support::{finished, run};

/// hyper asks for a stream that is `Send`.
type Stream = Io<Portable<UnixStream>>;

/// Takes our stream out of hyper again.
fn stream_of(upgraded: Upgraded) -> Portable<UnixStream> {
    let parts = upgraded.downcast::<Stream>().expect("our own stream");
    assert!(parts.read_buf.is_empty());
    parts.io.into_inner()
}

/// Answers one line by the same in capitals, after an upgrade.
async fn shouts(
    mut request: Request<Incoming>,
) -> std::result::Result<Response<Empty<Bytes>>, Infallible> {
    let upgrading = upgrade::on(&mut request);
    spawn_std(async move {
        let stream = stream_of(upgrading.await.expect("an upgrade"));
        spawn(move |co: &Co| {
            stream.with(|stream| {
                let mut word = [0; 4];
                co.yield_from(stream.read_exact(&mut word))?;
                co.yield_from(stream.write_all(&word.to_ascii_uppercase()))
            })?
        })
        .await
        .expect("an answer");
    });
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("upgrade", "shout");
    Ok(answer.body(Empty::new()).expect("an answer"))
}

#[test]
fn coroutines_take_over_a_connection_after_an_upgrade() {
    run(|co: &Co| -> Result<()> {
        let (near, far) = UnixStream::pair()?;
        let [near, far] = [near, far].map(|stream| Io::new(Portable::new(stream)));
        let http = server::conn::http1::Builder::new();
        let server = spawn_std(
            http.serve_connection(far, service_fn(shouts))
                .with_upgrades(),
        );
        let (mut sender, connection) = finished(co, client::conn::http1::handshake(near))?;
        let connection = spawn_std(connection.with_upgrades());
        let request = Request::builder()
            .header("upgrade", "shout")
            .header("connection", "upgrade");
        let answer = finished(
            co,
            sender.send_request(request.body(Full::<Bytes>::default())?),
        )?;
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        let stream = stream_of(finished(co, upgrade::on(answer))?);
        let mut word = *b"taxi";
        stream.with(|stream| {
            co.yield_from(stream.write_all(&word))?;
            co.yield_from(stream.read_exact(&mut word))
        })??;
        assert_eq!(&word, b"TAXI");
        co.yield_from(connection)??;
        Ok(co.yield_from(server)??)
    });
}
