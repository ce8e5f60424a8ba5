//! Input and output: sockets in four layers, and child processes.

pub mod net;
#[cfg(feature = "process")]
pub mod process;
mod sock;
mod source;
pub mod streams;
pub mod transport;

pub use sock::{SockAccept, SockConnect, SockRecv, SockRecvInto, SockSendall};
#[cfg(feature = "signal")]
pub(crate) use source::Source;
