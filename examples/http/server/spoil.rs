//! Replies that are spoilt on purpose.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use socket2::SockRef;
use yieldfrom::{Co, Delegate, Request as Yielded, Result, StreamReader, StreamWriter, sleep};

use super::reply::Reply;
use crate::http::{Fault, Request};

/// A slow body comes in this many pieces.
const PIECES: usize = 100;
/// The time between two of them.
const PAUSE: Duration = Duration::from_millis(10);
/// How many bytes of headers a client gets at most that takes them without end.
const ENDLESS: usize = 64 << 20;

/// Answers with a fault. The connection is not used again.
pub(super) fn spoil(
    reply: Reply,
    fault: Fault,
    request: &Request,
    reader: &StreamReader,
    writer: &StreamWriter,
) -> impl Delegate<Yielded, (), Output = ()> {
    move |co: &Co| match fault {
        Fault::Error => send(co, &Reply::text(500, "as it was told"), writer),
        Fault::Redirect => {
            let reply = Reply::text(302, "here again").header("Location", &request.target);
            send(co, &reply, writer)
        }
        Fault::Reset => {
            send_half(co, &reply, writer)?;
            reset(writer)
        }
        Fault::Truncate => send_half(co, &reply, writer),
        Fault::Stall => {
            send_half(co, &reply, writer)?;
            co.yield_from(reader.read(1)).map(drop) // until the client has enough of it
        }
        Fault::Slow => send_slowly(co, &reply, writer),
        Fault::Garbage => {
            writer.write("\u{7}PARDON? ".repeat(1000).as_bytes())?;
            co.yield_from(writer.drain())
        }
        Fault::Endless => send_endless_head(co, writer),
    }
}

fn send(co: &Co, reply: &Reply, writer: &StreamWriter) -> Result<()> {
    co.yield_from(reply.send(writer, false)).map(drop)
}

/// Sends the head and half of the body.
fn send_half(co: &Co, reply: &Reply, writer: &StreamWriter) -> Result<()> {
    writer.write(&reply.head(false))?;
    if let Some(body) = reply.body.short()? {
        writer.write(&body[..body.len() / 2])?;
    }
    co.yield_from(writer.drain())
}

fn send_slowly(co: &Co, reply: &Reply, writer: &StreamWriter) -> Result<()> {
    writer.write(&reply.head(false))?;
    let Some(body) = reply.body.short()? else {
        return Ok(());
    };
    for piece in body.chunks(body.len().div_ceil(PIECES).max(1)) {
        writer.write(piece)?;
        co.yield_from(writer.drain())?;
        co.yield_from(sleep(PAUSE))?;
    }
    Ok(())
}

fn send_endless_head(co: &Co, writer: &StreamWriter) -> Result<()> {
    writer.write(b"HTTP/1.1 200 OK\r\n")?;
    let lines = format!("X-Filler: {}\r\n", "x".repeat(1000)).repeat(16);
    for _ in 0..ENDLESS / lines.len() {
        writer.write(lines.as_bytes())?;
        co.yield_from(writer.drain())?;
    }
    Ok(())
}

/// Lets the system reset the connection, instead of closing it in peace.
fn reset(writer: &StreamWriter) -> Result<()> {
    let transport = writer.transport();
    let forget = |fd: BorrowedFd<'_>| SockRef::from(&fd).set_linger(Some(Duration::ZERO));
    transport.with_fd(forget).transpose()?;
    transport.abort();
    Ok(())
}
