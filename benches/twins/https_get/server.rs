//! The server, the same for all: a thread for each connection.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Listens on a port of its own.
pub(super) fn start(config: Arc<ServerConfig>) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming() {
            let config = Arc::clone(&config);
            // A client that does not get its page says so itself.
            thread::spawn(|| _ = stream.and_then(|stream| respond(config, stream)));
        }
    });
    Ok(address)
}

fn respond(config: Arc<ServerConfig>, stream: TcpStream) -> io::Result<()> {
    let connection = ServerConnection::new(config).map_err(io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while header != "\r\n" {
        header.clear();
        reader.read_line(&mut header)?;
    }
    let mut stream = reader.into_inner();
    stream.write_all(response(&request).as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()
}

/// A page has a hundred times as many lines as its number says.
fn response(request: &str) -> String {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let page = path
        .strip_prefix("/pages/")
        .and_then(|page| page.parse::<usize>().ok());
    match page {
        Some(lines) => format!("HTTP/1.0 200 OK\r\n\r\n{}", "A line.\n".repeat(100 * lines)),
        None => "HTTP/1.0 404 Not Found\r\n\r\n".to_owned(),
    }
}
