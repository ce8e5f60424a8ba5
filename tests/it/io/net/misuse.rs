//! Wrong addresses, and sockets used where they do not belong.

use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use yieldfrom::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use yieldfrom::{
    Co, EventLoop, Generator, Request, Result, RuntimeError, StreamReader, StreamWriter,
    ValueError, create_task, start_server_on,
};

use super::{both, kind, listen, reactors, tcp_pair, turns, unix_pair};
use crate::support::{Census, failed_with, log_of, settle};

#[test]
fn text_that_is_no_address_is_refused_with_an_example() {
    both(|co| {
        for text in [
            "",
            "localhost",
            "127.0.0.1",
            "host:",
            "host:99999",
            "host:http",
            "::1:80",
        ] {
            let results = [
                co.yield_from(TcpStream::connect(text)).map(drop),
                co.yield_from(TcpListener::bind(text)).map(drop),
                co.yield_from(UdpSocket::bind(text)).map(drop),
            ];
            for result in results {
                let error = result.unwrap_err();
                assert!(error.is::<ValueError>(), "{text:?}: {error}");
                let message = error.to_string();
                assert!(message.contains(&format!("{text:?}")), "{message}");
                assert!(message.contains("host:port"), "{message}");
            }
        }
        Ok(())
    });
}

#[test]
fn a_name_that_nobody_knows_is_named() {
    both(|co| {
        let error = co
            .yield_from(TcpStream::connect("no.such.host.invalid:80"))
            .unwrap_err();
        assert!(
            error.to_string().contains("no.such.host.invalid"),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn an_address_in_use_and_one_of_another_machine_are_named() {
    both(|co| {
        let listener = listen(co)?;
        let address = listener.local_addr()?;
        let error = co.yield_from(TcpListener::bind(address)).unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        assert_eq!(kind::<()>(Err(error)), ErrorKind::AddrInUse);
        let error = co
            .yield_from(TcpListener::bind("192.0.2.77:0"))
            .unwrap_err();
        assert!(error.to_string().contains("192.0.2.77"), "{error}");
        assert_eq!(kind::<()>(Err(error)), ErrorKind::AddrNotAvailable);
        let error = co.yield_from(UdpSocket::bind("192.0.2.77:0")).unwrap_err();
        assert!(error.to_string().contains("192.0.2.77"), "{error}");
        // The port is free again at once, though connections to it are still known.
        let _connected = co.yield_from(TcpStream::connect(address))?;
        drop((co.yield_from(listener.accept())?, listener));
        co.yield_from(TcpListener::bind(address)).map(drop)
    });
}

#[test]
fn errors_of_the_system_are_kept() {
    both(|co| {
        let (one, other) = tcp_pair()?;
        other.set_linger(Some(std::time::Duration::ZERO))?;
        drop(other);
        let error = co.yield_from(one.read(&mut [0; 9])).unwrap_err();
        assert!(error.to_string().starts_with("read: "), "{error}");
        let error = error
            .downcast_ref::<std::io::Error>()
            .expect("of the system");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert!(error.to_string().ends_with("(os error 104)"), "{error}");
        Ok(())
    });
}

#[test]
fn waiting_works_inside_a_running_loop_only() {
    let (one, other) = unix_pair().unwrap();
    let reading: Generator<Request, _, _> =
        Generator::new(move |co: &Co| co.yield_from(one.read(&mut [0; 9])));
    let error = reading.next().unwrap_err();
    assert!(failed_with::<RuntimeError, ()>(Err(error)));
    // What need not wait needs no loop.
    let writing: Generator<Request, _, _> =
        Generator::new(move |co: &Co| co.yield_from(other.writable()));
    assert!(writing.next().is_ok());
}

#[test]
fn a_socket_belongs_to_the_loop_in_which_it_first_waits() {
    for (_, builder) in reactors() {
        let (first, second) = (builder.clone().build().unwrap(), builder.build().unwrap());
        let (one, other) = unix_pair().unwrap();
        let (one, other) = (Rc::new(one), Rc::new(other));
        let reading = Rc::clone(&one);
        let waits = first.create_task(move |co: &Co| co.yield_from(reading.read(&mut [0; 9])));
        settle(&first);
        let reading = Rc::clone(&one);
        let result =
            second.run_until_complete(move |co: &Co| co.yield_from(reading.read(&mut [0; 9])));
        let error = result.unwrap_err();
        assert!(error.is::<RuntimeError>(), "{error}");
        assert!(error.to_string().starts_with("read: "), "{error}");
        // It still works in its own, and whatever need not wait works anywhere.
        let writing = Rc::clone(&other);
        let written =
            second.run_until_complete(move |co: &Co| co.yield_from(writing.write_all(b"abc")));
        written.unwrap();
        assert_eq!(first.run_until_complete(waits).unwrap(), 3);
    }
}

/// Returns a socket that is registered with a loop, and its peer.
fn registered(event_loop: &EventLoop) -> (Rc<TcpStream>, TcpStream) {
    let (one, other) = unix_pair().unwrap();
    let one = Rc::new(one);
    let reading = Rc::clone(&one);
    let task = event_loop.create_task(move |co: &Co| co.yield_from(reading.readable()));
    settle(event_loop);
    task.cancel();
    settle(event_loop);
    (one, other)
}

#[test]
fn a_socket_outlives_its_loop() {
    for (_, builder) in reactors() {
        let event_loop = builder.clone().build().unwrap();
        let (one, other) = registered(&event_loop);
        if builder.clone().build().is_ok() {
            event_loop.close().unwrap();
        }
        drop(event_loop);
        let next = builder.build().unwrap();
        let reading = Rc::clone(&one);
        let result = next.run_until_complete(move |co: &Co| co.yield_from(reading.readable()));
        assert!(
            failed_with::<RuntimeError, _>(result),
            "it belongs to the closed loop"
        );
        // It can be taken back, and used in another loop.
        let one = Rc::into_inner(one)
            .expect("nobody else has it")
            .into_std()
            .unwrap();
        let one = TcpStream::from_std(one).unwrap();
        let echo = next.run_until_complete(move |co: &Co| {
            let task = create_task(move |co: &Co| co.yield_from(one.read(&mut [0; 9])));
            turns(co, 2)?;
            co.yield_from(other.write_all(b"abc"))?;
            co.yield_from(task)
        });
        assert_eq!(echo.unwrap(), 3);
    }
}

#[test]
fn sockets_are_dropped_after_their_loop_and_within_its_tasks() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, _other) = registered(&event_loop);
        let census = Census::default();
        let (two, value) = (unix_pair().unwrap(), census.one());
        event_loop.create_task(move |co: &Co| {
            let _value = value;
            co.yield_from(two.0.read(&mut [0; 9])).map(drop)
        });
        settle(&event_loop);
        let (logged, ()) = log_of(|| drop(event_loop));
        assert_eq!(census.live(), 0);
        assert_eq!(
            logged.len(),
            1,
            "only that the task was pending: {logged:?}"
        );
        let (logged, ()) = log_of(|| drop(one));
        assert!(logged.is_empty(), "{logged:?}");
    }
}

#[test]
fn a_task_that_is_left_when_the_loop_closes_sees_its_end_and_can_close_its_socket() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, mut other) = std::os::unix::net::UnixStream::pair().unwrap();
        let one = UnixStream::from_std(one).unwrap();
        event_loop.create_task(move |co: &Co| -> Result<()> {
            let end = co.yield_from(one.read(&mut [0; 9])).unwrap_err();
            // What need not wait still works.
            let _ = co.yield_from(one.write(b"bye"));
            Err(end)
        });
        settle(&event_loop);
        log_of(|| event_loop.close().unwrap());
        let mut said = String::new();
        std::io::Read::read_to_string(&mut other, &mut said).unwrap();
        assert_eq!(said, "bye");
    }
}

