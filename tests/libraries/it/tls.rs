//! `rustls`: both ends of a connection, in regions and in threads.

mod cancellation;
pub(crate) mod certificates;
mod faults;

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Result};

use crate::support::{Host, ThreadHost, crowd, in_a_child, run, test_path};
use certificates::Authority;

/// The name of the servers.
const NAME: &str = "localhost";

pub(crate) type Client<S> = StreamOwned<ClientConnection, S>;

pub(crate) fn client<S: Read + Write>(
    config: &Arc<ClientConfig>,
    stream: S,
) -> io::Result<Client<S>> {
    let name = NAME.try_into().expect("a name");
    let connection = ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Sends back what it gets, until the client says goodbye.
pub(crate) fn echo(config: &Arc<ServerConfig>, stream: impl Read + Write) -> io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut tls = StreamOwned::new(connection, stream);
    let mut buffer = [0; 4096];
    loop {
        let n = tls.read(&mut buffer)?;
        if n == 0 {
            break;
        }
        tls.write_all(&buffer[..n])?;
        tls.flush()?;
    }
    goodbye(tls)
}

/// Sends some bytes and gets them back.
pub(crate) fn exchange(tls: &mut (impl Read + Write), message: &[u8]) -> io::Result<()> {
    tls.write_all(message)?;
    tls.flush()?;
    let mut answer = vec![0; message.len()];
    tls.read_exact(&mut answer)?;
    assert!(answer == message, "the answer is another one");
    Ok(())
}

fn goodbye<C, S, D>(mut tls: StreamOwned<C, S>) -> io::Result<()>
where
    C: std::ops::DerefMut<Target = rustls::ConnectionCommon<D>>,
    D: rustls::SideData,
    S: Read + Write,
{
    tls.conn.send_close_notify();
    tls.flush()
}

/// Connects to an echo server, and uses it.
pub(crate) fn visit(config: &Arc<ClientConfig>, address: SocketAddr) -> io::Result<()> {
    visit_by(config, TcpStream::connect(address)?)
}

/// Uses an echo server at the other end of a stream.
pub(crate) fn visit_by(config: &Arc<ClientConfig>, stream: impl Read + Write) -> io::Result<()> {
    let mut tls = client(config, stream)?;
    exchange(&mut tls, b"hello")?;
    exchange(&mut tls, &[7; 100_000])?;
    goodbye(tls)
}

#[test]
fn a_client_in_a_region_talks_to_a_server_in_a_thread() {
    let authority = Authority::new();
    let (server, client) = (authority.server(NAME), authority.client());
    let host = ThreadHost::start(1, move |stream| echo(&server, stream).unwrap());
    let address = host.address;
    run(move |co: &Co| Ok(co.yield_from(blocking(|| visit(&client, address)))??));
    host.join();
}

#[test]
fn a_server_in_a_region_talks_to_a_client_in_a_thread() {
    let authority = Authority::new();
    let (server, config) = (authority.server(NAME), authority.client());
    run(move |co: &Co| {
        let host = Host::start(move |stream| echo(&server, stream).unwrap())?;
        let address = host.address;
        co.yield_from(yieldfrom::to_thread(move || -> io::Result<()> {
            let mut tls = client(&config, std::net::TcpStream::connect(address)?)?;
            exchange(&mut tls, &[7; 100_000])?;
            goodbye(tls)
        }))?
        .unwrap();
        Ok(())
    });
}

#[test]
fn a_client_runs_on_a_borrowed_stream_without_a_region() {
    let (server, config) = configs().unwrap();
    let host = ThreadHost::start(1, move |stream| echo(&server, stream).unwrap());
    let address = host.address;
    run(move |co: &Co| {
        let stream = co.yield_from(yieldfrom::net::TcpStream::connect(address))?;
        let mut borrowed = stream.with(co);
        visit_by(&config, &mut borrowed)?;
        borrowed.finish()
    });
    host.join();
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    let authority = Authority::new();
    let (server, config) = (authority.server(NAME), authority.client());
    run(move |co: &Co| {
        let host = Host::start(move |stream| echo(&server, stream).unwrap())?;
        let address = host.address;
        crowd(co, move |member| {
            let mut tls = client(&config, TcpStream::connect(address).unwrap()).unwrap();
            exchange(&mut tls, b"the handshake").unwrap();
            member.wait_for_the_others();
            for round in 0..20 {
                let message = format!("{round} of {}", member.number);
                exchange(&mut tls, message.as_bytes()).unwrap();
                member.note_answer();
            }
            goodbye(tls).unwrap();
        })
    });
}

/// Returns a server's and a client's settings.
fn configs() -> Result<(Arc<ServerConfig>, Arc<ClientConfig>)> {
    let authority = Authority::new();
    Ok((authority.server(NAME), authority.client()))
}
