//! Limits of time, and a server that ends.

use std::convert::Infallible;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use yieldfrom::net::UnixStream;
use yieldfrom::streams::{Read, Write, duplex};
use yieldfrom::{Co, Event, EventLoop, create_task, spawn_std};
use yieldfrom_adapters::hyper::{Executor, Io, Timer};

use super::{Client, Server, VERSIONS, request};
use crate::support::{finished, run, until};

async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("hello")))
}

#[test]
fn the_limit_of_a_header_passes_in_virtual_time() {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let serving = |co: &Co| {
        let (near, far) = duplex(1024);
        let mut http = http1::Builder::new();
        http.timer(Timer)
            .header_read_timeout(Duration::from_secs(3600));
        let server = spawn_std(http.serve_connection(Io::new(far), service_fn(hello)));
        co.yield_from(near.write_all(b"GET / HTTP/1.1\r\nHost: "))?;
        assert!(co.yield_from(server)?.unwrap_err().is_timeout());
        co.yield_from(near.read_to_string())
    };
    event_loop.run_until_complete(serving).unwrap();
    // hyper takes the limit by the system's clock, some of which has passed.
    let passed = event_loop.time();
    assert!(
        (3590.0..3601.0).contains(&passed.as_secs_f64()),
        "{passed:?}"
    );
}

#[test]
fn the_limit_of_a_header_passes_beside_a_silent_client() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        let mut http = http1::Builder::new();
        http.timer(Timer)
            .header_read_timeout(Duration::from_millis(1));
        let server = spawn_std(http.serve_connection(Io::new(far), service_fn(hello)));
        assert_eq!(
            co.yield_from(near.read(&mut [0; 100]))?,
            0,
            "the server closes"
        );
        assert!(co.yield_from(server)?.unwrap_err().is_timeout());
        Ok(())
    });
}

#[test]
fn a_client_of_http2_that_answers_no_ping_is_dropped() {
    run(|co: &Co| {
        let (near, far) = UnixStream::pair()?;
        let mut http = http2::Builder::new(Executor);
        let short = Duration::from_millis(1);
        http.timer(Timer)
            .keep_alive_interval(short)
            .keep_alive_timeout(short);
        let server = spawn_std(http.serve_connection(Io::new(far), service_fn(hello)));
        // The preface, and settings that are empty.
        co.yield_from(near.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"))?;
        let mut said = Vec::new();
        co.yield_from(near.read_to_end(&mut said))?;
        let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0];
        assert!(
            said.windows(ping.len()).any(|bytes| bytes == ping),
            "{said:?}"
        );
        assert!(co.yield_from(server)?.unwrap_err().is_timeout());
        Ok(())
    });
}

#[test]
fn a_server_that_stops_answers_the_request_it_is_at() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let (came, answer) = (Event::new(), Event::new());
            let (comes, answers) = (came.clone(), answer.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                comes.set();
                let may_answer = create_task(answers.wait());
                async move {
                    may_answer.await.expect("it is set");
                    hello(request).await
                }
            });
            let server = Server::start(version, service)?;
            let mut client = Client::connect(co, version, server.address)?;
            let asking = spawn_std(async move {
                let response = client.send(request("/", "")).await?;
                let body = response.into_body().collect().await?.to_bytes();
                Ok::<_, hyper::Error>((client, body))
            });
            co.yield_from(came.wait())?;
            server.stop();
            answer.set();
            let (mut client, body) = co.yield_from(asking)??;
            assert_eq!(body, "hello");
            // The server has ended the connection, so the client's ends as well.
            until(co, || client.connection.done())?;
            assert!(finished(co, client.get("/")).is_err());
            Ok(())
        });
    }
}
