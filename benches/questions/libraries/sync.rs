//! Synchronous code: it has not heard of coroutines.

use std::io::{Read, Result, Write};

use super::BUFFER;
use super::message::Message;

/// Sends back what comes, to the end.
pub(super) fn echo(mut stream: impl Read + Write) -> Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size])?,
        }
        stream.flush()?;
    }
}

/// Sends so many messages, each when the answer to the last is there; returns the stream.
pub(super) fn ping<S: Read + Write>(mut stream: S, count: usize) -> Result<S> {
    let mut message = Message::new();
    let mut buffer = [0; BUFFER];
    for _ in 0..count {
        stream.write_all(message.next())?;
        stream.flush()?;
        let size = stream.read(&mut buffer)?;
        message.check(&buffer[..size]);
    }
    Ok(stream)
}
