//! What is measured: a library's deepest operations, each with its other end in a thread.

use std::io::{self, Write};
use std::net;
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rustls::{ClientConfig, ServerConfig};
use yieldfrom::blocking::{self, TcpStream};

use crate::formats;
use crate::http;
use crate::mail;
use crate::redis_commands;
use crate::support::ThreadHost;
use crate::tls::{self, certificates::Authority};
use crate::websockets;

/// The library, what is done, and what does it.
pub(super) const OPERATIONS: [(&str, &str, &(dyn Fn() + Sync)); 13] = [
    ("yieldfrom", "connect to a name", &connect_to_a_name),
    ("rustls", "client: handshake, 100 kB each way", &tls_client),
    (
        "rustls",
        "client: a certificate is refused",
        &tls_client_refuses,
    ),
    ("rustls", "server: handshake, 100 kB each way", &tls_server),
    ("ureq", "pages, redirects, gzip, 1 MB each way", &http_pages),
    ("ureq", "the same by https", &https_pages),
    (
        "redis",
        "commands, pipelines, transactions, scripts",
        &redis_commands,
    ),
    (
        "tungstenite",
        "client: text, ping, 1 MB each way",
        &websocket_client,
    ),
    ("tungstenite", "server: the same", &websocket_server),
    ("imap", "login, select, fetch", &mail),
    ("csv", "20,000 rows, packed by gzip", &table),
    ("flate2", "gzip 1 MB", &pack),
    ("flate2", "gunzip 1 MB", &unpack),
];

fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let authority = Authority::new();
    (authority.server("localhost"), authority.client())
}

fn connect_to_a_name() {
    let host = ThreadHost::start(1, drop);
    let name = format!("localhost:{}", host.address.port());
    TcpStream::connect(&*name).unwrap();
    host.join();
}

fn tls_client() {
    let (server, client) = configs();
    let host = ThreadHost::start(1, move |stream| tls::echo(&server, stream).unwrap());
    tls::visit(&client, host.address).unwrap();
    host.join();
}

fn tls_client_refuses() {
    let ((server, _), (_, client)) = (configs(), configs());
    let host = ThreadHost::start(1, move |stream| {
        assert!(tls::echo(&server, stream).is_err())
    });
    let error = tls::visit(&client, host.address).unwrap_err();
    assert!(error.to_string().contains("invalid peer certificate"));
    host.join();
}

/// Runs a server for one connection of a client in a thread.
fn serve_one(serve: impl FnOnce(TcpStream), visit: impl FnOnce(net::TcpStream) + Send + 'static) {
    let listener = net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let visitor = std::thread::spawn(move || visit(net::TcpStream::connect(address).unwrap()));
    serve(TcpStream::from_std(listener.accept().unwrap().0).unwrap());
    visitor.join().unwrap();
}

fn tls_server() {
    let (server, client) = configs();
    serve_one(
        |stream| tls::echo(&server, stream).unwrap(),
        move |stream| tls::visit_by(&client, stream).unwrap(),
    );
}

fn http_pages() {
    let host = ThreadHost::start(1, |stream| http::serve(stream, 0).unwrap());
    http::visit_plain(host.address).unwrap();
    host.join();
}

fn https_pages() {
    let authority = Authority::new();
    let server = authority.server("localhost");
    let host = ThreadHost::start(1, move |stream| {
        let connection = rustls::ServerConnection::new(server.clone()).unwrap();
        let _ = http::serve(rustls::StreamOwned::new(connection, stream), 0);
    });
    http::visit_secure(host.address, &authority).unwrap();
    host.join();
}

fn redis_commands() {
    if let Some(server) = redis_commands::RedisServer::start() {
        redis_commands::all_kinds(server.address).unwrap();
    }
}

fn websocket_client() {
    let host = ThreadHost::start(1, |stream| websockets::echo(stream).unwrap());
    websockets::visit(TcpStream::connect(host.address).unwrap()).unwrap();
    host.join();
}

fn websocket_server() {
    serve_one(
        |stream| websockets::echo(stream).unwrap(),
        |stream| websockets::visit(stream).unwrap(),
    );
}

fn mail() {
    let host = ThreadHost::start(1, |stream| mail::serve(stream, || ()).unwrap());
    mail::visit(TcpStream::connect(host.address).unwrap()).unwrap();
    host.join();
}

fn table() {
    let host = ThreadHost::start(1, |stream| formats::send_table(stream).unwrap());
    formats::read_table(TcpStream::connect(host.address).unwrap()).unwrap();
    host.join();
}

fn packed() -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    for n in 0..100_000 {
        write!(packer, "{n} of many; ").unwrap();
    }
    packer.finish().unwrap()
}

fn pack() {
    assert!(packed().len() > 1000);
}

fn unpack() {
    // Packed elsewhere: packing needs more stack.
    let packed = blocking::wait(yieldfrom::to_thread(packed)).unwrap();
    let n = io::copy(&mut GzDecoder::new(&packed[..]), &mut io::sink()).unwrap();
    assert!(n > 1_000_000);
}
