//! Cancellations in the middle of a TLS connection.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use rustls::ServerConnection;
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, create_task, timeout, yield_now};

use super::{client, configs, echo, exchange, visit};
use crate::support::{
    Host, SilentHost, ThreadHost, assert_cannot_be_swallowed, cancel_at_random,
    cancel_later_and_later, in_a_child, run, test_path,
};

#[test]
fn a_client_can_be_cancelled_at_any_turn() {
    if !in_a_child(test_path!("a_client_can_be_cancelled_at_any_turn")) {
        return;
    }
    run(|co: &Co| {
        let (server, client) = configs()?;
        let host = Host::start(move |stream| drop(echo(&server, stream)))?;
        let address = host.address;
        let cancelled = cancel_later_and_later(co, || {
            let client = client.clone();
            create_task(move |co: &Co| Ok(co.yield_from(blocking(|| visit(&client, address)))??))
        })?;
        assert!(cancelled > 8, "there are that many waits: {cancelled}");
        Ok(())
    });
}

#[test]
fn a_client_of_a_server_in_a_thread_can_be_cancelled_at_random() {
    const TRIES: usize = 100;
    if !in_a_child(test_path!(
        "a_client_of_a_server_in_a_thread_can_be_cancelled_at_random"
    )) {
        return;
    }
    run(|co: &Co| {
        let (server, client) = configs()?;
        // A client that was cancelled before it has connected leaves its place to another one.
        let host = ThreadHost::start(usize::MAX, move |stream| drop(echo(&server, stream)));
        let address = host.address;
        let cancelled = cancel_at_random(co, TRIES, || {
            let client = client.clone();
            create_task(move |co: &Co| Ok(co.yield_from(blocking(|| visit(&client, address)))??))
        })?;
        assert!(cancelled > 0);
        Ok(())
    });
}

#[test]
fn no_code_around_the_handshake_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let (_, config) = configs()?;
        let host = SilentHost::start();
        let address = host.address;
        assert_cannot_be_swallowed(co, move || {
            let mut tls = client(&config, TcpStream::connect(address)?)?;
            tls.read(&mut [0; 10])
        })
    });
}

#[test]
fn no_code_that_keeps_its_connection_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let (server, config) = configs()?;
        let host = Host::start(move |stream| drop(echo(&server, stream)))?;
        let address = host.address;
        assert_cannot_be_swallowed(co, move || -> io::Result<()> {
            let mut tls = client(&config, TcpStream::connect(address)?)?;
            loop {
                // As if nothing had happened.
                let _ = tls.read(&mut [0; 10]);
            }
        })
    });
}

#[test]
fn code_that_unwraps_the_error_of_a_cancellation_is_cancelled() {
    run(|co: &Co| {
        let (_, config) = configs()?;
        let host = SilentHost::start();
        let address = host.address;
        let task = create_task(blocking(move || {
            let mut tls = client(&config, TcpStream::connect(address).unwrap()).unwrap();
            tls.read(&mut [0; 10]).unwrap()
        }));
        co.yield_from(yield_now())?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        Ok(())
    });
}

/// The crate does not take the error of a cancellation for the end of the connection, and nothing was lost: another
/// region can go on.
#[test]
fn a_connection_whose_read_was_cancelled_reads_on_in_another_region() {
    run(|co: &Co| {
        let (server, config) = configs()?;
        let host = Host::start(move |stream| drop(echo(&server, stream)))?;
        let address = host.address;
        let connected = co.yield_from(blocking(|| -> io::Result<_> {
            let mut tls = client(&config, TcpStream::connect(address)?)?;
            exchange(&mut tls, b"hello")?;
            Ok(tls)
        }))??;
        let tls = Rc::new(RefCell::new(connected));
        let own = Rc::clone(&tls);
        // No other task borrows the connection while this one waits.
        let task = create_task(blocking(move || own.borrow_mut().read(&mut [0; 10])));
        co.yield_from(yield_now())?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        co.yield_from(blocking(|| exchange(&mut *tls.borrow_mut(), b"again")))??;
        Ok(())
    });
}

#[test]
fn a_timeout_ends_a_handshake_of_either_side() {
    run(|co: &Co| {
        let (server, config) = configs()?;
        let host = SilentHost::start();
        let address = host.address;
        let client_side = blocking(move || {
            let mut tls = client(&config, TcpStream::connect(address)?)?;
            tls.read(&mut [0; 10])
        });
        let error = co.yield_from(timeout(0.01, |co: &Co| Ok(co.yield_from(client_side)??)));
        assert!(error.unwrap_err().is::<yieldfrom::TimeoutError>());

        let server_side = blocking(move || {
            let mut stream = TcpStream::connect(address)?;
            let mut tls = ServerConnection::new(server).map_err(io::Error::other)?;
            tls.complete_io(&mut stream)
        });
        let error = co.yield_from(timeout(0.01, |co: &Co| Ok(co.yield_from(server_side)??)));
        assert!(error.unwrap_err().is::<yieldfrom::TimeoutError>());
        Ok(())
    });
}
