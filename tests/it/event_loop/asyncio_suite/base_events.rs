//! test_base_events: the clock, callbacks, and what cannot be connected or bound.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener, UdpSocket};

use yieldfrom::{
    Co, DatagramProtocol, EventLoop, Protocol, Result, create_connection, create_datagram_endpoint,
    create_server,
};

use crate::support::{
    Journal, is_child, millis, run_io, secs, settle, take_all_descriptors, test_path, virtual_loop,
    with_few_descriptors,
};

struct Silent;
impl Protocol for Silent {}
impl DatagramProtocol for Silent {}

fn io_kind<T>(result: Result<T>) -> Option<ErrorKind> {
    let error = result.err()?;
    error
        .downcast_ref::<std::io::Error>()
        .map(std::io::Error::kind)
}

/// Returns an address of this machine that nobody uses.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

#[test]
fn a_callback_for_a_time_comes_not_before_it() {
    let event_loop = EventLoop::new().unwrap();
    let (when, stopper) = (event_loop.time() + millis(10), event_loop.lend());
    let handle = event_loop.call_at(when, move || stopper.stop()).unwrap();
    assert_eq!(handle.when(), when);
    event_loop.run_forever().unwrap();
    assert!(event_loop.time() >= when);
}

#[test]
fn a_cancelled_callback_is_not_called_and_the_others_are() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let noting = |name: &'static str| {
        let notes = journal.clone();
        move || notes.note(name)
    };
    event_loop.call_soon(noting("soon")).unwrap();
    event_loop.call_soon(noting("never")).unwrap().cancel();
    event_loop
        .call_later(secs(1), noting("never"))
        .unwrap()
        .cancel();
    event_loop.call_later(secs(1), noting("later")).unwrap();
    event_loop.call_at(secs(2), noting("at")).unwrap();
    event_loop
        .call_later(secs(3), noting("never"))
        .unwrap()
        .cancel();
    settle(&event_loop);
    assert_eq!(
        (event_loop.time_to_next(), journal.take()),
        (Some(secs(1)), vec!["soon".into()])
    );
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(yieldfrom::sleep(secs(5))))
        .unwrap();
    assert_eq!(journal.take(), ["later", "at"]);
}

#[test]
fn a_connection_that_fails_everywhere_names_all_addresses() {
    run_io(|co: &Co| {
        let dead = vec![free(), free()];
        let error = co
            .yield_from(create_connection(|| Silent, dead.clone()))
            .map(drop);
        let text = error.as_ref().unwrap_err().to_string();
        assert!(
            dead.iter().all(|at| text.contains(&at.to_string())),
            "{text}"
        );
        assert_eq!(io_kind(error), Some(ErrorKind::ConnectionRefused));
        let nowhere = co.yield_from(create_connection(|| Silent, Vec::<SocketAddr>::new()));
        assert_eq!(io_kind(nowhere), Some(ErrorKind::InvalidInput));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_connection_tries_one_address_after_the_other() {
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let all = vec![free(), free(), listener.local_addr()?];
        let (transport, _) = co.yield_from(create_connection(|| Silent, all))?;
        assert_eq!(transport.peername(), Some(listener.local_addr()?.into()));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_local_address_that_cannot_be_had_is_named() {
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        for local in [
            "192.0.2.77:0".parse::<SocketAddr>()?,
            listener.local_addr()?,
        ] {
            let connection = create_connection(|| Silent, listener.local_addr()?);
            let error = co.yield_from(connection.local_addr(local)).map(drop);
            let text = error.as_ref().unwrap_err().to_string();
            assert!(text.contains(&local.to_string()), "{text}");
            let wanted = [ErrorKind::AddrInUse, ErrorKind::AddrNotAvailable];
            let kind = io_kind(error).expect("of the system");
            assert!(wanted.contains(&kind), "{kind:?}");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_server_that_cannot_bind_all_addresses_keeps_none() {
    run_io(|co: &Co| {
        let holder = TcpListener::bind("127.0.0.1:0")?;
        let (first, taken) = (free(), holder.local_addr()?);
        let refused = co.yield_from(create_server(|| Silent, vec![first, taken]));
        assert_eq!(io_kind(refused), Some(ErrorKind::AddrInUse));
        TcpListener::bind(first)?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_endpoint_that_cannot_be_connected_keeps_no_port() {
    run_io(|co: &Co| {
        let local = UdpSocket::bind("127.0.0.1:0")?.local_addr()?;
        // Whoever is bound to this machine's own address reaches no other network.
        let remote: SocketAddr = "192.0.2.77:9".parse()?;
        let refused = co.yield_from(create_datagram_endpoint(|| Silent, local, remote));
        if refused.is_ok() {
            return Ok(()); // some systems let it
        }
        UdpSocket::bind(local)?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn without_descriptors_nothing_is_made_and_the_reason_told() {
    let name = test_path!("without_descriptors_nothing_is_made_and_the_reason_told");
    if !is_child() {
        return with_few_descriptors(name);
    }
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (there, any) = (
            listener.local_addr()?,
            SocketAddr::from(([127, 0, 0, 1], 0)),
        );
        let files = take_all_descriptors();
        let refused = [
            co.yield_from(create_connection(|| Silent, there)).map(drop),
            co.yield_from(create_server(|| Silent, any)).map(drop),
            co.yield_from(create_datagram_endpoint(|| Silent, any, None))
                .map(drop),
        ];
        drop(files);
        for (n, result) in refused.into_iter().enumerate() {
            let text = result.unwrap_err().to_string();
            assert!(text.contains("os error 24"), "{n}: {text}");
        }
        co.yield_from(create_server(|| Silent, any)).map(drop)
    })
    .unwrap();
}
