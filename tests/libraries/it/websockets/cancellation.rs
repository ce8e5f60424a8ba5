//! Cancellations in the middle of a WebSocket, and timeouts.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tungstenite::{Error, Message};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Event, TimeoutError, create_task, timeout, yield_now};

use super::{connect, echo, visit_at};
use crate::support::{
    Host, SilentHost, assert_cannot_be_swallowed, cancel_later_and_later, in_a_child, run,
    test_path,
};

#[test]
fn a_client_can_be_cancelled_at_any_turn() {
    if !in_a_child(test_path!("a_client_can_be_cancelled_at_any_turn")) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| drop(echo(stream)))?;
        let address = host.address;
        let cancelled = cancel_later_and_later(co, || {
            create_task(move |co: &Co| Ok(co.yield_from(blocking(|| visit_at(address)))??))
        })?;
        assert!(cancelled > 8, "there are that many waits: {cancelled}");
        Ok(())
    });
}

#[test]
fn no_code_around_a_socket_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let silent = SilentHost::start();
        let address = silent.address;
        assert_cannot_be_swallowed(co, move || connect(TcpStream::connect(address)?))?;
        let host = Host::start(|stream| drop(echo(stream)))?;
        let address = host.address;
        assert_cannot_be_swallowed(co, move || connect(TcpStream::connect(address)?)?.read())?;
        // This one keeps its connection.
        assert_cannot_be_swallowed(co, move || -> Result<(), Error> {
            let mut socket = connect(TcpStream::connect(address)?)?;
            loop {
                let _ = socket.read();
            }
        })
    });
}

#[test]
fn a_timeout_of_the_loop_ends_a_read() {
    run(|co: &Co| {
        let host = Host::start(|stream| drop(echo(stream)))?;
        let address = host.address;
        let reads = blocking(move || connect(TcpStream::connect(address)?)?.read());
        let error = co.yield_from(timeout(0.01, |co: &Co| co.yield_from(reads)));
        assert!(error.unwrap_err().is::<TimeoutError>());
        Ok(())
    });
}

#[test]
fn a_timeout_of_the_stream_is_an_error_of_the_crate() {
    run(|co: &Co| {
        let host = Host::start(|stream| drop(echo(stream)))?;
        let address = host.address;
        let error = co.yield_from(blocking(move || {
            let mut socket = connect(TcpStream::connect(address)?)?;
            let limit = Some(Duration::from_millis(1));
            socket.get_ref().set_read_timeout(limit)?;
            socket.read()
        }))?;
        assert!(
            matches!(&error, Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock),
            "{error:?}"
        );
        Ok(())
    });
}

/// The crate does not take the error of a cancellation for the end of the connection, and nothing was lost: another
/// region can go on.
#[test]
fn a_socket_whose_read_was_cancelled_reads_on_in_another_region() {
    run(|co: &Co| {
        let go_on = Event::new();
        let permission = go_on.clone();
        let host = Host::start(move |stream| {
            let mut socket = tungstenite::accept(stream).unwrap();
            yieldfrom::blocking::wait(permission.wait()).unwrap();
            socket.send(Message::text("at last")).unwrap();
        })?;
        let address = host.address;
        let connected = co.yield_from(blocking(|| connect(TcpStream::connect(address)?)))??;
        let socket = Rc::new(RefCell::new(connected));
        let own = Rc::clone(&socket);
        // No other task borrows the socket while this one waits.
        let task = create_task(blocking(move || own.borrow_mut().read()));
        co.yield_from(yield_now())?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        assert!(socket.borrow().can_read());
        go_on.set();
        let message = co.yield_from(blocking(|| socket.borrow_mut().read()))??;
        assert_eq!(message, Message::text("at last"));
        Ok(())
    });
}
