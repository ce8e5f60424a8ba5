//! Services by libraries of async/await, hyper and tokio-postgres: on our loop by the bridge, and on tokio.

mod http;
mod http_server;
mod items;
mod postgres;

pub(crate) use http::QUESTION as HTTP;
pub(crate) use http_server::{QUESTION as HTTP_SERVER, serve_by_hand};
pub(crate) use postgres::{QUERIES_OF_8 as QUERIES, QUESTION as POSTGRES};
