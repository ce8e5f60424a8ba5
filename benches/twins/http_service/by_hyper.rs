//! The service and what a client asks, which know no runtime: async code that both loops run.

use std::convert::Infallible;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::HOST;
use hyper::{Request, Response, StatusCode};

use super::{first, summary};
use crate::servers::http::{body, item, path};

pub(super) async fn answer(
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::default();
    match item(request.uri().path()) {
        Some(item) => *response.body_mut() = Full::from(body(item)),
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}

pub(super) async fn get(
    mut service: SendRequest<Empty<Bytes>>,
    client: usize,
    requests: usize,
) -> anyhow::Result<String> {
    let mut bodies = Vec::with_capacity(requests);
    for item in first(client)..first(client) + requests {
        let request = Request::get(path(item)).header(HOST, "localhost");
        let response = service.send_request(request.body(Empty::new())?).await?;
        let body = response.into_body().collect().await?.to_bytes();
        bodies.push(String::from_utf8(body.into())?);
    }
    Ok(summary(client, &bodies))
}
