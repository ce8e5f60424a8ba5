//! Sockets, transports, streams, child processes, and regions for synchronous libraries.

mod net;
mod processes;
mod regions;
mod sent_files;
mod streams;
mod transports;
