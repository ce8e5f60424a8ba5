//! Cancellation of every operation, and descriptors counted, in a process of its own.

use std::cell::RefCell;
use std::fs;
use std::os::unix::net::UnixStream;

use yieldfrom::{
    Co, EventLoop, Limited, Result, StreamReader, StreamWriter, create_connection,
    create_connection_on, create_datagram_endpoint, create_server, create_task,
    create_unix_connection, create_unix_server, open_connection, open_connection_on,
    open_unix_connection, start_server, start_unix_server, yield_now,
};

use super::pair;
use crate::support::{Recorder, in_a_child, open_descriptors, run_io_on, settle, test_path, turns};

/// Cancels an operation after each number of turns, until it ends before.
fn cancel<A>(co: &Co, make: impl Fn() -> A) -> Result<()>
where
    A: Limited + 'static,
{
    for n in 0.. {
        let operation = make();
        let task = create_task(move |co: &Co| operation.wait_here(co).map(drop));
        turns(co, n)?;
        if task.done() {
            return co.yield_from(task);
        }
        task.cancel();
        turns(co, 3)?;
        assert!(task.cancelled(), "after {n} turns");
        assert!(n < 500, "it never ends");
    }
    Ok(())
}

fn silent(_: &Co, _: StreamReader, _: StreamWriter) -> Result<()> {
    Ok(())
}

#[test]
fn making_connections_and_servers() {
    if !in_a_child(test_path!("making_connections_and_servers")) {
        return;
    }
    let before = open_descriptors();
    let event_loop = EventLoop::new().unwrap();
    let path = std::env::temp_dir().join(format!("yieldfrom-cancelled-{}", std::process::id()));
    let here = path.clone();
    run_io_on(&event_loop, move |co: &Co| {
        let any = "127.0.0.1:0";
        let server = co.yield_from(create_server(Recorder::default, any))?;
        let unix = co.yield_from(create_unix_server(Recorder::default, &here))?;
        let at = server.local_addr()?;
        cancel(co, || open_connection(at))?;
        cancel(co, || open_unix_connection(&here))?;
        cancel(co, || open_connection_on(UnixStream::pair().unwrap().0))?;
        cancel(co, || create_connection(Recorder::default, at))?;
        cancel(co, || create_unix_connection(Recorder::default, &here))?;
        let socket = || UnixStream::pair().unwrap().0;
        cancel(co, || create_connection_on(Recorder::default, socket()))?;
        server.close();
        server.close_clients();
        unix.close();
        unix.close_clients();
        cancel(co, || server.wait_closed())?;
        cancel(co, || unix.wait_closed())?;
        turns(co, 300)
    })
    .unwrap();
    settle(&event_loop);
    drop(event_loop);
    assert_eq!(open_descriptors(), before);
    fs::remove_file(path).unwrap();
}

#[test]
fn servers_and_endpoints() {
    if !in_a_child(test_path!("servers_and_endpoints")) {
        return;
    }
    let before = open_descriptors();
    let event_loop = EventLoop::new().unwrap();
    let path = std::env::temp_dir().join(format!("yieldfrom-cancelled-s-{}", std::process::id()));
    let here = path.clone();
    run_io_on(&event_loop, move |co: &Co| {
        let any = "127.0.0.1:0";
        cancel(co, || create_server(Recorder::default, any))?;
        cancel(co, || create_unix_server(Recorder::default, &here))?;
        cancel(co, || start_server(silent, any))?;
        cancel(co, || start_unix_server(silent, &here))?;
        let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        cancel(co, || {
            create_datagram_endpoint(Datagrams::default, local, None)
        })
    })
    .unwrap();
    drop(event_loop);
    assert_eq!(open_descriptors(), before);
    fs::remove_file(path).unwrap();
}

#[derive(Default)]
struct Datagrams;

impl yieldfrom::DatagramProtocol for Datagrams {}

#[test]
fn reading_writing_and_waiting() {
    if !in_a_child(test_path!("reading_writing_and_waiting")) {
        return;
    }
    let before = open_descriptors();
    let event_loop = EventLoop::new().unwrap();
    let with_loop = open_descriptors();
    run_io_on(&event_loop, |co: &Co| {
        let ((reader, writer), (theirs, other)) = pair(co)?;
        for n in 0..5 {
            let tasks = [create_task(reader.read(10)), create_task(theirs.readline())];
            turns(co, n)?;
            tasks.iter().for_each(|task| _ = task.cancel());
            turns(co, 2)?;
            assert!(tasks.iter().all(|task| task.cancelled()));
        }
        writer.write(&vec![7; 4 << 20])?;
        for n in 0..5 {
            let tasks = [
                create_task(writer.drain()),
                create_task(writer.wait_closed()),
            ];
            turns(co, n)?;
            tasks.iter().for_each(|task| _ = task.cancel());
            turns(co, 2)?;
            assert!(tasks.iter().all(|task| task.cancelled()));
        }
        let all = co.yield_from(theirs.readexactly(4 << 20))?;
        assert_eq!(all.len(), 4 << 20);
        co.yield_from(writer.drain())?;
        writer.close();
        co.yield_from(writer.wait_closed())?;
        assert_eq!(co.yield_from(theirs.read(None))?, b"");
        other.close();
        co.yield_from(other.wait_closed())?;
        co.yield_from(yield_now())
    })
    .unwrap();
    assert_eq!(
        open_descriptors(),
        with_loop,
        "only those of the loop: it is still open"
    );
    drop(event_loop);
    assert_eq!(open_descriptors(), before);
}

#[test]
fn a_loop_that_is_dropped_in_the_middle_of_everything() {
    if !in_a_child(test_path!(
        "a_loop_that_is_dropped_in_the_middle_of_everything"
    )) {
        return;
    }
    thread_local! {
        static KEPT: RefCell<Vec<StreamWriter>> = const { RefCell::new(Vec::new()) };
    }
    let before = open_descriptors();
    for n in 0..60 {
        let event_loop = EventLoop::new().unwrap();
        run_io_on(&event_loop, move |co: &Co| {
            let echo = |co: &Co, reader: StreamReader, writer: StreamWriter| {
                KEPT.with_borrow_mut(|kept| kept.push(writer.clone()));
                loop {
                    let data = co.yield_from(reader.read(1000))?;
                    writer.write(&data)?;
                    co.yield_from(writer.drain())?;
                }
            };
            let server = co.yield_from(start_server(echo, "127.0.0.1:0"))?;
            let at = server.local_addr()?;
            let client = move |co: &Co| {
                let (reader, writer) = co.yield_from(open_connection(at))?;
                writer.write(&vec![7; 1 << 20])?;
                co.yield_from(reader.readexactly(1 << 20)).map(drop)
            };
            create_task(client);
            create_task(client);
            turns(co, n)
        })
        .unwrap();
        event_loop.close().unwrap();
        KEPT.take();
        drop(event_loop);
        assert_eq!(open_descriptors(), before, "after {n} turns");
    }
}
