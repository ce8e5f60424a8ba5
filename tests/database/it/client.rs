//! As much of a client as the tests need.

use std::io::{Read, Write};
use std::net::TcpStream;

use database::Database;

pub(crate) fn connect(database: &Database) -> TcpStream {
    connect_to(database.port())
}

pub(crate) fn connect_to(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).expect("a connection")
}

/// Logs in, and checks that the server lets us: it answers with `AuthenticationOk`.
pub(crate) fn log_in(connection: &mut (impl Read + Write)) {
    let parameters = b"user\0yieldfrom\0database\0postgres\0\0";
    let length = u32::try_from(8 + parameters.len()).expect("it is short");
    let version: u32 = 3 << 16;
    let head = [length.to_be_bytes(), version.to_be_bytes()].concat();
    let message = [&head[..], parameters].concat();
    connection.write_all(&message).expect("a sent message");
    let mut answer = [0; 9];
    connection.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"R\0\0\0\x08\0\0\0\0");
}

/// Waits until the server ends the connection. Whether it does so in good order is its own affair.
pub(crate) fn wait_until_cut(mut connection: impl Read) {
    let _ = connection.read_to_end(&mut Vec::new());
}
