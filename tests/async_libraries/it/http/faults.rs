//! Ends of connections that go away.

use std::convert::Infallible;
use std::future::pending;
use std::net::Shutdown;
use std::rc::Rc;

use futures_util::stream::{self, StreamExt};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use yieldfrom::{Co, Event, create_task, from_std, spawn_std};

use super::{Answers, Client, Server, VERSIONS, Version, request, with_body};
use crate::support::{finished, run};

/// Sets an event when it is dropped.
struct SetOnDrop(Event);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// Never answers. Says when a request has come, and when its future is dropped.
fn silence(came: Event, dropped: Event) -> impl Answers {
    service_fn(move |_: Request<Incoming>| {
        let dropped = SetOnDrop(dropped.clone());
        came.set();
        async move {
            let _dropped = dropped;
            pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        }
    })
}

#[test]
fn a_client_goes_away_while_its_request_is_served() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let (came, dropped) = (Event::new(), Event::new());
            let server = Server::start(version, silence(came.clone(), dropped.clone()))?;
            let mut client = Client::connect(co, version, server.address)?;
            let stream = Rc::clone(&client.stream);
            let asking = spawn_std(async move { client.send(request("/", "")).await.map(drop) });
            co.yield_from(came.wait())?;
            assert!(!dropped.is_set());
            stream.shutdown(Shutdown::Both)?;
            co.yield_from(dropped.wait())?;
            assert!(co.yield_from(asking)?.is_err());
            Ok(())
        });
    }
}

#[test]
fn a_request_that_is_cancelled_ends_the_service() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let (came, dropped) = (Event::new(), Event::new());
            let server = Server::start(version, silence(came.clone(), dropped.clone()))?;
            let mut client = Client::connect(co, version, server.address)?;
            let asking =
                create_task(move |co: &Co| finished(co, client.send(request("/", ""))).map(drop));
            co.yield_from(came.wait())?;
            assert!(!dropped.is_set());
            asking.cancel();
            assert!(co.yield_from(asking).unwrap_err().is_cancelled());
            // By a reset of the stream, or by the end of the connection.
            co.yield_from(dropped.wait())?;
            Ok(())
        });
    }
}

#[test]
fn a_client_goes_away_in_the_middle_of_a_body() {
    for version in VERSIONS {
        run(move |co: &Co| {
            let (came, failed) = (Event::new(), Event::new());
            let (comes, fails) = (came.clone(), failed.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (came, failed) = (comes.clone(), fails.clone());
                async move {
                    let mut body = request.into_body();
                    let first = body.frame().await.expect("a frame")?;
                    assert_eq!(first.into_data().expect("no trailers"), "the first part");
                    came.set();
                    let error = body.frame().await.expect("not the end").map(drop);
                    assert!(error.is_err());
                    failed.set();
                    error.map(|()| Response::new(Full::<Bytes>::default()))
                }
            });
            let server = Server::start(version, service)?;
            let mut client = Client::connect(co, version, server.address)?;
            let stream = Rc::clone(&client.stream);
            let first = stream::iter([Ok(Frame::data(Bytes::from("the first part")))]);
            let body = StreamBody::new(first.chain(stream::pending()));
            let asking =
                spawn_std(async move { client.send(with_body("/", body)).await.map(drop) });
            co.yield_from(came.wait())?;
            stream.shutdown(Shutdown::Both)?;
            co.yield_from(failed.wait())?;
            assert!(co.yield_from(asking)?.is_err());
            Ok(())
        });
    }
}

#[test]
fn a_server_goes_away_in_the_middle_of_an_answer() {
    use std::io::{BufRead, BufReader, Write};
    run(|co: &Co| {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let serving = yieldfrom::to_thread(move || -> std::io::Result<()> {
            let (mut stream, _) = listener.accept()?;
            // What is not read at the end cuts the connection, with what it was to carry.
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        });
        let serving = create_task(serving);
        let mut client = Client::connect(co, Version::Http1, address)?;
        let answer = finished(co, client.send(request("/", "")))?;
        let collected = co.yield_from(from_std(answer.into_body().collect()))?;
        assert!(collected.is_err());
        Ok(co.yield_from(serving)??)
    });
}
