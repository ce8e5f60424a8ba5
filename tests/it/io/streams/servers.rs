//! Servers of streams: their coroutines, and how those end.

use std::cell::Cell;
use std::net::SocketAddr;
use std::panic;
use std::rc::Rc;

use yieldfrom::{
    Co, Error, Server, StreamReader, StreamWriter, all_tasks, create_task, open_connection, sleep,
    start_server, start_unix_server, wait_for,
};

use crate::support::{millis, reporting_loop, run_io, run_io_on, secs, turns};

fn address(server: &Server) -> SocketAddr {
    server.local_addr().unwrap()
}

#[test]
fn an_error_of_the_coroutine_is_reported_and_closes_the_connection() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let kept: Rc<Cell<Option<StreamWriter>>> = Rc::default();
        let keep = Rc::clone(&kept);
        let fail = move |co: &Co, reader: StreamReader, writer: StreamWriter| {
            keep.set(Some(writer));
            match &*co.yield_from(reader.readline())? {
                b"fail\n" => Err(Error::msg("misdeed")),
                _ => panic::resume_unwind(Box::new("misdeed")),
            }
        };
        let server = co.yield_from(start_server(fail, "127.0.0.1:0"))?;
        for line in ["fail\n", "panic\n"] {
            let (reader, writer) = co.yield_from(open_connection(address(&server)))?;
            writer.write(line.as_bytes())?;
            assert_eq!(
                co.yield_from(reader.read(None))?,
                b"",
                "closed though it is kept"
            );
        }
        drop(kept);
        Ok(())
    })
    .unwrap();
    let message = "Unhandled exception in client_connected_cb";
    let expected = ["misdeed", "panicked: misdeed"].map(|error| format!("{message}: {error}"));
    assert_eq!(reports.take(), expected);
}

#[test]
fn a_handler_that_panics_at_once_costs_one_connection() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let count = Cell::new(0);
        let refuse = move |_: &Co, _: StreamReader, writer: StreamWriter| {
            count.set(count.get() + 1);
            if count.get() == 1 {
                panic::resume_unwind(Box::new("misdeed"));
            }
            writer.write(b"hello")
        };
        let server = co.yield_from(start_server(refuse, "127.0.0.1:0"))?;
        for expected in ["", "hello"] {
            let (reader, _writer) = co.yield_from(open_connection(address(&server)))?;
            assert_eq!(co.yield_from(reader.read(None))?, expected.as_bytes());
        }
        Ok(())
    })
    .unwrap();
    let message = "Unhandled exception in client_connected_cb";
    assert_eq!(reports.take(), [format!("{message}: panicked: misdeed")]);
}

#[test]
fn a_coroutine_that_is_cancelled_closes_the_connection_quietly() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let hold = |co: &Co, reader: StreamReader, _writer: StreamWriter| {
            co.yield_from(reader.read(None)).map(drop)
        };
        let server = co.yield_from(start_server(hold, "127.0.0.1:0"))?;
        let before = all_tasks();
        let (reader, _writer) = co.yield_from(open_connection(address(&server)))?;
        turns(co, 200)?;
        let others = all_tasks().into_iter();
        let others: Vec<_> = others.filter(|task| !before.contains(task)).collect();
        assert_eq!(others.len(), 1);
        others[0].cancel();
        assert_eq!(co.yield_from(reader.read(None))?, b"");
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
    assert!(reports.take().is_empty());
}

#[test]
fn a_server_ends_gracefully() {
    run_io(|co: &Co| {
        let slow = |co: &Co, reader: StreamReader, writer: StreamWriter| {
            while !co.yield_from(reader.readline())?.is_empty() {
                co.yield_from(sleep(millis(5)))?;
                writer.write(b"done\n")?;
            }
            Ok(())
        };
        let server = co.yield_from(start_server(slow, "127.0.0.1:0"))?;
        let address = address(&server);
        let (reader, writer) = co.yield_from(open_connection(address))?;
        writer.write(b"work\n")?;
        turns(co, 200)?;
        server.close();
        let waiting = create_task(server.wait_closed());
        assert!(
            co.yield_from(open_connection(address)).is_err(),
            "nobody new"
        );
        assert_eq!(
            co.yield_from(reader.readline())?,
            b"done\n",
            "who is there, is served"
        );
        assert!(!waiting.done());
        writer.write_eof()?;
        assert_eq!(co.yield_from(reader.read(None))?, b"");
        co.yield_from(waiting)
    })
    .unwrap();
}

#[test]
fn connections_that_do_not_end_can_be_ended() {
    run_io(|co: &Co| {
        let hold = |co: &Co, reader: StreamReader, writer: StreamWriter| {
            let end = co.yield_from(reader.read(None));
            assert_eq!(end?, b"");
            co.yield_from(writer.wait_closed())
        };
        let server = co.yield_from(start_server(hold, "127.0.0.1:0"))?;
        let (reader, _writer) = co.yield_from(open_connection(address(&server)))?;
        turns(co, 200)?;
        server.close();
        let waited = co.yield_from(wait_for(server.wait_closed(), millis(2)));
        assert!(waited.is_err());
        server.close_clients();
        co.yield_from(wait_for(server.wait_closed(), secs(5)))?;
        assert_eq!(co.yield_from(reader.read(None))?, b"");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_handler_needs_no_annotation_and_is_shared() {
    run_io(|co: &Co| {
        let count = Cell::new(0);
        let counter = start_server(
            move |co, reader, writer| loop {
                let line = co.yield_from(reader.readexactly(1))?;
                count.set(count.get() + usize::from(line[0]));
                writer.write(count.get().to_string().as_bytes())?;
            },
            "127.0.0.1:0",
        );
        let server = co.yield_from(counter)?;
        let mut kept = Vec::new();
        for expected in ["7", "14"] {
            let (reader, writer) = co.yield_from(open_connection(server.local_addr()?))?;
            writer.write(&[7])?;
            let answer = co.yield_from(reader.readexactly(expected.len()))?;
            assert_eq!(answer, expected.as_bytes());
            kept.push((reader, writer));
        }
        let others = all_tasks().into_iter().map(|task| task.to_string());
        let handlers = others.filter(|task| task.contains("a_handler_needs_no_annotation"));
        assert!(handlers.count() >= 2, "{:?}", all_tasks());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_closed_server_and_one_of_unix_sockets_have_no_ip_address() {
    let path = std::env::temp_dir().join(format!("yieldfrom-no-ip-{}", std::process::id()));
    let here = path.clone();
    run_io(move |co: &Co| {
        let server = co.yield_from(start_unix_server(|_, _, _| Ok(()), &here))?;
        let error = server.local_addr().unwrap_err().to_string();
        assert!(error.starts_with("local_addr: ") && error.contains("`sockets`"));
        let address = &server.sockets()[0];
        assert_eq!((address.ip(), address.port()), (None, None));
        server.close();
        let error = server.local_addr().unwrap_err().to_string();
        assert!(error.contains("closed"), "{error}");
        let server = co.yield_from(start_server(|_, _, _| Ok(()), "127.0.0.1:0"))?;
        let (address, first) = (server.local_addr()?, &server.sockets()[0]);
        assert_eq!(first.socket_addr(), Some(address));
        assert_eq!(
            (first.ip(), first.port()),
            (Some(address.ip()), Some(address.port()))
        );
        Ok(())
    })
    .unwrap();
    std::fs::remove_file(path).unwrap();
}
