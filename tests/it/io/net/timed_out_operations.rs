//! Operations that are timed out while they wait: nothing has happened, nothing is lost, and no
//! descriptor is left open.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use yieldfrom::net::{TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use yieldfrom::{Co, EventLoop, Result, TimeoutError, get_running_loop, timeout};

use super::{
    Full, SocketPath, both_virtually, fill, listen, pattern, std_pair, tcp_pair, unix_pair,
};
use crate::support::{failed_with, in_a_child, open_descriptors, secs, test_path};

/// Runs an operation that would wait for ever, for a second.
fn expires<T>(co: &Co, operation: impl FnOnce(&Co) -> Result<T>) -> Result<()> {
    let result = co.yield_from(timeout(secs(1), operation));
    assert!(failed_with::<TimeoutError, _>(result));
    Ok(())
}

fn pairs() -> Result<[(TcpStream, TcpStream); 2]> {
    Ok([tcp_pair()?, unix_pair()?])
}

/// Reads all there is, and returns how much that was.
fn drain(co: &Co, stream: &TcpStream, n: usize) -> Result<()> {
    let mut buffer = vec![0; n];
    co.yield_from(stream.read_exact(&mut buffer))?;
    expires(co, |co| co.yield_from(stream.read(&mut [0])))
}

fn accept(co: &Co) -> Result<()> {
    let listener = listen(co)?;
    expires(co, |co| co.yield_from(listener.accept()))?;
    let _connected = std::net::TcpStream::connect(listener.local_addr()?)?;
    co.yield_from(listener.accept()).map(drop)
}

fn accept_unix(co: &Co) -> Result<()> {
    let path = SocketPath::new();
    let listener = UnixListener::bind(&path.0)?;
    expires(co, |co| co.yield_from(listener.accept()))?;
    let _connected = std::os::unix::net::UnixStream::connect(&path.0)?;
    co.yield_from(listener.accept()).map(drop)
}

fn connect(co: &Co) -> Result<()> {
    let full = Full::new()?;
    let address = full.listener.local_addr()?;
    expires(co, |co| co.yield_from(TcpStream::connect(address)))?;
    let several = vec![address; 3];
    expires(co, |co| co.yield_from(TcpStream::connect(several)))
}

fn connect_unix(co: &Co) -> Result<()> {
    let path = SocketPath::new();
    let listener = UnixListener::bind(&path.0)?;
    rustix::net::listen(&listener, 0)?;
    let _waiting = co.yield_from(UnixStream::connect(&path.0))?;
    expires(co, |co| co.yield_from(UnixStream::connect(&path.0)))?;
    co.yield_from(listener.accept())?;
    co.yield_from(UnixStream::connect(&path.0)).map(drop)
}

fn read(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        let mut buffer = [0; 9];
        expires(co, |co| co.yield_from(one.read(&mut buffer)))?;
        co.yield_from(other.write_all(b"abc"))?;
        assert_eq!(co.yield_from(one.read(&mut buffer))?, 3);
    }
    Ok(())
}

fn read_vectored(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        let mut buffer = [0; 9];
        expires(co, |co| {
            co.yield_from(one.read_vectored(&mut [IoSliceMut::new(&mut buffer)]))
        })?;
        co.yield_from(other.write_all(b"abc"))?;
        assert_eq!(co.yield_from(one.read(&mut buffer))?, 3);
    }
    Ok(())
}

fn peek(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        expires(co, |co| co.yield_from(one.peek(&mut [0; 9])))?;
        co.yield_from(other.write_all(b"abc"))?;
        assert_eq!(co.yield_from(one.peek(&mut [0; 9]))?, 3);
    }
    Ok(())
}

fn read_exact(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        co.yield_from(other.write_all(b"abc"))?;
        let mut buffer = [0; 6];
        expires(co, |co| co.yield_from(one.read_exact(&mut buffer)))?;
        assert_eq!(&buffer, b"abc\0\0\0", "what was read is in the buffer");
        co.yield_from(other.write_all(b"def"))?;
        co.yield_from(one.read_exact(&mut buffer[3..]))?;
        assert_eq!(&buffer, b"abcdef");
    }
    Ok(())
}

fn read_to_end(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        co.yield_from(other.write_all(b"abc"))?;
        let mut buffer = Vec::new();
        expires(co, |co| co.yield_from(one.read_to_end(&mut buffer)))?;
        assert_eq!(buffer, b"abc", "what was read is in the buffer");
        co.yield_from(other.write_all(b"def"))?;
        drop(other);
        assert_eq!(co.yield_from(one.read_to_end(&mut buffer))?, 3);
        assert_eq!(buffer, b"abcdef");
    }
    Ok(())
}

