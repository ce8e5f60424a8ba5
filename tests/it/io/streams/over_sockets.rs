//! Streams over sockets.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;

use yieldfrom::{
    Co, IncompleteReadError, Result, RuntimeError, StreamReader, StreamWriter, ValueError,
    create_task, open_connection, open_unix_connection, start_server, start_unix_server, wait_for,
};

use super::pair;
use crate::support::{failed_with, run_io, secs, turns, until};

/// Answers each line, until there is none.
fn echo(co: &Co, reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let line = co.yield_from(reader.readline())?;
        if line.is_empty() {
            return Ok(());
        }
        writer.write(&line)?;
        co.yield_from(writer.drain())?;
    }
}

fn talk(co: &Co, (reader, writer): (StreamReader, StreamWriter)) -> Result<()> {
    for i in 0..100 {
        let line = format!("line {i}\n");
        writer.write(line.as_bytes())?;
        co.yield_from(writer.drain())?;
        assert_eq!(co.yield_from(reader.readline())?, line.as_bytes());
    }
    writer.writelines(["a", "b\n"])?;
    writer.write_eof()?;
    assert_eq!(co.yield_from(reader.read(None))?, b"ab\n");
    assert!(reader.at_eof() && writer.can_write_eof());
    writer.close();
    co.yield_from(writer.wait_closed())?;
    co.yield_from(writer.wait_closed())
}

