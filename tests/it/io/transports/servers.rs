//! Servers: serving, closing, and what they refuse.

mod addresses;
mod clients_that_do_not_read;

use std::cell::Cell;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;
use std::{io, panic};

use yieldfrom::{
    Co, EventLoop, Result, RuntimeError, Server, connect_accepted_socket, create_connection,
    create_server, create_task, net, wait_for,
};

use crate::support::{
    Journal, Recorder, failed_with, millis, reporting_loop, run_io, run_io_on, secs, turns, until,
};

fn address(server: &Server) -> SocketAddr {
    server.local_addr().unwrap()
}

fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
    let error = result.err()?;
    error.downcast_ref::<io::Error>().map(io::Error::kind)
}

#[test]
fn a_closed_server_waits_for_its_connections() {
    run_io(|co: &Co| {
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let at = address(&server);
        let (transport, _) = co.yield_from(create_connection(Recorder::default, at))?;
        let (second, _) = co.yield_from(create_connection(Recorder::default, at))?;
        until(co, || format!("{server:?}").ends_with("connections=2>"))?;
        let waiting = create_task(server.wait_closed());
        server.close();
        server.close();
        assert!(!server.is_serving() && server.sockets().is_empty());
        assert_eq!(
            kind(TcpStream::connect(at).map_err(Into::into)),
            Some(ErrorKind::ConnectionRefused)
        );
        turns(co, 5)?;
        assert!(!waiting.done());
        transport.close();
        turns(co, 200)?;
        assert!(!waiting.done());
        second.close();
        co.yield_from(waiting)?;
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn the_connections_of_a_server_can_be_closed_and_aborted() {
    run_io(|co: &Co| {
        let made = Journal::default();
        let there = made.clone();
        let factory = move || Recorder::noting(&there);
        let server = co.yield_from(create_server(factory, "127.0.0.1:0"))?;
        let at = address(&server);
        let (_, one) = co.yield_from(create_connection(Recorder::default, at))?;
        until(co, || made.take() == ["made"])?;
        server.close_clients();
        co.yield_from(one.lost.wait())?;
        let (transport, other) = co.yield_from(create_connection(Recorder::default, at))?;
        transport.pause_reading();
        until(co, || made.take().contains(&"made".to_owned()))?;
        server.abort_clients();
        until(co, || made.take() == ["lost"])?;
        transport.resume_reading();
        co.yield_from(other.lost.wait())?;
        assert!(server.is_serving(), "it goes on");
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn serving_can_begin_later_and_not_after_the_end() {
    run_io(|co: &Co| {
        let server = create_server(Recorder::default, "127.0.0.1:0").start_serving(false);
        let server = co.yield_from(server)?;
        assert!(!server.is_serving());
        let connection = create_connection(Recorder::default, address(&server));
        let (_transport, _) = co.yield_from(connection)?;
        turns(co, 100)?;
        assert!(format!("{server:?}").ends_with("connections=0>"));
        co.yield_from(server.start_serving())?;
        co.yield_from(server.start_serving())?;
        until(co, || format!("{server:?}").ends_with("connections=1>"))?;
        server.close();
        let again = co.yield_from(server.start_serving());
        assert!(failed_with::<RuntimeError, _>(again));
        let forever = co.yield_from(server.serve_forever());
        assert!(failed_with::<RuntimeError, _>(forever));
        Ok(())
    })
    .unwrap();
}

#[test]
fn serving_forever_ends_by_cancellation_and_by_close() {
    run_io(|co: &Co| {
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let forever = create_task(server.serve_forever());
        turns(co, 1)?;
        let second = co.yield_from(server.serve_forever());
        assert!(failed_with::<RuntimeError, _>(second));
        forever.cancel();
        assert!(co.yield_from(&forever).unwrap_err().is_cancelled());
        assert!(server.sockets().is_empty(), "it is closed");

        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let forever = create_task(server.serve_forever());
        turns(co, 1)?;
        server.close();
        assert!(co.yield_from(&forever).unwrap_err().is_cancelled());

        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let limited = wait_for(server.serve_forever(), millis(1));
        assert!(co.yield_from(limited).is_err() && !server.is_serving());

        // A client that stays does not keep it.
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let forever = create_task(server.serve_forever());
        let client = TcpStream::connect(server.local_addr()?)?;
        until(co, || format!("{server:?}").contains("connections=1"))?;
        forever.cancel();
        assert!(co.yield_from(&forever).unwrap_err().is_cancelled());
        assert_eq!((&client).read(&mut [0])?, 0, "the end");
        Ok(())
    })
    .unwrap();
}

#[test]
fn more_connections_than_the_backlog_are_accepted_in_several_turns() {
    run_io(|co: &Co| {
        let made = Rc::new(Cell::new(0));
        let counter = Rc::clone(&made);
        let factory = move || {
            counter.set(counter.get() + 1);
            Recorder::default()
        };
        let server = create_server(factory, "127.0.0.1:0")
            .backlog(3)
            .start_serving(false);
        let server = co.yield_from(server)?;
        // As many as the system lets wait.
        let clients = [(); 4].map(|()| TcpStream::connect(address(&server)).unwrap());
        co.yield_from(server.start_serving())?;
        until(co, || made.get() == 4)?;
        drop(clients);
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn a_factory_that_panics_costs_one_connection() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let count = Cell::new(0);
        let factory = move || {
            count.set(count.get() + 1);
            if count.get() == 1 {
                panic::resume_unwind(Box::new("misdeed"));
            }
            Recorder::default()
        };
        let server = co.yield_from(create_server(factory, "127.0.0.1:0"))?;
        let at = address(&server);
        let (_, one) = co.yield_from(create_connection(Recorder::default, at))?;
        co.yield_from(one.lost.wait())?;
        let (_transport, other) = co.yield_from(create_connection(Recorder::default, at))?;
        turns(co, 300)?;
        assert!(!other.lost.is_set());
        Ok(())
    })
    .unwrap();
    let message = "Error on transport creation for incoming connection";
    assert_eq!(reports.take(), [format!("{message}: panicked: misdeed")]);
}

#[test]
fn a_server_serves_without_handles_and_ends_with_its_loop() {
    let event_loop = EventLoop::new().unwrap();
    let at = run_io_on(&event_loop, |co: &Co| {
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        Ok(address(&server))
    })
    .unwrap();
    let kept = run_io_on(&event_loop, move |co: &Co| {
        let (_, recorder) = co.yield_from(create_connection(Recorder::default, at))?;
        assert!(!recorder.lost.is_set());
        co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))
    })
    .unwrap();
    let other = address(&kept);
    event_loop.close().unwrap();
    assert!(TcpStream::connect(at).is_err() && TcpStream::connect(other).is_err());
    assert!(!kept.is_serving() && kept.sockets().is_empty());
}

#[test]
fn an_accepted_socket_gets_a_protocol() {
    run_io(|co: &Co| {
        let listener = co.yield_from(net::TcpListener::bind("127.0.0.1:0"))?;
        let mut client = TcpStream::connect(listener.local_addr()?)?;
        let (socket, _) = co.yield_from(listener.accept())?;
        let accepted = connect_accepted_socket(Recorder::default, socket);
        let (transport, recorder) = co.yield_from(accepted)?;
        client.write_all(b"ping")?;
        until(co, || *recorder.received.borrow() == b"ping")?;
        transport.write(b"pong")?;
        let mut buffer = [0; 4];
        client.read_exact(&mut buffer)?;
        assert_eq!(&buffer, b"pong");
        Ok(())
    })
    .unwrap();
}

#[test]
fn operations_can_be_given_as_coroutines() {
    run_io(|co: &Co| {
        let server = create_server(Recorder::default, "127.0.0.1:0");
        let server = co.yield_from(wait_for(server, secs(5)))?;
        let connection = create_connection(Recorder::default, address(&server));
        let (transport, _) = co.yield_from(wait_for(connection, secs(5)))?;
        transport.close();
        server.close();
        co.yield_from(wait_for(server.wait_closed(), secs(5)))
    })
    .unwrap();
}

#[test]
fn the_loop_has_the_functions_as_methods() {
    let event_loop = EventLoop::new().unwrap();
    let of_loop = event_loop.lend();
    run_io_on(&event_loop, move |co: &Co| {
        let server = of_loop.create_server(Recorder::default, "127.0.0.1:0");
        let server = co.yield_from(server)?;
        let connection = of_loop.create_connection(Recorder::default, address(&server));
        let (transport, _) = co.yield_from(connection)?;
        drop(of_loop);
        transport.close();
        Ok(())
    })
    .unwrap();
}