fn readable(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        expires(co, |co| co.yield_from(one.readable()))?;
        co.yield_from(other.write_all(b"abc"))?;
        co.yield_from(one.readable())?;
        drain(co, &one, 3)?;
        expires(co, |co| co.yield_from(one.readable()))?;
    }
    Ok(())
}

fn write(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        let n = fill(co, &one)?;
        expires(co, |co| co.yield_from(one.write(b"abc")))?;
        expires(co, |co| {
            co.yield_from(one.write_vectored(&[IoSlice::new(b"abc")]))
        })?;
        expires(co, |co| co.yield_from(one.writable()))?;
        drain(co, &other, n)?;
        co.yield_from(one.writable())?;
        co.yield_from(one.write_all(b"abc"))?;
        drain(co, &other, 3)?;
    }
    Ok(())
}

fn write_all(co: &Co) -> Result<()> {
    for (one, other) in pairs()? {
        let sent = pattern(16 << 20);
        expires(co, |co| co.yield_from(one.write_all(&sent)))?;
        drop(one);
        let mut received = Vec::new();
        co.yield_from(other.read_to_end(&mut received))?;
        assert!(received.len() < sent.len() && received == sent[..received.len()]);
    }
    Ok(())
}

fn receive(co: &Co) -> Result<()> {
    let one = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
    let other = co.yield_from(UdpSocket::bind("127.0.0.1:0"))?;
    expires(co, |co| co.yield_from(one.recv(&mut [0; 9])))?;
    expires(co, |co| co.yield_from(one.recv_from(&mut [0; 9])))?;
    expires(co, |co| co.yield_from(one.peek(&mut [0; 9])))?;
    co.yield_from(other.send_to(b"abc", one.local_addr()?))?;
    assert_eq!(co.yield_from(one.peek(&mut [0; 9]))?, 3);
    assert_eq!(co.yield_from(one.recv(&mut [0; 9]))?, 3);
    Ok(())
}

fn send(co: &Co) -> Result<()> {
    let (one, other) = UnixDatagram::pair()?;
    let mut sent = 0;
    expires(co, |co| -> Result<()> {
        loop {
            sent += co.yield_from(one.send(b"x"))?;
        }
    })?;
    expires(co, |co| co.yield_from(one.send(b"x")))?;
    for _ in 0..sent {
        co.yield_from(other.recv(&mut [0; 9]))?;
    }
    expires(co, |co| co.yield_from(other.recv_from(&mut [0; 9])))?;
    co.yield_from(one.send(b"x")).map(drop)
}

fn sock(co: &Co) -> Result<()> {
    let event_loop = get_running_loop()?.lend();
    let (one, mut other) = std_pair()?;
    one.set_nonblocking(true)?;
    expires(co, |co| co.yield_from(event_loop.sock_recv(&one, 9)))?;
    let mut buffer = [0; 9];
    expires(co, |co| {
        co.yield_from(event_loop.sock_recv_into(&one, &mut buffer))
    })?;
    other.write_all(b"abc")?;
    assert_eq!(co.yield_from(event_loop.sock_recv(&one, 9))?, b"abc");
    let sent = pattern(16 << 20);
    expires(co, |co| co.yield_from(event_loop.sock_sendall(&one, &sent)))?;
    drop(one);
    let mut received = Vec::new();
    other.read_to_end(&mut received)?;
    assert!(received.len() < sent.len() && received == sent[..received.len()]);
    sock_connecting(co, &event_loop)
}

fn sock_connecting(co: &Co, event_loop: &EventLoop) -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    expires(co, |co| co.yield_from(event_loop.sock_accept(&listener)))?;
    let _connected = std::net::TcpStream::connect(listener.local_addr()?)?;
    co.yield_from(event_loop.sock_accept(&listener))?;
    let full = Full::new()?;
    let socket: OwnedFd = super::socket()?;
    let address: SocketAddr = full.listener.local_addr()?;
    expires(co, |co| {
        co.yield_from(event_loop.sock_connect(&socket, address))
    })
}

const ALL: [fn(&Co) -> Result<()>; 14] = [
    accept,
    accept_unix,
    connect,
    connect_unix,
    read,
    read_vectored,
    peek,
    read_exact,
    read_to_end,
    readable,
    write,
    write_all,
    receive,
    send,
];

#[test]
fn who_is_timed_out_has_taken_nothing() {
    for piece in ALL {
        both_virtually(piece);
    }
    both_virtually(sock);
}

#[test]
fn who_is_timed_out_leaves_no_descriptor_open() {
    if !in_a_child(test_path!("who_is_timed_out_leaves_no_descriptor_open")) {
        return;
    }
    let before = open_descriptors();
    assert!(before > 0);
    for piece in ALL {
        both_virtually(piece);
    }
    both_virtually(sock);
    assert_eq!(open_descriptors(), before);
}
