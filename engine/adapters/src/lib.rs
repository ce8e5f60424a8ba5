//! Adapters between `yieldfrom` and the traits of the async world.
//!
//! The crate [`yieldfrom`] knows the types of std only. Here are its streams for the traits of other crates, and hosts in
//! which its loop is a guest. Each stands behind a feature, and none is on by default.
//!
//! | feature | module | what |
//! | --- | --- | --- |
//! | `hyper` | `hyper` | streams, tasks and timers for hyper 1: servers and clients of HTTP/1 and HTTP/2 |
//! | `tokio` | `tokio` | streams for crates that ask for tokio's `AsyncRead` and `AsyncWrite`; needs no runtime of tokio |
//! | `tokio-host` | `tokio` | a loop inside tokio's current-thread runtime |
//! | `futures-io` | `futures_io` | streams for crates that ask for the traits of futures |
//! | `smol-host` | `smol` | a loop inside smol, or any executor on async-io |
//!
//! Every `Io` takes what has [`PollRead`](yieldfrom::streams::PollRead) and
//! [`PollWrite`](yieldfrom::streams::PollWrite): a socket of [`yieldfrom::net`] as it is; any other stream, such as one of TLS,
//! by [`pollable`](yieldfrom::streams::pollable()); and for a crate that asks for `Send`, a
//! [`Portable`](yieldfrom::bridge::Portable) of either.

#[cfg(feature = "futures-io")]
pub mod futures_io;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(any(feature = "futures-io", feature = "hyper", feature = "tokio"))]
mod io;
#[cfg(feature = "smol-host")]
pub mod smol;
#[cfg(feature = "tokio")]
pub mod tokio;
