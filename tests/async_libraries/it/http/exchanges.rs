//! Requests and answers.

use std::convert::Infallible;

use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use yieldfrom::{Barrier, Co, Result, create_task, gather, spawn_std};

use super::{Client, Server, VERSIONS, Version, request, with_body};
use crate::support::{finished, run};

/// Sends back the path, or for a request with a body that, as it comes.
async fn echo(
    request: Request<Incoming>,
) -> std::result::Result<Response<BoxBody<Bytes, hyper::Error>>, Infallible> {
    let body = if request.method() == "POST" {
        request.into_body().boxed()
    } else {
        let path = request.uri().path().to_owned();
        Full::from(path).map_err(|never| match never {}).boxed()
    };
    Ok(Response::new(body))
}

#[test]
fn one_connection_carries_many_requests() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let server = Server::start(version, service_fn(echo))?;
            let mut client = Client::connect(co, version, server.address)?;
            for n in 0..100 {
                let path = format!("/{n}");
                assert_eq!(finished(co, client.get(&path))?, path);
            }
            assert_eq!(server.connections.get(), 1);
            client.end(co)
        });
    }
}

#[test]
fn a_large_body_streams_both_ways() {
    const BLOCKS: usize = 500;
    const BLOCK: usize = 30_000;
    fn block(n: usize) -> Bytes {
        Bytes::from(vec![n as u8; BLOCK])
    }
    /// Receives while it sends: neither end has room for all of it.
    async fn exchange(client: &mut Client) -> hyper::Result<usize> {
        let blocks = (0..BLOCKS).map(|n| Ok(Frame::data(block(n))));
        let body = StreamBody::new(stream::iter(blocks));
        let mut answer = client.send(with_body("/", body)).await?.into_body();
        let mut length = 0;
        while let Some(frame) = answer.frame().await {
            for byte in frame?.into_data().expect("no trailers") {
                assert_eq!(byte, (length / BLOCK) as u8, "at {length}");
                length += 1;
            }
        }
        Ok(length)
    }
    for version in VERSIONS {
        run(move |co: &Co| {
            let server = Server::start(version, service_fn(echo))?;
            let mut client = Client::connect(co, version, server.address)?;
            assert_eq!(finished(co, exchange(&mut client))?, BLOCKS * BLOCK);
            client.end(co)
        });
    }
}

#[test]
fn thirty_two_connections_are_used_at_once() {
    const CONNECTIONS: usize = 32;
    for version in VERSIONS {
        run(move |co: &Co| {
            let server = Server::start(version, service_fn(echo))?;
            let (address, barrier) = (server.address, Barrier::new(CONNECTIONS)?);
            let visits = (0..CONNECTIONS).map(|number| {
                let barrier = barrier.clone();
                create_task(move |co: &Co| {
                    let mut client = Client::connect(co, version, address)?;
                    for n in 0..10 {
                        // All are connected, and each has its answer before the next question.
                        co.yield_from(barrier.wait())?;
                        let path = format!("/{number}/{n}");
                        assert_eq!(finished(co, client.get(&path))?, path);
                    }
                    client.end(co)
                })
            });
            co.yield_from(gather(visits.collect::<Vec<_>>()))?;
            assert_eq!(server.connections.get(), CONNECTIONS);
            Ok(())
        });
    }
}

#[test]
fn one_connection_of_http2_carries_many_requests_at_once() {
    run(|co: &Co| {
        // Nobody is answered before all have asked.
        let all_asked = Barrier::new(50)?;
        let service = service_fn(move |request: Request<Incoming>| {
            let waits = create_task(all_asked.wait());
            async move {
                waits.await.expect("all ask");
                echo(request).await
            }
        });
        let server = Server::start(Version::Http2, service)?;
        let client = Client::connect(co, Version::Http2, server.address)?;
        let super::Sender::Http2(sender) = &client.sender else {
            unreachable!("it is HTTP/2")
        };
        let requests = (0..50).map(|n| {
            let mut sender = sender.clone();
            spawn_std(async move {
                let answer = sender.send_request(request(&format!("/{n}"), "")).await?;
                let body = answer.into_body().collect().await?.to_bytes();
                assert_eq!(body, format!("/{n}"));
                hyper::Result::Ok(())
            })
        });
        for request in requests.collect::<Vec<_>>() {
            co.yield_from(request)??;
        }
        client.end(co)
    });
}

#[test]
fn a_client_in_a_thread_with_blocking_sockets_is_served() {
    use std::io::{Read, Write};
    run(|co: &Co| -> Result<()> {
        let server = Server::start(Version::Http1, service_fn(echo))?;
        let address = server.address;
        let answer =
            co.yield_from(yieldfrom::to_thread(move || -> std::io::Result<String> {
                let mut stream = std::net::TcpStream::connect(address)?;
                stream.write_all(
                    b"GET /thread HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                )?;
                let mut answer = String::new();
                stream.read_to_string(&mut answer)?;
                Ok(answer)
            }))??;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("/thread"),
            "{answer}"
        );
        Ok(())
    });
}
