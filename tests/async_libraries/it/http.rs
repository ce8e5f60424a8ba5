//! `hyper`: servers and clients of HTTP/1 and HTTP/2, over TCP.

mod exchanges;
mod faults;
mod limits;
mod upgrades;

use std::cell::Cell;
use std::convert::Infallible;
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;

use futures_util::future::{Either, select};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Bytes, Incoming};
use hyper::{Request, Response, client, server, service::Service};
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, Future, Result, Task, create_task, spawn_std};
use yieldfrom_adapters::hyper::{Executor, Io, Timer};

use crate::support::finished;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

pub(crate) const VERSIONS: [Version; 2] = [Version::Http1, Version::Http2];

/// What a service gives hyper.
pub(crate) trait Answers:
    Service<
        Request<Incoming>,
        Response = Response<Self::Answer>,
        Error: Into<Box<dyn StdError + Send + Sync>>,
        Future: 'static,
    > + Clone
    + 'static
{
    type Answer: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + 'static;
}

impl<S, B> Answers for S
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: 'static,
    B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + 'static,
{
    type Answer = B;
}

/// A server on the loop, which accepts in a coroutine, and serves in tasks without a stack.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    accepting: Task<()>,
    connections: Rc<Cell<usize>>,
    /// When it is done, the connections end after the request that they are at.
    stop: Future<()>,
}

impl Server {
    pub(crate) fn start(version: Version, service: impl Answers) -> Result<Self> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let listener = TcpListener::from_std(listener)?;
        let (connections, stop) = (Rc::new(Cell::new(0)), Future::new());
        let (count, stopped) = (Rc::clone(&connections), stop.clone());
        let accepting = create_task(move |co: &Co| -> Result<()> {
            loop {
                let (stream, _) = co.yield_from(listener.accept())?;
                stream.set_nodelay(true)?;
                count.set(count.get() + 1);
                let service = service.clone();
                match version {
                    Version::Http1 => {
                        drop(spawn_std(serve_http1(stream, service, stopped.clone())))
                    }
                    Version::Http2 => {
                        drop(spawn_std(serve_http2(stream, service, stopped.clone())))
                    }
                }
            }
        });
        Ok(Self {
            address,
            accepting,
            connections,
            stop,
        })
    }

    /// Accepts no more, and lets the connections finish what they do.
    pub(crate) fn stop(&self) {
        self.accepting.cancel();
        let _ = self.stop.set_result(());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn serve_http1(
    stream: TcpStream,
    service: impl Answers,
    stop: Future<()>,
) -> hyper::Result<()> {
    let http = server::conn::http1::Builder::new();
    let mut connection = pin!(http.serve_connection(Io::new(stream), service));
    match select(connection.as_mut(), (&stop).into_future()).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

async fn serve_http2(
    stream: TcpStream,
    service: impl Answers,
    stop: Future<()>,
) -> hyper::Result<()> {
    let http = server::conn::http2::Builder::new(Executor);
    let mut connection = pin!(http.serve_connection(Io::new(stream), service));
    match select(connection.as_mut(), (&stop).into_future()).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

pub(crate) type ClientBody = UnsyncBoxBody<Bytes, Infallible>;

/// A connection of a client, and the task that drives it.
pub(crate) struct Client {
    sender: Sender,
    connection: Task<hyper::Result<()>>,
    /// Which hyper reads and writes.
    stream: Rc<TcpStream>,
}

enum Sender {
    Http1(client::conn::http1::SendRequest<ClientBody>),
    Http2(client::conn::http2::SendRequest<ClientBody>),
}

impl Client {
    pub(crate) fn connect(co: &Co, version: Version, address: SocketAddr) -> Result<Self> {
        let stream = Rc::new(co.yield_from(TcpStream::connect(address))?);
        stream.set_nodelay(true)?;
        let io = Io::new(Rc::clone(&stream));
        let (sender, connection) = match version {
            Version::Http1 => {
                let (sender, connection) = finished(co, client::conn::http1::handshake(io))?;
                (Sender::Http1(sender), spawn_std(connection))
            }
            Version::Http2 => {
                let mut http = client::conn::http2::Builder::new(Executor);
                let (sender, connection) = finished(co, http.timer(Timer).handshake(io))?;
                (Sender::Http2(sender), spawn_std(connection))
            }
        };
        Ok(Self {
            sender,
            connection,
            stream,
        })
    }

    pub(crate) async fn send(
        &mut self,
        request: Request<ClientBody>,
    ) -> hyper::Result<Response<Incoming>> {
        match &mut self.sender {
            Sender::Http1(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Sender::Http2(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// Sends a request, and returns the whole body of the answer.
    pub(crate) async fn get(&mut self, path: &str) -> hyper::Result<Bytes> {
        let response = self.send(request(path, "")).await?;
        assert_eq!(response.status(), 200);
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// Waits until the connection has ended.
    pub(crate) fn end(self, co: &Co) -> Result<()> {
        drop(self.sender);
        Ok(co.yield_from(self.connection)??)
    }
}

/// Makes a request with a body, or with none if that is empty.
pub(crate) fn request(path: &str, body: impl Into<Bytes>) -> Request<ClientBody> {
    with_body(path, http_body_util::Full::new(body.into()))
}

pub(crate) fn with_body(
    path: &str,
    body: impl Body<Data = Bytes, Error = Infallible> + Send + 'static,
) -> Request<ClientBody> {
    let method = if body.is_end_stream() { "GET" } else { "POST" };
    let request = Request::builder()
        .method(method)
        .uri(format!("http://localhost{path}"));
    request.body(body.boxed_unsync()).expect("a request")
}
