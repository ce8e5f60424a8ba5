//! TLS: connections that are encrypted, and whose peer is known. Needs the feature `tls`.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `ssl.create_default_context()` | [`ClientContext::new`] |
//! | `ssl.SSLContext` with `load_cert_chain` | [`ServerContext::from_pem`] |
//! | `open_connection(host, port, ssl=context)` | [`open_connection(...).tls(&context)`](crate::streams::OpenConnection::tls) |
//! | `start_server(handler, host, port, ssl=context)` | [`start_server(...).tls(&context)`](crate::streams::StartServer::tls) |
//! | `writer.start_tls(context)` | [`writer.start_tls(&context, name)`](crate::StreamWriter::start_tls) |
//!
//! [`connect`] and [`accept`] put TLS on any stream that is [`Read`](crate::streams::Read) and
//! [`Write`](crate::streams::Write). The implementation is that of the crate `rustls`, with TLS 1.2 and 1.3. A
//! context can be made of a configuration of that crate, which is re-exported as [`rustls`].
//!
//! # Examples
//!
//! ```no_run
//! use yieldfrom::{Co, open_connection, run, tls::ClientContext};
//!
//! run(|co: &Co| {
//!     let context = ClientContext::new();
//!     let connection = open_connection("example.org:443").tls(&context);
//!     let (reader, writer) = co.yield_from(connection)?;
//!     writer.write(b"GET / HTTP/1.0\r\nHost: example.org\r\n\r\n")?;
//!     while let Some(line) = co.yield_from(reader.line())? {
//!         println!("{line}");
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! A synchronous library that speaks TLS by `rustls` itself can have the configuration of a context, in a
//! [region](mod@crate::blocking):
//!
//! ```no_run
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//! use yieldfrom::blocking::{TcpStream, blocking};
//! use yieldfrom::tls::{ClientContext, rustls};
//! use yieldfrom::{Co, run};
//!
//! run(|co: &Co| {
//!     let config = Arc::clone(ClientContext::new().config());
//!     let answer = co.yield_from(blocking(move || {
//!         let stream = TcpStream::connect("example.org:443")?;
//!         let name = "example.org".try_into().map_err(std::io::Error::other)?;
//!         let session = rustls::ClientConnection::new(config, name).map_err(std::io::Error::other)?;
//!         let mut stream = rustls::StreamOwned::new(session, stream);
//!         stream.write_all(b"GET / HTTP/1.0\r\nHost: example.org\r\n\r\n")?;
//!         std::io::read_to_string(stream)
//!     }))??;
//!     println!("{answer}");
//!     Ok(())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod context;
mod failure;
mod options;
mod session;
mod stream;

pub use context::{ClientContext, ServerContext};
pub use rustls;
pub use stream::{TlsStream, accept, connect};
