//! Servers that start, once and again.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;

use database::Database;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{connect, log_in, wait_until_cut};
use crate::watchdog::Watchdog;

#[test]
fn it_answers_at_a_port_and_at_a_socket() {
    let _watchdog = Watchdog::start("an answer");
    let Some(database) = Database::start() else {
        return;
    };
    log_in(&mut connect(&database));
    let socket = format!(".s.PGSQL.{}", database.port());
    let socket = database.socket_directory().join(socket);
    log_in(&mut UnixStream::connect(socket).unwrap());
    let port = database.port();
    let url = format!("postgres://yieldfrom@127.0.0.1:{port}/postgres");
    assert_eq!(database.url(), url);
    assert_eq!(database.user(), "yieldfrom");
}

#[test]
fn a_restart_cuts_connections_and_a_stop_lasts_until_a_restart() {
    let _watchdog = Watchdog::start("a restart");
    let Some(database) = Database::start() else {
        return;
    };
    let mut old = connect(&database);
    log_in(&mut old);
    database.restart();
    wait_until_cut(old);
    log_in(&mut connect(&database));
    database.stop();
    database.stop();
    assert!(TcpStream::connect(("127.0.0.1", database.port())).is_err());
    database.restart();
    log_in(&mut connect(&database));
}

#[test]
fn a_restart_waits_for_its_port() {
    let _watchdog = Watchdog::start("a port that another program has");
    let Some(database) = Database::start() else {
        return;
    };
    database.stop();
    let other = TcpListener::bind(("127.0.0.1", database.port())).unwrap();
    thread::scope(|scope| {
        let restart = scope.spawn(|| database.restart());
        let log = database.socket_directory().join("log");
        let is_refused = |text: String| text.contains("Address already in use");
        while !fs::read_to_string(&log).is_ok_and(is_refused) {
            thread::yield_now();
        }
        drop(other);
        restart.join().unwrap();
    });
    log_in(&mut connect(&database));
}

#[test]
fn a_client_with_tls_trusts_its_certificate() {
    let _watchdog = Watchdog::start("a handshake");
    let Some(database) = Database::start_with_tls() else {
        return;
    };
    for name in ["localhost", "127.0.0.1"] {
        log_in(&mut connect_with_tls(&database, name));
    }
    // Clients without TLS are welcome as well.
    log_in(&mut connect(&database));
}

fn connect_with_tls(
    database: &Database,
    name: &'static str,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut connection = connect(database);
    connection.write_all(b"\0\0\0\x08\x04\xd2\x16\x2f").unwrap();
    let mut answer = [0];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"S", "it speaks TLS");
    let mut roots = RootCertStore::empty();
    roots.add(database.certificate().der().clone()).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = ClientConnection::new(Arc::new(config), name.try_into().unwrap());
    StreamOwned::new(client.unwrap(), connection)
}
