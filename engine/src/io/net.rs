//! Sockets for TCP, UDP and Unix, with the names and options of the standard library.
//!
//! A method that may have to wait returns an [`Operation`](crate::Operation) for
//! [`yield_from`](crate::Co::yield_from). The operation is tried at once, and suspends the task only
//! while it would block. A socket is made without a loop, and belongs to the loop in which it first
//! waits.
//!
//! ```
//! use yieldfrom::net::{TcpListener, TcpStream};
//! use yieldfrom::{Co, Coroutine, coroutine, create_task, run_sync};
//!
//! fn echo(stream: TcpStream) -> Coroutine<()> {
//!     coroutine(move |co| {
//!         let mut buffer = [0; 64];
//!         loop {
//!             let n = co.yield_from(stream.read(&mut buffer))?;
//!             if n == 0 {
//!                 return Ok(());
//!             }
//!             co.yield_from(stream.write_all(&buffer[..n]))?;
//!         }
//!     })
//! }
//!
//! run_sync(|co: &Co| {
//!     let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
//!     let address = listener.local_addr()?;
//!     create_task(move |co: &Co| {
//!         let (stream, _) = co.yield_from(listener.accept())?;
//!         co.yield_from(echo(stream))
//!     });
//!     let stream = co.yield_from(TcpStream::connect(address))?;
//!     co.yield_from(stream.write_all(b"hello"))?;
//!     let mut answer = [0; 5];
//!     co.yield_from(stream.read_exact(&mut answer))?;
//!     assert_eq!(&answer, b"hello");
//!     Ok(())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! # Time limits
//!
//! [`timeout`](crate::timeout()) takes closures that borrow, so that it can limit any operation:
//! `co.yield_from(timeout(limit, |co| co.yield_from(stream.read(&mut buffer))))`. An operation that
//! is cancelled while it waits has not happened, and no bytes are lost. Only an operation that makes
//! several steps, such as [`write_all`](Stream::write_all), may have made some of them.
//!
//! # Fairness
//!
//! An operation that does not have to wait does not suspend its task. After 64 such operations in a
//! row on one socket, the other tasks get a turn.

mod addresses;
mod connect;
mod datagram;
mod datagram_methods;
mod listen;
mod lookup;
mod read;
mod std_conversions;
mod std_methods;
mod stream;
mod system_names;
mod tcp_stream;
mod udp;
mod unix_datagram;
mod unix_stream;
mod write;

pub(crate) use addresses::Target;
pub use addresses::{Address, ToSocketAddrs};
pub(crate) use connect::{Dial, SOCKET_FLAGS, connect_tcp, connect_unix, connected};
pub(crate) use listen::{
    ACCEPT_PAUSE, ListenOptions, accept, listen_on, out_of_descriptors, was_lost,
};
pub use listen::{TcpListener, UnixListener};
pub use lookup::{GetNameInfo, getaddrinfo, getnameinfo};
pub(crate) use lookup::{look_up, resolve};
pub use stream::{
    OwnedReadHalf, OwnedWriteHalf, ReadHalf, Stream, TcpStream, UnixStream, WriteHalf,
};
pub use udp::UdpSocket;
pub use unix_datagram::UnixDatagram;
