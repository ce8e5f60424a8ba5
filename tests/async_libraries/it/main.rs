//! Crates of async/await on the bridge, unmodified, over real sockets.
//!
//! A module for each crate or kind of crate. They are one binary: it is linked once.

mod axum_router;
mod channels;
mod codecs;
mod combinators;
mod foreign_sockets;
mod guest;
mod http;
mod postgres;
mod redis_commands;
mod services;
mod soak;
mod support;
mod websockets;
