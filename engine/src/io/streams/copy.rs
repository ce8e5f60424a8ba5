//! Passing bytes on from stream to stream.

use crate::combine::task_group;
use crate::errors::ExceptionGroup;
use crate::io::traits::{Read, Write, write_all};
use crate::kernel::{Co, Operation};
use yieldfrom_delegation::{Delegate, Error, Result};

/// How many bytes are passed on at once.
pub(super) const BLOCK: usize = 16 << 10;

/// Writes all that comes from `reader` to `writer`, up to the end of the stream, and returns the number of bytes.
///
/// It does not end the writing of `writer`.
///
/// # Errors
///
/// `yield_from` returns the error of either stream. If it is cancelled, up to 16 KiB may have been read and not
/// written.
///
/// # Examples
///
/// ```
/// use yieldfrom::net::UnixStream;
/// use yieldfrom::streams::{Write, copy, duplex};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let (one, other) = duplex(1024);
///     let (peer, stream) = UnixStream::pair()?;
///     co.yield_from(one.write_all(b"hello"))?;
///     drop(one);
///     assert_eq!(co.yield_from(copy(&other, &stream))?, 5);
///     let mut heard = [0; 5];
///     co.yield_from(peer.read_exact(&mut heard))?;
///     assert_eq!(&heard, b"hello");
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it copies when a coroutine delegates to it by yield_from"]
pub fn copy<R: Read, W: Write>(reader: R, writer: W) -> Operation<impl FnOnce(&Co) -> Result<u64>> {
    Operation::new("copy", move |co| pass_on(co, &reader, &writer))
}

fn pass_on(co: &Co, reader: &impl Read, writer: &impl Write) -> Result<u64> {
    let (mut block, mut total) = (vec![0; BLOCK], 0);
    loop {
        match reader.read_with(co, &mut block)? {
            0 => break,
            n => {
                write_all(co, writer, &block[..n])?;
                total += n as u64;
            }
        }
    }
    writer.flush_with(co)?;
    Ok(total)
}

/// Passes bytes on between two streams, in both directions, until both have ended; returns how many went from `one` to
/// `other`, and from `other` to `one`.
///
/// When one stream ends, the writing of the other one is ended, and the other direction goes on: what a proxy does.
///
/// # Errors
///
/// `yield_from` returns the first error of either stream; the other direction is cancelled then.
///
/// # Examples
///
/// ```
/// use yieldfrom::streams::{Read, Write, copy_bidirectional, duplex};
/// use yieldfrom::{Co, create_task, run_sync};
///
/// run_sync(|co: &Co| {
///     let ((client, near), (far, server)) = (duplex(64), duplex(64));
///     let proxy = create_task(copy_bidirectional(near, far));
///     co.yield_from(client.write_all(b"ping"))?;
///     co.yield_from(client.close_writing())?;
///     assert_eq!(co.yield_from(server.read_to_string())?, "ping");
///     co.yield_from(server.write_all(b"pong!"))?;
///     drop(server);
///     assert_eq!(co.yield_from(client.read_to_string())?, "pong!");
///     assert_eq!(co.yield_from(proxy)?, (4, 5));
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it copies when a coroutine delegates to it by yield_from"]
pub fn copy_bidirectional<A: Read + Write, B: Read + Write>(
    one: A,
    other: B,
) -> Operation<impl FnOnce(&Co) -> Result<(u64, u64)>> {
    Operation::new("copy_bidirectional", move |co| {
        let both = task_group(|co, group| {
            let back = group.spawn(|co| pass_on_to_the_end(co, &other, &one));
            let forth = pass_on_to_the_end(co, &one, &other)?;
            Ok((forth, co.yield_from(back)?))
        });
        both.delegate(co).map_err(first_of)
    })
}

pub(super) fn pass_on_to_the_end(co: &Co, reader: &impl Read, writer: &impl Write) -> Result<u64> {
    let total = pass_on(co, reader, writer)?;
    writer.close_writing_with(co)?;
    Ok(total)
}

/// Returns the first error of a group: the others are what came of it.
pub(super) fn first_of(error: Error) -> Error {
    match error.downcast_ref::<ExceptionGroup>() {
        Some(group) => group.errors().first().cloned().unwrap_or(error),
        None => error,
    }
}
