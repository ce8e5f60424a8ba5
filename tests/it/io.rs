//! Sockets, transports, streams and child processes.

mod net;
mod processes;
mod streams;
mod transports;