#[test]
fn echo_over_tcp() {
    run_io(|co: &Co| {
        let server = co.yield_from(start_server(echo, "127.0.0.1:0"))?;
        let address = server.local_addr()?;
        let ends = co.yield_from(open_connection(address))?;
        assert_eq!(ends.1.peername(), Some(address.into()));
        assert_ne!(ends.1.sockname(), ends.1.peername());
        talk(co, ends)?;
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn echo_over_a_unix_socket() {
    let path = std::env::temp_dir().join(format!("yieldfrom-echo-{}", std::process::id()));
    let here = path.clone();
    run_io(move |co: &Co| {
        let server = start_unix_server(echo, &here).limit(1000).backlog(3);
        let server = co.yield_from(server)?;
        talk(co, co.yield_from(open_unix_connection(&here).limit(1000))?)?;
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn many_connections_at_once() {
    run_io(|co: &Co| {
        let server = co.yield_from(start_server(echo, "127.0.0.1:0"))?;
        let address = server.local_addr()?;
        let clients: Vec<_> = (0..100)
            .map(|_| create_task(move |co: &Co| talk(co, co.yield_from(open_connection(address))?)))
            .collect();
        for client in clients {
            co.yield_from(client)?;
        }
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn connecting_where_nobody_listens_fails() {
    run_io(|co: &Co| {
        let gone = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let error = co.yield_from(open_connection(gone)).unwrap_err();
        assert!(error.to_string().contains(&gone.to_string()), "{error}");
        let kind = error
            .downcast_ref::<std::io::Error>()
            .map(std::io::Error::kind);
        assert_eq!(kind, Some(ErrorKind::ConnectionRefused));
        let wrong = co.yield_from(open_connection("no port"));
        assert!(failed_with::<ValueError, _>(wrong));
        let nothing = co.yield_from(open_connection(gone).limit(0));
        assert!(failed_with::<ValueError, _>(nothing));
        let nothing = co.yield_from(start_server(echo, "127.0.0.1:0").limit(0));
        assert!(failed_with::<ValueError, _>(nothing));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_writer_is_written_to_by_macros() {
    run_io(|co: &Co| {
        let ((_reader, mut writer), (theirs, _writer)) = pair(co)?;
        writeln!(writer, "{}, {}", 1, 2)?;
        write!(&writer, "end")?;
        writer.flush()?;
        assert_eq!(co.yield_from(theirs.readline())?, b"1, 2\n");
        assert_eq!(co.yield_from(theirs.read(9))?, b"end");
        writer.write_eof()?;
        assert!(failed_with::<RuntimeError, _>(StreamWriter::write(
            &writer, b"more"
        )));
        let error = write!(writer, "more").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        Ok(())
    })
    .unwrap();
}

#[test]
fn drain_waits_until_there_is_room() {
    run_io(|co: &Co| {
        let ((_reader, writer), (theirs, _writer)) = pair(co)?;
        let before = writer.clone();
        let unblocked = create_task(before.drain());
        writer.write(&vec![7; 4 << 20])?;
        let waiting = [(); 3].map(|()| create_task(writer.drain()));
        turns(co, 10)?;
        assert!(unblocked.done() == waiting[0].done() && !waiting[2].done());
        waiting[1].cancel();
        let data = co.yield_from(theirs.readexactly(4 << 20))?;
        assert_eq!(data.len(), 4 << 20);
        for (i, waiting) in waiting.into_iter().enumerate() {
            assert_eq!(co.yield_from(waiting).is_err(), i == 1);
        }
        assert!(writer.transport().get_write_buffer_size() <= 16 << 10);
        co.yield_from(unblocked)
    })
    .unwrap();
}

#[test]
fn a_peer_that_never_reads_costs_little_memory() {
    run_io(|co: &Co| {
        let ((_reader, writer), _theirs) = pair(co)?;
        let pouring = writer.clone();
        let pour = create_task(move |co: &Co| {
            loop {
                pouring.write(&[7; 1000])?;
                co.yield_from(pouring.drain())?;
            }
            #[allow(unreachable_code, reason = "it gives the type")]
            Ok(())
        });
        let mut passed = 0;
        until(co, || {
            passed += 1;
            passed > 300
        })?;
        assert!(!pour.done());
        assert!(writer.transport().get_write_buffer_size() <= (64 << 10) + 1000);
        pour.cancel();
        writer.transport().abort();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_reader_that_nobody_reads_stops_the_peer() {
    run_io(|co: &Co| {
        let ((reader, ours), (_theirs, writer)) = pair(co)?;
        writer.write(&vec![7; 4 << 20])?;
        until(co, || !ours.transport().is_reading())?;
        turns(co, 300)?;
        assert!(writer.transport().get_write_buffer_size() > 3 << 20);
        let held = format!("{reader:?}");
        let bytes: usize = held.split(' ').nth(1).unwrap().parse()?;
        assert!(
            bytes > 128 << 10 && bytes <= (128 << 10) + (64 << 10),
            "{held}"
        );
        assert!(held.contains(" paused"), "{held}");

        let first = co.yield_from(reader.readexactly(bytes - (64 << 10) - 1))?;
        assert!(
            !ours.transport().is_reading(),
            "more than the limit is left"
        );
        co.yield_from(reader.read(1))?;
        assert!(ours.transport().is_reading());
        let rest = (4 << 20) - first.len() - 1;
        assert_eq!(co.yield_from(reader.readexactly(rest))?.len(), rest);
        Ok(())
    })
    .unwrap();
}

#[test]
fn more_than_the_limit_can_be_read_exactly() {
    run_io(|co: &Co| {
        let ((_reader, writer), (reader, _writer)) = pair(co)?;
        writer.write(&vec![7; 1 << 20])?;
        until(co, || format!("{reader:?}").contains(" paused"))?;
        assert_eq!(co.yield_from(reader.readexactly(1 << 20))?.len(), 1 << 20);
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_connection_is_closed_with_its_last_end() {
    run_io(|co: &Co| {
        let ((reader, writer), (theirs, _keep)) = pair(co)?;
        drop(writer);
        turns(co, 200)?;
        assert!(!theirs.at_eof(), "there is a reader");
        let copy = reader.clone();
        drop(reader);
        turns(co, 200)?;
        assert!(!theirs.at_eof());
        drop(copy);
        assert_eq!(co.yield_from(theirs.read(None))?, b"");
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_was_written_before_the_ends_were_dropped_arrives() {
    run_io(|co: &Co| {
        let (ours, (theirs, _writer)) = pair(co)?;
        ours.1.write(&vec![7; 3 << 20])?;
        drop(ours);
        assert_eq!(co.yield_from(theirs.read(None))?.len(), 3 << 20);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_peer_that_ends_its_half_can_still_be_answered() {
    run_io(|co: &Co| {
        let ((reader, writer), (theirs, answer)) = pair(co)?;
        writer.write(b"question")?;
        writer.write_eof()?;
        assert_eq!(co.yield_from(theirs.read(None))?, b"question");
        answer.write(b"answer")?;
        answer.close();
        assert_eq!(co.yield_from(reader.readexactly(6))?, b"answer");
        let end = co.yield_from(wait_for(reader.readexactly(1), secs(5)));
        assert!(failed_with::<IncompleteReadError, _>(end));
        Ok(())
    })
    .unwrap();
}
