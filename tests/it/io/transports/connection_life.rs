//! The life of a connection, from one callback to the next.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use yieldfrom::{
    Co, EventLoop, Protocol, Result, RuntimeError, Transport, create_connection,
    create_connection_on, create_server, create_task, net, yield_now,
};

use crate::support::{
    Census, Journal, Recorder, failed_with, run_io, run_io_on, settle, turns, until,
};

fn recorder_on(co: &Co, socket: UnixStream) -> Result<(Transport, Rc<Recorder>)> {
    co.yield_from(create_connection_on(Recorder::default, socket))
}

#[test]
fn protocols_are_told_in_order() {
    let (journal, theirs) = (Journal::default(), Journal::default());
    let (here, there) = (journal.clone(), theirs.clone());
    run_io(move |co: &Co| {
        let factory = move || Recorder::noting(&there);
        let server = co.yield_from(create_server(factory, "127.0.0.1:0"))?;
        let address = server.local_addr()?;
        let client = create_connection(move || Recorder::noting(&here), address);
        let (transport, client) = co.yield_from(client)?;
        assert_eq!(client.journal.take(), ["made"], "before it returns");
        transport.writelines(["he", "llo"])?;
        transport.write_eof()?;
        assert!(transport.can_write_eof() && transport.ptr_eq(&transport.clone()));
        co.yield_from(client.lost.wait())?;
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
    assert_eq!(theirs.take(), ["made", "data hello", "eof", "lost"]);
    assert_eq!(journal.take(), ["eof", "lost"]);
}

#[test]
fn nothing_is_read_before_connection_made_and_made_comes_in_a_turn_of_its_own() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        theirs.write_all(b"early")?;
        let (transport, recorder) = recorder_on(co, ours)?;
        let shown = format!("{transport:?}");
        assert!(
            shown.contains("read=polling write=<idle, bufsize=0>"),
            "{shown}"
        );
        assert_eq!(recorder.journal.take(), ["made"]);
        until(co, || !recorder.received.borrow().is_empty())?;
        assert_eq!(recorder.journal.take(), ["data early"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_connection_whose_task_is_cancelled_before_it_is_made_is_closed() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        theirs.set_nonblocking(true)?;
        let opening = create_task(move |co: &Co| recorder_on(co, ours).map(drop));
        co.yield_from(yield_now())?;
        opening.cancel();
        let cancelled = co.yield_from(&opening);
        assert!(cancelled.is_err_and(|error| error.is_cancelled()));
        for _ in 0..5 {
            co.yield_from(yield_now())?;
        }
        assert_eq!(theirs.read(&mut [0; 8])?, 0, "the end of file");
        Ok(())
    })
    .unwrap();
}

#[test]
fn small_writes_are_not_held_back() {
    run_io(|co: &Co| {
        let server = co.yield_from(create_server(Recorder::default, "127.0.0.1:0"))?;
        let socket = TcpStream::connect(server.local_addr()?)?;
        let same = socket.try_clone()?;
        assert!(!same.nodelay()?);
        co.yield_from(create_connection_on(Recorder::default, socket))?;
        assert!(same.nodelay()?);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_half_that_is_kept_open_can_still_write() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, recorder) = recorder_on(co, ours)?;
        recorder.keep_open.set(true);
        recorder.journal.take();
        theirs.shutdown(std::net::Shutdown::Write)?;
        until(co, || !recorder.journal.take().is_empty())?;
        turns(co, 3)?;
        transport.write(b"still here")?;
        let mut buffer = [0; 10];
        theirs.read_exact(&mut buffer)?;
        assert_eq!(&buffer, b"still here");
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["lost"], "the end is told once");
        Ok(())
    })
    .unwrap();
}

#[test]
fn reading_can_be_paused_and_resumed() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, recorder) = recorder_on(co, ours)?;
        assert!(transport.is_reading());
        transport.pause_reading();
        transport.pause_reading();
        assert!(!transport.is_reading());
        theirs.write_all(b"one")?;
        turns(co, 200)?;
        assert_eq!(recorder.journal.take(), ["made"]);
        transport.resume_reading();
        transport.resume_reading();
        until(co, || !recorder.received.borrow().is_empty())?;
        theirs.write_all(b"two")?;
        until(co, || recorder.received.borrow().len() == 6)?;
        assert_eq!(recorder.journal.take(), ["data one", "data two"]);
        transport.close();
        transport.pause_reading();
        transport.resume_reading();
        assert!(!transport.is_reading());
        Ok(())
    })
    .unwrap();
}

