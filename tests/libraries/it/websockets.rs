//! `tungstenite`: both ends of a WebSocket.

mod cancellation;
mod faults;

use std::io::{self, Read, Write};
use std::net::SocketAddr;

use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Result, to_thread};

use crate::support::{Host, ThreadHost, crowd, in_a_child, run, test_path};

type Socket<S> = WebSocket<S>;

/// Does the handshake of a client.
fn connect<S: Read + Write>(stream: S) -> Result<Socket<S>, Error> {
    match tungstenite::client("ws://localhost/chat", stream) {
        Ok((socket, _response)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
        Err(interrupted) => Err(io::Error::other(interrupted.to_string()).into()),
    }
}

/// Sends messages back, until the client closes the connection.
pub(crate) fn echo(stream: impl Read + Write) -> Result<(), Error> {
    let mut socket = tungstenite::accept(stream).map_err(|error| match error {
        tungstenite::HandshakeError::Failure(error) => error,
        interrupted => io::Error::other(interrupted.to_string()).into(),
    })?;
    loop {
        match socket.read() {
            Ok(message) if message.is_text() || message.is_binary() => socket.send(message)?,
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn exchange(socket: &mut Socket<impl Read + Write>, message: Message) -> Result<(), Error> {
    socket.send(message.clone())?;
    assert!(socket.read()? == message, "the answer is another one");
    Ok(())
}

/// Closes a connection, and waits until the other end has closed it as well.
fn close(mut socket: Socket<impl Read + Write>) -> Result<(), Error> {
    let reason = CloseFrame {
        code: CloseCode::Normal,
        reason: "done".into(),
    };
    socket.close(Some(reason))?;
    loop {
        match socket.read() {
            Ok(_) => {}
            Err(Error::ConnectionClosed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Uses an echo server at the other end of a stream.
pub(crate) fn visit(stream: impl Read + Write) -> Result<(), Error> {
    let mut socket = connect(stream)?;
    exchange(&mut socket, Message::text("hello"))?;
    socket.send(Message::Ping(vec![1, 2, 3].into()))?;
    assert_eq!(socket.read()?, Message::Pong(vec![1, 2, 3].into()));
    exchange(&mut socket, Message::binary(vec![7; 1_000_000]))?;
    close(socket)
}

/// Does the same over a stream of a region.
fn visit_at(address: SocketAddr) -> Result<(), Error> {
    visit(TcpStream::connect(address)?)
}

#[test]
fn both_sides_run_on_one_loop() {
    run(|co: &Co| {
        let host = Host::start(|stream| echo(stream).unwrap())?;
        let address = host.address;
        Ok(co.yield_from(blocking(|| visit_at(address)))??)
    });
}

#[test]
fn a_client_in_a_region_talks_to_a_server_in_a_thread() {
    let host = ThreadHost::start(1, |stream| echo(stream).unwrap());
    let address = host.address;
    run(move |co: &Co| Ok(co.yield_from(blocking(|| visit_at(address)))??));
    host.join();
}

#[test]
fn a_server_in_a_region_talks_to_a_client_in_a_thread() {
    run(|co: &Co| {
        let host = Host::start(|stream| echo(stream).unwrap())?;
        let address = host.address;
        let client = move || visit(std::net::TcpStream::connect(address).unwrap());
        Ok(co.yield_from(to_thread(client))??)
    });
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| echo(stream).unwrap())?;
        let address = host.address;
        crowd(co, move |member| {
            let mut socket = connect(TcpStream::connect(address).unwrap()).unwrap();
            member.wait_for_the_others();
            for round in 0..20 {
                let text = format!("{round} of {}", member.number);
                exchange(&mut socket, Message::text(text)).unwrap();
                member.note_answer();
            }
            close(socket).unwrap();
        })
    });
}
