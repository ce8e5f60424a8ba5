//! Synchronous libraries in regions, unmodified, over real sockets.
//!
//! A module for each library. They are one binary: it is linked once.

mod encrypted;
mod formats;
mod http;
mod mail;
mod redis_commands;
mod stacks;
mod support;
mod tls;
mod websockets;
