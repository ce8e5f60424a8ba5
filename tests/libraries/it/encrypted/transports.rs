//! Protocols and transports with TLS, against others' implementations where there are any.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::rc::Rc;

use yieldfrom::{
    Error, Event, Protocol, Result, Transport, create_connection, create_server, to_thread,
};

use super::contexts;
use crate::support::run;
use crate::tls::certificates::Authority;
use crate::tls::{client as rustls_client, exchange};

/// Sends back what it gets.
#[derive(Default)]
struct Echo(RefCell<Option<Transport>>);

impl Protocol for Echo {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        self.0.replace(Some(transport.clone()));
        Ok(())
    }

    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.0.borrow().as_ref().unwrap().write(data)
    }
}

/// Notes what happens to it.
#[derive(Clone, Default)]
struct Client {
    notes: Rc<RefCell<Vec<String>>>,
    answered: Event,
    lost: Event,
}

impl Client {
    fn note(&self, what: impl Into<String>) {
        self.notes.borrow_mut().push(what.into());
    }
}

impl Protocol for Client {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        self.note("made");
        transport.write(b"hello")
    }

    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.note(String::from_utf8_lossy(data));
        self.answered.set();
        Ok(())
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        self.note(format!("lost {:?}", error.map(ToString::to_string)));
        self.lost.set();
        Ok(())
    }
}

#[test]
fn a_protocol_is_told_of_the_connection_after_the_handshake() {
    run(|co| {
        let (client, server) = contexts();
        let server = co.yield_from(create_server(Echo::default, "127.0.0.1:0").tls(&server))?;
        let port = server.local_addr()?.port();
        let protocol = Client::default();
        let theirs = protocol.clone();
        let connection = create_connection(move || theirs, ("localhost", port)).tls(&client);
        let (transport, _) = co.yield_from(connection)?;
        co.yield_from(protocol.answered.wait())?;
        transport.close();
        co.yield_from(protocol.lost.wait())?;
        assert_eq!(*protocol.notes.borrow(), ["made", "hello", "lost None"]);
        Ok(())
    });
}

#[test]
fn a_client_of_another_kind_talks_to_our_server() {
    run(|co| {
        let authority = Authority::new();
        let context = authority.server("localhost").into();
        let server = co.yield_from(create_server(Echo::default, "127.0.0.1:0").tls(&context))?;
        let address = server.local_addr()?;
        let config = authority.client();
        // As a library that knows nothing of the loop, on a thread.
        co.yield_from(to_thread(move || {
            let stream = TcpStream::connect(address).unwrap();
            let mut tls = rustls_client(&config, stream).unwrap();
            exchange(&mut tls, &[1; 100_000]).unwrap();
            tls.conn.send_close_notify();
            tls.flush().unwrap();
            // The server answers the end by its own.
            assert_eq!(tls.read(&mut [0]).unwrap(), 0);
        }))
    });
}

#[test]
fn the_client_of_openssl_talks_to_our_server() {
    if Command::new("openssl").arg("version").output().is_err() {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    run(|co| {
        let (_, context) = contexts();
        let server = co.yield_from(create_server(Echo::default, "127.0.0.1:0").tls(&context))?;
        let address = server.local_addr()?.to_string();
        for version in ["-tls1_2", "-tls1_3"] {
            let address = address.clone();
            let heard = co.yield_from(to_thread(move || {
                let mut client = Command::new("openssl")
                    .args([
                        "s_client",
                        "-quiet",
                        "-connect",
                        &address,
                        "-servername",
                        "localhost",
                        version,
                    ])
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                let mut stdin = client.stdin.take().unwrap();
                stdin.write_all(b"hello openssl\n").unwrap();
                let mut heard = [0; 14];
                client
                    .stdout
                    .as_mut()
                    .unwrap()
                    .read_exact(&mut heard)
                    .unwrap();
                drop(stdin);
                client.kill().unwrap();
                client.wait().unwrap();
                heard
            }))?;
            assert_eq!(&heard, b"hello openssl\n");
        }
        Ok(())
    });
}