#[test]
fn much_data_comes_in_pieces_and_the_others_have_their_turns() {
    run_io(|co: &Co| {
        let (ours, theirs) = UnixStream::pair()?;
        let (_, recorder) = recorder_on(co, ours)?;
        let (sender, _) = recorder_on(co, theirs)?;
        let data: Vec<u8> = (0..3_000_000_u32).map(|i| (i / 7) as u8).collect();
        sender.write(&data)?;
        let mut passed = 0;
        until(co, || {
            passed += 1;
            recorder.received.borrow().len() == data.len()
        })?;
        assert!(passed > 20, "{passed}");
        assert!(*recorder.received.borrow() == data);
        Ok(())
    })
    .unwrap();
}

#[test]
fn data_that_comes_with_the_end_is_not_lost() {
    for size in [1, 65_535, 65_536, 65_537, 200_000] {
        run_io(move |co: &Co| {
            let (ours, theirs) = UnixStream::pair()?;
            let (sender, _) = recorder_on(co, theirs)?;
            sender.write(&vec![7; size])?;
            sender.close();
            let (_, recorder) = recorder_on(co, ours)?;
            co.yield_from(recorder.lost.wait())?;
            assert_eq!(recorder.received.borrow().len(), size);
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn a_protocol_can_be_changed() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, first) = recorder_on(co, ours)?;
        let second = Rc::new(Recorder::default());
        transport.set_protocol(Rc::clone(&second) as Rc<dyn Protocol>);
        theirs.write_all(b"hello")?;
        drop(theirs);
        co.yield_from(second.lost.wait())?;
        assert_eq!(first.journal.take(), ["made"]);
        assert_eq!(second.journal.take(), ["data hello", "eof", "lost"]);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_socket_that_is_used_elsewhere_is_refused() {
    run_io(|co: &Co| {
        let (ours, theirs) = net::UnixStream::pair()?;
        let (_reader, writer) = ours.into_split();
        drop(writer);
        co.yield_from(create_connection_on(Recorder::default, theirs))
            .map(drop)
    })
    .unwrap();
}

#[test]
fn writing_after_write_eof_is_misuse() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, _) = recorder_on(co, ours)?;
        transport.write(b"all")?;
        transport.write_eof()?;
        transport.write_eof()?;
        assert!(failed_with::<RuntimeError, _>(transport.write(b"more")));
        let mut text = String::new();
        theirs.read_to_string(&mut text)?;
        assert_eq!(text, "all");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_connection_lives_without_handles_and_ends_with_its_loop() {
    let census = Census::default();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let event_loop = EventLoop::new().unwrap();
    /// Keeps its own transport alive, as many protocols do.
    struct Cyclic(Recorder, #[allow(dead_code, reason = "it counts")] Rc<()>);
    impl Protocol for Cyclic {
        fn connection_made(&self, transport: &Transport) -> Result<()> {
            self.0.connection_made(transport)
        }

        fn data_received(&self, data: &[u8]) -> Result<()> {
            self.0.transport.borrow().as_ref().unwrap().write(data)
        }
    }
    let one = census.one();
    let connect = move |co: &Co| {
        let connection = create_connection_on(|| Cyclic(Recorder::default(), one), ours);
        co.yield_from(connection).map(drop)
    };
    run_io_on(&event_loop, connect).unwrap();
    theirs.write_all(b"echo").unwrap();
    settle(&event_loop);
    event_loop.turn(Some(crate::support::millis(100))).unwrap();
    settle(&event_loop);
    let mut buffer = [0; 4];
    theirs.read_exact(&mut buffer).unwrap();
    assert_eq!(census.live(), 1);
    event_loop.close().unwrap();
    assert_eq!(census.live(), 0, "the cycle is broken");
    assert_eq!(theirs.read(&mut buffer).unwrap(), 0, "the socket is closed");
}

#[test]
fn a_transport_of_a_closed_loop_does_nothing() {
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let event_loop = EventLoop::new().unwrap();
    let connect = move |co: &Co| recorder_on(co, ours);
    let (transport, recorder) = run_io_on(&event_loop, connect).unwrap();
    event_loop.close().unwrap();
    transport.write(b"nothing").unwrap();
    transport.write_eof().unwrap();
    transport.resume_reading();
    transport.close();
    transport.abort();
    assert!(transport.is_closing() && transport.fd().is_none());
    assert_eq!(
        recorder.journal.take(),
        ["made"],
        "nothing can be told any more"
    );
}
