//! The servers of the event loop's peers.

use std::io::{self, Read, Write};
use std::thread;

use ::monoio::io::{AsyncReadRent as _, AsyncWriteRentExt as _};
use ::smol::LocalExecutor;
use ::smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
use ::tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::BUFFER;
use crate::peers::runtimes::{self, May};
use crate::servers::announce;

const ADDRESS: &str = "127.0.0.1:0";

pub(super) fn tokio() {
    let server = async {
        let listener = ::tokio::net::TcpListener::bind(ADDRESS).await?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            ::tokio::spawn(tokio_echo(stream));
        }
    };
    let end: io::Result<()> = runtimes::tokio().block_on(server);
    end.expect("it accepts");
}

async fn tokio_echo(mut stream: ::tokio::net::TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size]).await?,
        }
    }
}

pub(super) fn smol() {
    let executor = LocalExecutor::new();
    let server = async {
        let listener = ::smol::net::TcpListener::bind(ADDRESS).await?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            executor.spawn(smol_echo(stream)).detach();
        }
    };
    let end: io::Result<()> = runtimes::smol(&executor, server);
    end.expect("it accepts");
}

async fn smol_echo(mut stream: ::smol::net::TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size]).await?,
        }
    }
}

pub(super) fn monoio() {
    let server = async {
        let listener = ::monoio::net::TcpListener::bind(ADDRESS)?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept().await?;
            ::monoio::spawn(monoio_echo(stream));
        }
    };
    let end: io::Result<()> = runtimes::monoio().block_on(server);
    end.expect("it accepts");
}

/// A buffer is the system's while it reads or writes, and comes back with the result.
async fn monoio_echo(mut stream: ::monoio::net::TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(BUFFER);
    loop {
        let (size, received) = stream.read(buffer).await;
        if size? == 0 {
            return Ok(());
        }
        let (written, sent) = stream.write_all(received).await;
        written?;
        buffer = sent;
    }
}

/// Its coroutines write as threads do.
pub(super) fn may() {
    let server = || {
        let listener = ::may::net::TcpListener::bind(ADDRESS)?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept()?;
            ::may::go!(move || may_echo(stream));
        }
    };
    let end: io::Result<()> = May::start().run(server);
    end.expect("it accepts");
}

fn may_echo(mut stream: ::may::net::TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size])?,
        }
    }
}

/// A thread for each connection, as the standard library has them.
pub(super) fn threads() {
    let server = || -> io::Result<()> {
        let listener = std::net::TcpListener::bind(ADDRESS)?;
        announce(listener.local_addr()?.port());
        loop {
            let (stream, _) = listener.accept()?;
            thread::Builder::new().spawn(|| blocking_echo(stream))?;
        }
    };
    server().expect("it accepts");
}

fn blocking_echo(mut stream: std::net::TcpStream) -> io::Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            size => stream.write_all(&buffer[..size])?,
        }
    }
}
