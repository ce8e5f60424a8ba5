//! Transports with TLS that end, pause or are used at the wrong moment.

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::{
    Co, Protocol, Result, StreamWriter, TimeoutError, Transport, create_connection_on,
    create_server, create_task, gather, open_connection, open_connection_on, sleep, wait_for,
    yield_now,
};

use super::{contexts, run_virtual, turns};
use crate::support::run;

/// Begins TLS with a silent peer, lets `end` end the connection, and returns what becomes of it.
fn ended_in_the_handshake(end: fn(&StreamWriter, UnixStream)) {
    run_virtual(move |co| {
        let (client, _) = contexts();
        let (one, other) = UnixStream::pair()?;
        let (_reader, writer) = co.yield_from(open_connection_on(one))?;
        let starting = writer.clone();
        let starting =
            create_task(move |co: &Co| co.yield_from(starting.start_tls(&client, "localhost")));
        turns(co, 5)?;
        end(&writer, other);
        let error = co.yield_from(wait_for(starting, 30)).unwrap_err();
        assert!(!error.is::<TimeoutError>(), "it hangs");
        co.yield_from(sleep(100))
    });
}

#[test]
fn a_connection_that_is_closed_in_the_handshake_ends_it() {
    ended_in_the_handshake(|writer, _| writer.close());
}

#[test]
fn a_connection_that_is_aborted_in_the_handshake_ends_it() {
    ended_in_the_handshake(|writer, _| writer.transport().abort());
}

#[test]
fn a_connection_that_is_reset_in_the_handshake_ends_it() {
    // Bytes that nobody has read make a reset of the end.
    ended_in_the_handshake(|_, other| drop(other));
}

#[test]
fn a_transport_that_is_paused_reads_the_handshake() {
    struct Silent;
    impl Protocol for Silent {}
    run_virtual(|co| {
        let (client, server) = contexts();
        let (one, other) = UnixStream::pair()?;
        let (one, _) = co.yield_from(create_connection_on(|| Silent, one))?;
        let (other, _) = co.yield_from(create_connection_on(|| Silent, other))?;
        // So that nothing is read too early, as asyncio's own start_tls does.
        one.pause_reading();
        other.pause_reading();
        let both = gather((
            one.start_tls(&client, "localhost"),
            other.accept_tls(&server),
        ));
        co.yield_from(wait_for(both, 30))?;
        assert!(one.is_reading() && other.is_reading());
        Ok(())
    });
}

#[test]
fn a_connection_of_which_one_half_has_ended_cannot_begin_it() {
    run_virtual(|co| {
        let (client, _) = contexts();
        let (one, other) = UnixStream::pair()?;
        let (reader, writer) = co.yield_from(open_connection_on(one))?;
        other.shutdown(std::net::Shutdown::Write)?;
        assert_eq!(co.yield_from(reader.read(None))?, b"");
        let starting = wait_for(writer.start_tls(&client, "localhost"), 30);
        let error = co.yield_from(starting).unwrap_err();
        assert!(error.to_string().contains("has ended"), "{error}");

        let (one, _other) = UnixStream::pair()?;
        let (_reader, writer) = co.yield_from(open_connection_on(one))?;
        writer.write_eof()?;
        let starting = wait_for(writer.start_tls(&client, "localhost"), 30);
        let error = co.yield_from(starting).unwrap_err();
        assert!(error.to_string().contains("write_eof"), "{error}");
        Ok(())
    });
}

/// Pauses at once, and notes what it gets.
#[derive(Clone, Default)]
struct Pausing {
    got: Rc<RefCell<Vec<u8>>>,
    ended: Rc<Cell<bool>>,
    transport: Rc<RefCell<Option<Transport>>>,
}

impl Protocol for Pausing {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        transport.pause_reading();
        self.transport.replace(Some(transport.clone()));
        Ok(())
    }

    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.got.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn eof_received(&self) -> Result<bool> {
        self.ended.set(true);
        Ok(true)
    }
}

#[test]
fn a_protocol_that_pauses_gets_nothing_until_it_resumes() {
    run(|co| {
        let (client, context) = contexts();
        let protocol = Pausing::default();
        let theirs = protocol.clone();
        let server = create_server(move || theirs.clone(), "127.0.0.1:0").tls(&context);
        let server = co.yield_from(server)?;
        let (_reader, writer) = co
            .yield_from(open_connection(("localhost", server.local_addr()?.port())).tls(&client))?;
        // It goes together with the end of the handshake.
        writer.write(b"hello")?;
        writer.write_eof()?;
        while protocol.transport.borrow().is_none() {
            co.yield_from(yield_now())?;
        }
        turns(co, 100)?;
        assert_eq!(*protocol.got.borrow(), b"");
        assert!(!protocol.ended.get());
        let transport = protocol.transport.take().unwrap();
        transport.resume_reading();
        while !protocol.ended.get() {
            co.yield_from(yield_now())?;
        }
        assert_eq!(*protocol.got.borrow(), b"hello");
        transport.close();
        Ok(())
    });
}
