//! Peers that fail, and certificates that are not good.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use rustls::{ClientConfig, ServerConfig};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Panicked, Result, create_task};

use super::certificates::{Authority, self_signed_server};
use super::{NAME, client, configs, echo, exchange};
use crate::support::{Host, ThreadHost, chain_of, run};

/// Returns what the client says of a server with these settings, whose certificate it cannot accept.
fn refusal(authority: &Authority, server: Arc<ServerConfig>) -> String {
    let config = authority.client();
    run(move |co: &Co| {
        let host = Host::start(move |stream| assert!(echo(&server, stream).is_err()))?;
        failure(co, &config, host.address)
    })
}

/// Returns what a client says of a server with which it cannot talk.
fn failure(co: &Co, config: &Arc<ClientConfig>, address: SocketAddr) -> Result<String> {
    let result = co.yield_from(blocking(|| {
        let mut tls = client(config, TcpStream::connect(address)?)?;
        exchange(&mut tls, b"hello")
    }))?;
    Ok(chain_of(&result.unwrap_err()))
}

#[test]
fn an_error_says_what_is_wrong_with_a_certificate() {
    let authority = Authority::new();
    let said = refusal(&authority, authority.expired_server(NAME));
    assert!(said.contains("expired"), "{said}");
    let said = refusal(&authority, self_signed_server(NAME));
    assert!(said.contains("UnknownIssuer"), "{said}");
    let said = refusal(&authority, authority.server("elsewhere.example"));
    assert!(said.contains("not valid for name \"localhost\""), "{said}");
    assert!(said.contains("elsewhere.example"), "{said}");
}

#[test]
fn a_peer_that_stops_in_the_handshake_is_an_error() {
    let (_, config) = configs().unwrap();
    let host = ThreadHost::start(1, |mut stream| {
        // The whole hello of the client is there; a server's would be longer than this.
        let n = stream.read(&mut [0; 4096]).unwrap();
        assert!(n > 0);
        stream.write_all(&[22, 3, 3, 0, 100, 2]).unwrap();
    });
    let said = run({
        let address = host.address;
        move |co: &Co| failure(co, &config, address)
    });
    assert!(said.contains("unexpected end of file"), "{said}");
    host.join();
}

#[test]
fn a_peer_that_speaks_no_tls_is_an_error() {
    let (_, config) = configs().unwrap();
    let host = ThreadHost::start(1, |mut stream| {
        stream.write_all(b"220 welcome\r\n").unwrap();
        // Until the client goes.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let said = run({
        let address = host.address;
        move |co: &Co| failure(co, &config, address)
    });
    assert!(said.contains("corrupt message"), "{said}");
    host.join();
}

#[test]
fn code_that_panics_during_a_connection_fails_its_task_alone() {
    run(|co: &Co| {
        let (server, config) = configs()?;
        let host = Host::start(move |stream| drop(echo(&server, stream)))?;
        let address = host.address;
        let task = create_task(blocking(move || {
            let mut tls = client(&config, TcpStream::connect(address).unwrap()).unwrap();
            exchange(&mut tls, b"hello").unwrap();
            panic!("a defect of the library");
        }));
        let result: Result<()> = co.yield_from(task);
        let error = result.unwrap_err();
        assert!(error.is::<Panicked>(), "{error:?}");
        assert!(error.to_string().contains("a defect of the library"));
        Ok(())
    });
}
