//! Input and output: sockets in four layers, and child processes.

pub mod blocking;
mod event_loop;
pub mod net;
#[cfg(feature = "futures")]
pub(crate) mod polled;
#[cfg(feature = "process")]
pub mod process;
mod sendfile;
mod sock;
mod source;
pub mod streams;
#[cfg(feature = "tls")]
pub mod tls;
mod traits;
pub mod transport;

#[cfg(feature = "signal")]
pub(crate) use source::Source;
