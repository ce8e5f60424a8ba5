//! One side of TLS, without a socket: bytes go in and come out.

use std::io::{self, Read, Write};

use rustls::{Connection, ProtocolVersion};

use super::failure::{cut_off, failure};
use crate::io::transport::Filter;

/// The state of one side of a connection.
pub(in crate::io) struct Session {
    connection: Connection,
    /// The name of the server, for a client.
    name: Option<Box<str>>,
    /// The peer has said that nothing more comes.
    ended: bool,
}

impl Session {
    pub(super) fn new(mut connection: Connection, name: Option<&str>) -> Self {
        // The stream or the transport above limits what it gives.
        connection.set_buffer_limit(None);
        Self {
            connection,
            name: name.map(Box::from),
            ended: false,
        }
    }

    pub(super) fn has_output(&self) -> bool {
        self.connection.wants_write()
    }

    /// Returns whether both sides have agreed, and what is left to be written are the tickets that a server of TLS
    /// 1.3 offers for later sessions.
    pub(super) fn has_only_tickets(&self) -> bool {
        matches!(self.connection, Connection::Server(_))
            && !self.connection.is_handshaking()
            && self.connection.protocol_version() == Some(ProtocolVersion::TLSv1_3)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl Filter for Session {
    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn receive(&mut self, mut bytes: &[u8], plaintext: &mut Vec<u8>) -> io::Result<()> {
        while !bytes.is_empty() && !self.ended {
            self.connection.read_tls(&mut bytes)?;
            let state = match self.connection.process_new_packets() {
                Ok(state) => state,
                Err(error) => {
                    // What came before is good. It ends by an error that says that more could come.
                    let _ = self.connection.reader().read_to_end(plaintext);
                    return Err(failure(&error, self.name.as_deref()));
                }
            };
            self.ended = state.peer_has_closed();
            let n = state.plaintext_bytes_to_read();
            if n > 0 {
                let before = plaintext.len();
                plaintext.resize(before + n, 0);
                self.connection
                    .reader()
                    .read_exact(&mut plaintext[before..])?;
            }
        }
        Ok(())
    }

    fn receive_end(&mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        Err(cut_off(self.name.as_deref(), self.is_handshaking()))
    }

    /// Before the end of the handshake, the bytes wait.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(bytes)
    }

    fn end(&mut self) -> io::Result<()> {
        self.connection.send_close_notify();
        Ok(())
    }

    fn take_output(&mut self, output: &mut Vec<u8>) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(output)?;
        }
        Ok(())
    }
}
