//! Sockets, transports, streams, child processes, and regions for synchronous libraries.

mod net;
mod processes;
mod regions;
mod streams;
mod transports;
