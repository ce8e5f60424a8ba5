//! Streams: connections that coroutines read and write, without callbacks.
//!
//! | asyncio | here |
//! | --- | --- |
//! | `reader, writer = await open_connection(host, port)` | `let (reader, writer) = co.yield_from(open_connection((host, port)))?;` |
//! | `await start_server(callback, host, port)` | `co.yield_from(start_server(handler, (host, port)))?` |
//! | `await loop.connect_read_pipe(lambda: StreamReaderProtocol(reader), pipe)` | `let reader = co.yield_from(open_read_pipe(pipe))?`, see [`open_read_pipe`], [`open_write_pipe`] |
//! | `await reader.read(n)`, `read()` | `co.yield_from(reader.read(n))?`, `read(None)` |
//! | `await reader.readline()`, `readexactly(n)`, `readuntil(sep)` | the same by `co.yield_from` |
//! | `async for line in reader` | `while let Some(line) = co.yield_from(reader.line())?`, which gives text |
//! | `writer.write(data)`, `writelines(...)` | `writer.write(data)?`, or `write!(writer, ...)?` |
//! | `await writer.drain()` | `co.yield_from(writer.drain())?` |
//! | `writer.close()`, `await writer.wait_closed()` | the same |
//! | `writer.get_extra_info('peername')` | [`writer.peername()`](StreamWriter::peername) |
//! | `except IncompleteReadError as e: e.partial` | [`IncompleteReadError`](crate::IncompleteReadError) |
//!
//! They behave as CPython 3.11's, with two differences. A connection is closed when its last
//! [`StreamReader`] and [`StreamWriter`] have been dropped, on either side; in Python, the garbage
//! collector closes it, if at all. And when a connection fails, the reads first give the data that
//! came before, then the error; Python gives the error at once.
//!
//! # Flow control
//!
//! Both directions are bounded. [`drain`](StreamWriter::drain) waits while more than 64 KiB are to be
//! written, since the peer does not read. A reader from which nobody reads stops the peer, see
//! [`StreamReader`].
//!
//! # Examples
//!
//! ```
//! use std::io::Write;
//! use yieldfrom::{Co, Result, StreamReader, StreamWriter, open_connection, run_sync, start_server};
//!
//! fn shout(co: &Co, reader: StreamReader, writer: StreamWriter) -> Result<()> {
//!     while let Some(line) = co.yield_from(reader.line())? {
//!         writeln!(&writer, "{}", line.to_uppercase())?;
//!         co.yield_from(writer.drain())?;
//!     }
//!     Ok(())
//! }
//!
//! run_sync(|co: &Co| {
//!     let server = co.yield_from(start_server(shout, "127.0.0.1:0"))?;
//!     let (reader, writer) = co.yield_from(open_connection(server.local_addr()?))?;
//!     writer.write(b"hello\n")?;
//!     assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("HELLO"));
//!     server.close();
//!     writer.close();
//!     co.yield_from(server.wait_closed())
//! })?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod buf_reader;
mod connection;
mod copy;
mod duplex;
mod open;
mod operation;
mod over;
#[cfg(feature = "futures")]
mod pollable;
mod reader;
mod reader_state;
mod reading;
mod serve;
#[cfg(feature = "process")]
mod whole;
mod with;
mod writer;

pub use buf_reader::BufReader;
pub use copy::{copy, copy_bidirectional};
pub use duplex::{Duplex, duplex};
pub use open::{
    OpenConnection, open_connection, open_connection_on, open_read_pipe, open_unix_connection,
    open_write_pipe,
};
#[cfg(feature = "process")]
pub(crate) use open::{reading_end, writing_end};
pub use operation::StreamOperation;
#[cfg(feature = "process")]
pub(crate) use operation::checked_limit;
pub use over::open_connection_over;
#[cfg(feature = "futures")]
pub use pollable::{Pollable, pollable};
pub use reader::StreamReader;
pub use serve::{StartServer, StartUnixServer, start_server, start_server_on, start_unix_server};
pub use with::{With, with};
pub use writer::StreamWriter;

#[cfg(feature = "futures")]
pub use crate::io::polled::{PollRead, PollWrite};
pub use crate::io::traits::{Read, Write};

/// How long a line may be, in bytes, by default.
pub(crate) const DEFAULT_LIMIT: usize = 64 << 10;
