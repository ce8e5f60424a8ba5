//! Our own servers: by sockets, and by streams.

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{
    Co, EventLoop, LoopBuilder, Result, StreamReader, StreamWriter, create_task, start_server,
};

use super::{BUFFER, STACK};
use crate::servers::announce;

const ADDRESS: &str = "127.0.0.1:0";

pub(super) fn stream() {
    run(EventLoop::builder(), sockets);
}

/// Waits as it does on other systems: by the crate `polling` alone.
pub(super) fn portable() {
    run(EventLoop::builder().portable_reactor(), sockets);
}

pub(super) fn streams() {
    run(EventLoop::builder(), |co| {
        let server = co.yield_from(start_server(stream_echo, ADDRESS))?;
        announce(server.local_addr()?.port());
        co.yield_from(server.serve_forever())
    });
}

fn run(builder: LoopBuilder, server: fn(&Co) -> Result<()>) {
    let event_loop = builder.stack_size(STACK).build().expect("the loop starts");
    let end = event_loop.run_until_complete(server);
    end.expect("it accepts");
}

fn sockets(co: &Co) -> Result<()> {
    let listener = co.yield_from(TcpListener::bind(ADDRESS))?;
    announce(listener.local_addr()?.port());
    loop {
        let (stream, _) = co.yield_from(listener.accept())?;
        create_task(move |co: &Co| echo(co, &stream));
    }
}

fn echo(co: &Co, stream: &TcpStream) -> Result<()> {
    let mut buffer = [0; BUFFER];
    loop {
        match co.yield_from(stream.read(&mut buffer))? {
            0 => return Ok(()),
            size => co.yield_from(stream.write_all(&buffer[..size]))?,
        }
    }
}

fn stream_echo(co: &Co, reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let data = co.yield_from(reader.read(BUFFER))?;
        if data.is_empty() {
            return Ok(());
        }
        writer.write(&data)?;
        co.yield_from(writer.drain())?;
    }
}
