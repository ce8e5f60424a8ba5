//! asyncio's reader and writer over any stream.

use std::io;
use std::rc::Rc;

use super::connection::StreamProtocol;
use super::copy::{first_of, pass_on_to_the_end};
use super::open::open_connection_on;
use super::reader::StreamReader;
use super::writer::StreamWriter;
use crate::combine::{first, task_group};
use crate::io::net::UnixStream;
use crate::io::traits::{Read, Write};
use crate::kernel::{Co, EventLoop, Operation};
use yieldfrom_delegation::{Delegate, Result};

/// Makes a reader and a writer of any stream, such as one of TLS or one in memory.
///
/// A task passes the bytes on between the stream and the reader and writer, by a pair of Unix sockets. For a socket,
/// [`open_connection_on`] is quicker. When the writer is closed, or both ends were dropped, what was written goes to
/// the stream, and the stream is dropped. An error of the stream is what the reader fails with.
///
/// # Errors
///
/// `yield_from` gives the error of the system, if there are no descriptors left.
///
/// # Examples
///
/// ```
/// use yieldfrom::streams::{BufReader, Write, duplex, open_connection_over};
/// use yieldfrom::{Co, run_sync};
///
/// run_sync(|co: &Co| {
///     let (near, far) = duplex(64);
///     let (reader, writer) = co.yield_from(open_connection_over(near))?;
///     co.yield_from(far.write_all(b"BR\n"))?;
///     assert_eq!(co.yield_from(reader.readline())?, b"BR\n");
///     writer.write(b"CN\n")?;
///     writer.close();
///     let lines = BufReader::new(far);
///     assert_eq!(co.yield_from(lines.line())?.as_deref(), Some("CN"));
///     assert_eq!(co.yield_from(lines.line())?, None);
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it makes the two when a coroutine delegates to it by yield_from"]
pub fn open_connection_over<S: Read + Write + 'static>(
    stream: S,
) -> Operation<impl FnOnce(&Co) -> Result<(StreamReader, StreamWriter)> + use<S>> {
    Operation::new("open_connection_over", move |co| {
        let (near, far) = UnixStream::pair()?;
        let (reader, writer) = open_connection_on(near).delegate(co)?;
        let protocol = Rc::clone(&writer.0.protocol);
        EventLoop::current_or_closed().create_task(move |co: &Co| {
            if let Err(error) = exchange(co, &stream, &far, &protocol) {
                protocol.reader.set_exception(first_of(error));
            }
            Ok(())
        });
        Ok((reader, writer))
    })
}

/// Passes bytes on in both directions, until both have ended, or the connection on our side is closed.
fn exchange(
    co: &Co,
    stream: &(impl Read + Write),
    far: &UnixStream,
    protocol: &StreamProtocol,
) -> Result<()> {
    let both = task_group(|co, group| {
        group.spawn(|co| pass_on_until_closed(co, stream, far, protocol));
        pass_on_to_the_end(co, &Written(far), stream)?;
        Ok(())
    });
    both.delegate(co)
}

/// Passes on what comes from the stream. Nobody reads any more when our side is closed, and the other end of the
/// stream may never end its half.
fn pass_on_until_closed(
    co: &Co,
    stream: &impl Read,
    far: &UnixStream,
    protocol: &StreamProtocol,
) -> Result<()> {
    let coming = |co: &Co| match pass_on_to_the_end(co, stream, far) {
        // What was written is still on its way to the stream.
        Err(error) if !error.is_cancelled() && protocol.closed.is_set() => Ok(()),
        result => result.map(drop),
    };
    let closed = |co: &Co| protocol.closed.wait(co, "StreamWriter.wait_closed");
    let (came, _) = first((coming, closed)).delegate(co)?;
    came.unwrap_or(Ok(()))
}

/// What the writer has written. A Unix socket that is closed before all that came to it was read ends by a reset.
struct Written<'a>(&'a UnixStream);

impl Read for Written<'_> {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        let read = self.0.read_with(co, buffer);
        let is_reset = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionReset;
        match read {
            Err(error) if error.downcast_ref().is_some_and(is_reset) => Ok(0),
            read => read,
        }
    }
}
