//! Transports and protocols: connections by callbacks, on which streams stand.
//!
//! A *transport* moves the bytes of one connection. It reads when the system has something, and
//! keeps the bytes that the system does not take yet. A *protocol* is an object of yours: the
//! transport calls its methods when the connection is made, when data comes, and when the connection
//! ends or is lost. Everything happens inside the event loop, one call at a time, and no call waits.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `class Echo(asyncio.Protocol): ...` | `impl Protocol for Echo { ... }`, with `&self` and cells |
//! | `await loop.create_connection(factory, host, port)` | [`create_connection(factory, (host, port))`](create_connection()) |
//! | `await loop.create_server(factory, host, port)` | [`create_server(factory, (host, port))`](create_server()) |
//! | `await loop.create_server(factory, sock=socket)` | [`create_server_on(factory, socket)`](create_server_on()) |
//! | `await loop.create_unix_connection(factory, path)` | [`create_unix_connection`] |
//! | `await loop.create_unix_server(factory, path)` | [`create_unix_server`] |
//! | `await loop.create_datagram_endpoint(factory, local, remote)` | [`create_datagram_endpoint`] |
//! | `await loop.connect_accepted_socket(factory, sock)` | [`connect_accepted_socket`] |
//! | `await loop.connect_read_pipe(factory, pipe)` | [`connect_read_pipe(factory, pipe)`](connect_read_pipe) |
//! | `await loop.connect_write_pipe(factory, pipe)` | [`connect_write_pipe(factory, pipe)`](connect_write_pipe) |
//! | `transport.get_extra_info('peername')` | [`transport.peername()`](Transport::peername) |
//!
//! # The life of a connection
//!
//! 1. [`connection_made`](Protocol::connection_made), once, with the [`Transport`].
//! 2. [`data_received`](Protocol::data_received), any number of times, then
//!    [`eof_received`](Protocol::eof_received) at most once.
//! 3. [`connection_lost`](Protocol::connection_lost), exactly once. It gets the error that has ended
//!    the connection, and none after [`close`](Transport::close), [`abort`](Transport::abort) or the
//!    end of the peer's data. Then the socket is closed.
//!
//! A connection lives until it is lost, even if you keep no handle of its transport. When its loop is
//! closed, the connection is dropped, and its protocol is not called any more.
//!
//! # Flow control
//!
//! When more bytes wait to be written than the *high-water mark* (64 KiB), the transport calls
//! [`pause_writing`](Protocol::pause_writing). When no more than the *low-water mark* (a quarter of
//! that) are left, it calls [`resume_writing`](Protocol::resume_writing). To make the peer wait, call
//! [`pause_reading`](Transport::pause_reading).
//!
//! # Errors
//!
//! If a method of a protocol returns an error or panics, that goes to the loop's exception handler.
//! An error of `data_received` or `eof_received` also ends the connection. Errors of the system go to
//! the exception handler as well, unless they only show that the peer has gone (connection reset,
//! broken pipe, connection aborted): then `connection_lost` gets them.
//!
//! # Examples
//!
//! ```
//! use std::cell::RefCell;
//! use yieldfrom::{Co, Error, Event, Protocol, Result, Transport};
//! use yieldfrom::{create_connection, create_server, run_sync};
//!
//! #[derive(Default)]
//! struct Echo(RefCell<Option<Transport>>);
//!
//! impl Protocol for Echo {
//!     fn connection_made(&self, transport: &Transport) -> Result<()> {
//!         self.0.replace(Some(transport.clone()));
//!         Ok(())
//!     }
//!
//!     fn data_received(&self, data: &[u8]) -> Result<()> {
//!         self.0.borrow().as_ref().map_or(Ok(()), |transport| transport.write(data))
//!     }
//! }
//!
//! #[derive(Default)]
//! struct Collect(RefCell<Vec<u8>>, Event);
//!
//! impl Protocol for Collect {
//!     fn data_received(&self, data: &[u8]) -> Result<()> {
//!         self.0.borrow_mut().extend_from_slice(data);
//!         Ok(())
//!     }
//!
//!     fn connection_lost(&self, _: Option<&Error>) -> Result<()> {
//!         self.1.set();
//!         Ok(())
//!     }
//! }
//!
//! run_sync(|co: &Co| {
//!     let server = co.yield_from(create_server(Echo::default, "127.0.0.1:0"))?;
//!     let address = server.local_addr()?;
//!     let (transport, collect) = co.yield_from(create_connection(Collect::default, address))?;
//!     transport.write(b"hello")?;
//!     transport.write_eof()?; // the server closes when it has written all
//!     co.yield_from(collect.1.wait())?;
//!     assert_eq!(*collect.0.borrow(), b"hello");
//!     server.close();
//!     co.yield_from(server.wait_closed())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod buffer;
mod carrier;
mod connect;
mod datagrams;
mod endpoint;
mod failure;
mod filter;
mod filtered;
mod flow;
mod given;
mod handle;
mod listen;
mod listen_on;
mod pipe;
mod pipe_end;
mod protocol;
mod scratch;
mod sendfile;
mod server;
mod socket;
mod stream;
mod transport_state;
mod writing;

pub(crate) use buffer::Buffer;
pub use connect::{
    CreateConnection, CreateUnixConnection, connect_accepted_socket, create_connection,
    create_connection_on, create_unix_connection,
};
pub(crate) use connect::{FilterFor, connecting_options, filtered, open};

pub use endpoint::{CreateDatagramEndpoint, create_datagram_endpoint, create_datagram_endpoint_on};
pub(crate) use filter::{Filter, FilterFactory};
pub(crate) use given::into_socket;
pub use given::{DatagramSocket, ListenerSocket, StreamSocket};
pub use listen::{CreateServer, CreateUnixServer, create_server, create_unix_server};
pub(crate) use listen::{Listening, UnixListening, listening_options, unix_listening_options};
pub(crate) use listen_on::Given;
pub use listen_on::create_server_on;
pub(crate) use pipe::start_pipe;
pub use pipe::{connect_read_pipe, connect_write_pipe};
pub(crate) use pipe_end::End;
pub(crate) use protocol::Stream;
#[cfg(feature = "process")]
pub(crate) use protocol::guarded;
pub use protocol::{DatagramProtocol, DatagramTransport, Protocol, Transport};
pub(crate) use server::Factory;
pub use server::Server;
