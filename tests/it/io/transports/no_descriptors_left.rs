//! Servers that run out of descriptors. In processes of their own, with a low limit.

use std::cell::Cell;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use rustix::net::{AddressFamily, SocketType};
use yieldfrom::{Co, ErrorContext, EventLoop, LoopBuilder, Result, create_server, sleep, wait_for};

use crate::support::{
    Journal, Recorder, is_child, millis, secs, take_all_descriptors, test_path, until,
    virtual_loop, with_few_descriptors,
};

#[test]
fn accepting_pauses_for_a_second_and_goes_on() {
    if !is_child() {
        let test = test_path!("accepting_pauses_for_a_second_and_goes_on");
        return with_few_descriptors(test);
    }
    let (event_loop, reports) = (virtual_loop(), Journal::default());
    let (noted, seen) = (reports.clone(), reports.clone());
    event_loop.set_exception_handler(Some(Box::new(move |event_loop, context: &ErrorContext| {
        noted.note(format!("{} at {:?}", context.message(), event_loop.time()));
    })));
    let body = move |co: &Co| -> Result<()> {
        let made = Journal::default();
        let theirs = made.clone();
        let factory = move || Recorder::noting(&theirs);
        let server = co.yield_from(create_server(factory, "127.0.0.1:0"))?;
        let client = TcpStream::connect(server.local_addr()?)?;
        let files = take_all_descriptors();
        co.yield_from(sleep(millis(2500)))?;
        assert_eq!(seen.take().len(), 3, "one report for each try");
        assert!(made.take().is_empty());
        drop(files);
        co.yield_from(sleep(millis(400)))?;
        assert!(made.take().is_empty(), "it still pauses");
        co.yield_from(sleep(millis(200)))?;
        until(co, || made.take() == ["made"])?;
        drop(client);
        server.close();
        co.yield_from(server.wait_closed())
    };
    let run = event_loop.run_until_complete(wait_for(body, secs(100)));
    run.unwrap();
    assert!(reports.take().is_empty());
}

/// Connects sockets to a server whose process has no descriptors left; returns the reports.
fn connections_while_it_pauses(builder: LoopBuilder) -> usize {
    let event_loop = builder.virtual_clock().build().unwrap();
    let reports = Rc::new(Cell::new(0));
    let noted = Rc::clone(&reports);
    event_loop.set_exception_handler(Some(Box::new(move |_, _| noted.set(noted.get() + 1))));
    let body = move |co: &Co| -> Result<()> {
        let made = Journal::default();
        let theirs = made.clone();
        let factory = move || Recorder::noting(&theirs);
        let server = co.yield_from(create_server(factory, "127.0.0.1:0"))?;
        let address = server.local_addr()?;
        let sockets: Vec<_> = (0..8).map(|_| socket().unwrap()).collect();
        let files = take_all_descriptors();
        for socket in &sockets {
            // Each is an event for the listening socket.
            rustix::net::connect(socket, &address)?;
            co.yield_from(sleep(millis(1)))?;
        }
        co.yield_from(sleep(millis(1500)))?;
        drop(files);
        co.yield_from(sleep(secs(1)))?;
        let connected = made.take();
        assert!(connected.len() == 8, "{connected:?}");
        server.close();
        server.abort_clients();
        co.yield_from(server.wait_closed())
    };
    event_loop
        .run_until_complete(wait_for(body, secs(100)))
        .unwrap();
    reports.get()
}

fn socket() -> rustix::io::Result<OwnedFd> {
    rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None)
}

#[test]
fn connections_that_come_while_accepting_pauses_wait_for_its_end() {
    if !is_child() {
        let test = test_path!("connections_that_come_while_accepting_pauses_wait_for_its_end");
        return with_few_descriptors(test);
    }
    for builder in [
        EventLoop::builder(),
        EventLoop::builder().portable_reactor(),
    ] {
        let reports = connections_while_it_pauses(builder);
        assert_eq!(reports, 2, "it tries once a second, not at each connection");
    }
}

#[test]
fn a_server_that_pauses_can_be_closed() {
    if !is_child() {
        return with_few_descriptors(test_path!("a_server_that_pauses_can_be_closed"));
    }
    let event_loop = virtual_loop();
    event_loop.set_exception_handler(Some(Box::new(|_, _| ())));
    let body = |co: &Co| -> Result<()> {
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let _client = TcpStream::connect(server.local_addr()?)?;
        let files = take_all_descriptors();
        co.yield_from(sleep(millis(100)))?;
        server.close();
        drop(files);
        co.yield_from(server.wait_closed())?;
        co.yield_from(sleep(secs(3)))
    };
    event_loop.run_until_complete(body).unwrap();
}