#[test]
fn a_registered_socket_and_the_callbacks_of_a_loop_do_not_mix() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, _other) = registered(&event_loop);
        let error = event_loop.add_reader(&one, || ()).unwrap_err();
        assert!(error.to_string().starts_with("add_reader: "), "{error}");
        assert!(
            error.to_string().contains("net"),
            "it says who has it: {error}"
        );
        let (two, _other) = unix_pair().unwrap();
        event_loop.add_reader(&two, || ()).unwrap();
        let two = Rc::new(two);
        let reading = Rc::clone(&two);
        let result =
            event_loop.run_until_complete(move |co: &Co| co.yield_from(reading.read(&mut [0; 9])));
        let error = result.unwrap_err();
        assert!(error.to_string().starts_with("read: "), "{error}");
        assert!(error.to_string().contains("add_reader"), "{error}");
        event_loop.remove_reader(&two);
    }
}

#[test]
fn what_cannot_accept_is_an_error() {
    both(|co| {
        // A listener only by its type: to try again, as after a lost connection, would never end.
        let socket = OwnedFd::from(std::net::UdpSocket::bind("127.0.0.1:0")?);
        let listener = TcpListener::from_std(std::net::TcpListener::from(socket.try_clone()?))?;
        let error = co.yield_from(listener.accept()).unwrap_err();
        assert!(error.to_string().starts_with("accept: "), "{error}");
        let silent = |_: &Co, _: StreamReader, _: StreamWriter| Ok(());
        let server = start_server_on(silent, std::net::TcpListener::from(socket));
        let error = co.yield_from(server).unwrap_err();
        assert!(error.is::<std::io::Error>());
        assert!(error.to_string().contains("does not listen"), "{error}");
        Ok(())
    });
}
