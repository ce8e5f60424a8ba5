//! Replies that are spoilt on purpose.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use socket2::SockRef;
use yieldfrom::{
    Co, Delegate, Request as Yielded, Result, StreamReader, TimeoutError, sleep, timeout,
};

use super::outlet::Outlet;
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
    outlet: &Outlet,
) -> impl Delegate<Yielded, (), Output = ()> {
    move |co: &Co| match fault {
        Fault::Error => send(co, &Reply::text(500, "as it was told"), outlet),
        Fault::Redirect => {
            // With one slash at the front, or a browser would take it for another server.
            let again = format!("/{}", request.target.trim_start_matches(['/', '\\']));
            let reply = Reply::text(302, "here again").header("Location", &again);
            send(co, &reply, outlet)
        }
        Fault::Reset => {
            send_half(co, &reply, outlet)?;
            reset(outlet)
        }
        Fault::Truncate => send_half(co, &reply, outlet),
        Fault::Stall => {
            send_half(co, &reply, outlet)?;
            // Until the client has enough of it, or this has.
            match co.yield_from(timeout(outlet.patience, |co| co.yield_from(reader.read(1)))) {
                Err(error) if error.is::<TimeoutError>() => Ok(()),
                stalled => stalled.map(drop),
            }
        }
        Fault::Slow => send_slowly(co, &reply, outlet),
        Fault::Garbage => {
            outlet.write("\u{7}PARDON? ".repeat(1000).as_bytes())?;
            co.yield_from(outlet.drain())
        }
        Fault::Endless => send_endless_head(co, outlet),
    }
}

fn send(co: &Co, reply: &Reply, outlet: &Outlet) -> Result<()> {
    co.yield_from(reply.send(outlet, false)).map(drop)
}

/// Sends the head and half of the body.
fn send_half(co: &Co, reply: &Reply, outlet: &Outlet) -> Result<()> {
    outlet.write(&reply.head(false))?;
    if let Some(body) = reply.body.short()? {
        outlet.write(&body[..body.len() / 2])?;
    }
    co.yield_from(outlet.drain())
}

fn send_slowly(co: &Co, reply: &Reply, outlet: &Outlet) -> Result<()> {
    outlet.write(&reply.head(false))?;
    let Some(body) = reply.body.short()? else {
        return Ok(());
    };
    for piece in body.chunks(body.len().div_ceil(PIECES).max(1)) {
        outlet.write(piece)?;
        co.yield_from(outlet.drain())?;
        co.yield_from(sleep(PAUSE))?;
    }
    Ok(())
}

fn send_endless_head(co: &Co, outlet: &Outlet) -> Result<()> {
    outlet.write(b"HTTP/1.1 200 OK\r\n")?;
    let lines = format!("X-Filler: {}\r\n", "x".repeat(1000)).repeat(16);
    for _ in 0..ENDLESS / lines.len() {
        outlet.write(lines.as_bytes())?;
        co.yield_from(outlet.drain())?;
    }
    Ok(())
}

/// Lets the system reset the connection, instead of closing it in peace.
fn reset(outlet: &Outlet) -> Result<()> {
    let transport = outlet.writer.transport();
    let forget = |fd: BorrowedFd<'_>| SockRef::from(&fd).set_linger(Some(Duration::ZERO));
    transport.with_fd(forget).transpose()?;
    transport.abort();
    Ok(())
}
