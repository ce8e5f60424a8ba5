//! A server that sends back what it is sent: the "hello, world" of networks, with streams.
//!
//! Each connection has a task, whose handler is written as if it were alone: read, write, wait until
//! the peer has taken it. There are no callbacks and no threads, and a client that does not read
//! what it gets stops nobody but itself (see `drain`).
//!
//! ```text
//! cargo run --release --example echo_server                     # on 127.0.0.1:8888, until Ctrl-C
//! cargo run --release --example echo_server -- --port 0         # on any free port
//! cargo run --release --example echo_server -- --unix /tmp/echo # on a Unix socket
//! ```
//!
//! In another terminal, one of
//!
//! ```text
//! nc 127.0.0.1 8888                                             # type, Ctrl-D ends it
//! seq 100000 | nc -N 127.0.0.1 8888 | tail -1                   # prints 100000
//! cargo run --release --example echo_client -- hello world
//! nc -U /tmp/echo
//! ```
//!
//! With `--connections N` it ends when N connections have ended; others that are open are aborted.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use yieldfrom::{Co, KeyboardInterrupt, Queue, Result, StreamReader, StreamWriter};
use yieldfrom::{run, start_server, start_unix_server};

/// Sends back what it is sent.
#[derive(Debug, Parser)]
struct Options {
    /// Name or address of this machine to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port to listen on, 0 for any that is free
    #[arg(long, default_value_t = 8888)]
    port: u16,

    /// Listen on a Unix socket of this path instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,

    /// End after so many connections
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
}

/// Sends back what comes, until the peer has no more to say; returns how many bytes that were.
fn echo(co: &Co, reader: &StreamReader, writer: &StreamWriter) -> Result<usize> {
    let mut bytes = 0;
    loop {
        let data = co.yield_from(reader.read(64 << 10))?;
        if data.is_empty() {
            break;
        }
        writer.write(&data)?;
        co.yield_from(writer.drain())?; // no faster than the peer reads
        bytes += data.len();
    }
    writer.close();
    co.yield_from(writer.wait_closed())?;
    Ok(bytes)
}

/// Serves a connection, and tells of it.
fn session(co: &Co, reader: &StreamReader, writer: &StreamWriter, ended: &Queue<()>) -> Result<()> {
    let peer = writer
        .peername()
        .map_or_else(String::new, |peer| peer.to_string());
    writeln!(stdout(), "{peer}: connected")?;
    let echoed = echo(co, reader, writer);
    ended.put_nowait(())?;
    match echoed {
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => writeln!(stdout(), "{peer}: lost: {error}")?,
        Ok(bytes) => writeln!(stdout(), "{peer}: closed after {bytes} bytes")?,
    }
    Ok(())
}

fn serve(co: &Co, options: &Options) -> Result<()> {
    let ended = Queue::new();
    let note = ended.clone();
    let handler = move |co: &Co, reader, writer| session(co, &reader, &writer, &note);
    let server = match &options.unix {
        Some(path) => co.yield_from(start_unix_server(handler, path))?,
        None => co.yield_from(start_server(handler, (&*options.host, options.port)))?,
    };
    for address in server.sockets() {
        writeln!(stdout(), "Serving on {address}")?;
    }
    match options.connections {
        Some(n) => (0..n).try_for_each(|_| co.yield_from(ended.get()))?,
        None => co.yield_from(server.serve_forever())?,
    }
    server.close();
    server.abort_clients();
    co.yield_from(server.wait_closed())?;
    if let Some(path) = &options.unix {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(move |co: &Co| serve(co, &options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<KeyboardInterrupt>() => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo_server: {error}");
            ExitCode::FAILURE
        }
    }
}
