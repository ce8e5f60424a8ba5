//! Sockets: TCP, UDP and those of Unix, with the names and options of the standard library.
//!
//! What may have to wait returns a delegate for [`yield_from`](crate::Co): the operation is tried at
//! once, and the task is suspended only while it would block. A socket is made without a loop, and
//! belongs to the one in which it first waits.
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
//! # Limits of time
//!
//! [`timeout`](crate::timeout()) takes closures that borrow, so any operation can be given a limit:
//! `co.yield_from(timeout(limit, |co| co.yield_from(stream.read(&mut buffer))))`. An operation that
//! is cancelled while it waits has not happened, and no bytes are lost; only those that consist of
//! several, such as [`write_all`](Stream::write_all), may have been done in part.
//!
//! # Fairness
//!
//! An operation that need not wait does not suspend its task. After 64 of those in a row on one
//! socket, the others get a turn.

mod addresses;
mod connect;
mod datagram;
mod halves;
mod listen;
mod lookup;
mod methods;
mod options;
mod stream;
mod tcp;
mod transfer;
mod udp;
mod unix;
mod unix_stream;

pub(crate) use addresses::Target;
pub use addresses::{Address, ToSocketAddrs};
pub use connect::{ConnectTcp, ConnectUnix};
pub(crate) use connect::{Dial, connect_tcp, connect_unix};
pub use datagram::{Datagram, Recv, RecvFrom, Send, SendTo};
pub use halves::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
pub(crate) use listen::PAUSE as ACCEPT_PAUSE;
pub use listen::{Accept, BindTcp, TcpListener, UnixListener};
pub(crate) use listen::{ListenOptions, accept, listen_on, out_of_descriptors, was_lost};
pub(crate) use lookup::resolve;
pub use lookup::{GetAddrInfo, getaddrinfo};
pub use stream::{Stream, TcpStream, UnixStream};
pub use transfer::{
    Peek, Read, ReadExact, ReadToEnd, ReadVectored, Readable, Writable, Write, WriteAll,
    WriteVectored,
};
pub use udp::{BindUdp, ConnectUdp, PeekFrom, UdpSocket};
pub use unix::UnixDatagram;
