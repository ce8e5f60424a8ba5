//! Both ends of HTTP/1.1 by hyper, which knows no runtime: a server of items, and who asks for them.

use std::convert::Infallible;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, Response, StatusCode};

use crate::servers::http::{body, item, path};

/// What asks for items by a connection.
pub(super) type Asking = SendRequest<Empty<Bytes>>;

/// Answers a request for an item.
pub(super) async fn answer(
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let response = Response::builder().header(CONTENT_TYPE, "application/json");
    let (status, body) = match item(request.uri().path()) {
        Some(item) => (StatusCode::OK, body(item)),
        None => (StatusCode::NOT_FOUND, "null".to_owned()),
    };
    let response = response.status(status).body(Full::from(body));
    Ok(response.expect("its headers are good"))
}

/// Asks for so many items, each when the one before is there; returns what asks.
pub(super) async fn ask(mut asking: Asking, count: usize) -> hyper::Result<Asking> {
    for item in 0..count {
        let request = Request::get(path(item)).header(HOST, "localhost");
        let request = request.body(Empty::new()).expect("its headers are good");
        let response = asking.send_request(request).await?;
        let received = response.into_body().collect().await?.to_bytes();
        assert!(received == body(item), "the answer is another one");
    }
    Ok(asking)
}
