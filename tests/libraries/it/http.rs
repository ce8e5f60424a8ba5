//! `ureq`: its own connections, resolver and pool, over HTTP and HTTPS.

mod adapter;
mod cancellation;
mod faults;
mod server;

use std::net::SocketAddr;

use ureq::Agent;
use ureq::config::Config;
use yieldfrom::blocking::blocking;
use yieldfrom::{Co, Result};

use crate::support::{Host, ThreadHost, crowd, in_a_child, run, test_path};
use crate::tls::certificates::Authority;
use adapter::{agent, trusting};
use server::Numbers;
pub(crate) use server::serve;

/// Gets pages of all kinds from a server at this address.
pub(crate) fn visit_plain(address: SocketAddr) -> Result<(), ureq::Error> {
    visit(&agent(Config::default()), &format!("http://{address}"))
}

/// Does the same by HTTPS.
pub(crate) fn visit_secure(address: SocketAddr, authority: &Authority) -> Result<(), ureq::Error> {
    let config = Agent::config_builder().tls_config(trusting(authority));
    let base = format!("https://localhost:{}", address.port());
    visit(&agent(config.build()), &base)
}

fn host() -> Result<Host> {
    let numbers = Numbers::default();
    Host::start(move |stream| drop(serve(stream, numbers.next())))
}

/// Runs a server with a certificate for this name.
fn secure_host(authority: &Authority, name: &str) -> Result<Host> {
    let (config, numbers) = (authority.server(name), Numbers::default());
    Host::start(move |stream| {
        let connection = rustls::ServerConnection::new(config.clone()).unwrap();
        let _ = serve(rustls::StreamOwned::new(connection, stream), numbers.next());
    })
}

fn get(agent: &Agent, url: String) -> Result<String, ureq::Error> {
    agent.get(url).call()?.body_mut().read_to_string()
}

/// Gets pages of all kinds, by one connection.
fn visit(agent: &Agent, base: &str) -> Result<(), ureq::Error> {
    assert_eq!(get(agent, format!("{base}/number"))?, "0");
    for path in ["hello", "chunked", "redirect", "gzip"] {
        assert_eq!(get(agent, format!("{base}/{path}"))?, "hello", "{path}");
    }
    let large = get(agent, format!("{base}/large"))?;
    assert!(large.len() == 1_000_000 && large.bytes().all(|byte| byte == b'x'));
    let sent = "y".repeat(1_000_000);
    let mut echoed = agent.post(format!("{base}/echo")).send(&sent)?;
    assert!(echoed.body_mut().read_to_string()? == sent);
    let missing = get(agent, format!("{base}/missing"));
    assert!(matches!(missing, Err(ureq::Error::StatusCode(404))));
    assert_eq!(get(agent, format!("{base}/number"))?, "0");
    Ok(())
}

#[test]
fn an_agent_gets_pages_from_a_server_on_its_own_loop() {
    run(|co: &Co| {
        let host = host()?;
        let address = host.address;
        Ok(co.yield_from(blocking(|| visit_plain(address)))??)
    });
}

#[test]
fn an_agent_gets_pages_from_a_server_in_a_thread() {
    let host = ThreadHost::start(1, |stream| serve(stream, 0).unwrap());
    let address = host.address;
    run(move |co: &Co| Ok(co.yield_from(blocking(|| visit_plain(address)))??));
    host.join();
}

#[test]
fn an_agent_gets_pages_by_https() {
    run(|co: &Co| {
        let authority = Authority::new();
        let host = secure_host(&authority, "localhost")?;
        let address = host.address;
        Ok(co.yield_from(blocking(|| visit_secure(address, &authority)))??)
    });
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    run(|co: &Co| {
        let host = host()?;
        let base = format!("http://{}", host.address);
        crowd(co, move |member| {
            // Each has a pool of its own, and so a connection.
            let agent = agent(Config::default());
            let number = get(&agent, format!("{base}/number")).unwrap();
            member.wait_for_the_others();
            for _ in 0..20 {
                assert_eq!(get(&agent, format!("{base}/number")).unwrap(), number);
                member.note_answer();
            }
        })
    });
}
