//! test_events, test_selector_events and test_unix_events: what is cancelled ends at once, what is
//! empty is nothing, and errors.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use yieldfrom::{
    Co, EventLoop, RuntimeError, create_connection, create_connection_on, create_server,
    create_server_on, create_task, create_unix_connection, create_unix_server, get_running_loop,
};

use crate::support::{Recorder, failed_with, millis, run_io, secs};

#[test]
fn a_cancelled_operation_ends_at_once() {
    let event_loop = EventLoop::new().unwrap();
    let (one, _other) = UnixStream::pair().unwrap();
    one.set_nonblocking(true).unwrap();
    let task = event_loop
        .create_task(move |co: &Co| co.yield_from(get_running_loop()?.lend().sock_recv(&one, 9)));
    let cancelled = task.clone();
    event_loop
        .call_later(millis(5), move || assert!(cancelled.cancel()))
        .unwrap();
    event_loop.call_later(secs(600), || ()).unwrap();
    let began = Instant::now();
    assert!(
        event_loop
            .run_until_complete(task)
            .unwrap_err()
            .is_cancelled()
    );
    assert!(began.elapsed() < secs(60), "it waits for the next timer");
}

#[test]
fn a_loop_that_runs_is_not_closed_and_one_that_is_closed_does_not_run() {
    let event_loop = EventLoop::new().unwrap();
    let inner = event_loop.lend();
    event_loop
        .run_until_complete(move |_: &Co| {
            assert!(inner.is_running() && failed_with::<RuntimeError, _>(inner.close()));
            Ok(())
        })
        .unwrap();
    event_loop.close().unwrap();
    assert!(failed_with::<RuntimeError, _>(event_loop.run_forever()));
}

#[test]
fn writing_nothing_does_nothing() {
    run_io(|co: &Co| {
        let (ours, mut theirs) = UnixStream::pair()?;
        let (transport, recorder) = co.yield_from(create_connection_on(Recorder::default, ours))?;
        transport.write(b"")?;
        transport.writelines(["", ""])?;
        transport.writelines(["a", "", "bc"])?;
        assert_eq!(transport.get_write_buffer_size(), 0);
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        let mut text = String::new();
        theirs.read_to_string(&mut text)?;
        assert_eq!(
            (text.as_str(), recorder.journal.take()),
            ("abc", vec!["made".into(), "lost".into()])
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn callbacks_scheduled_from_a_callback_run_in_the_next_turn() {
    let event_loop = EventLoop::new().unwrap();
    let (sender, receiver) = std::sync::mpsc::channel();
    let (inner, later) = (event_loop.lend(), sender.clone());
    event_loop
        .call_soon(move || {
            inner
                .call_soon(move || later.send("second").unwrap())
                .unwrap();
            sender.send("first").unwrap();
        })
        .unwrap();
    event_loop.turn(Some(millis(0))).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["first"]);
    event_loop.turn(Some(millis(0))).unwrap();
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), ["second"]);
}

#[test]
fn a_task_of_a_stopped_run_goes_on_in_the_next() {
    let event_loop = EventLoop::new().unwrap();
    let stopper = event_loop.lend();
    let task = event_loop.create_task(move |co: &Co| {
        stopper.stop();
        co.yield_from(yieldfrom::yield_now())?;
        co.yield_from(create_task(|_: &Co| Ok(7)))
    });
    let stopped = event_loop.run_until_complete(&task);
    assert!(failed_with::<RuntimeError, _>(stopped) && !task.done());
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 7);
}

#[test]
fn sock_operations_take_nothing_for_an_answer_and_name_their_errors() {
    run_io(|co: &Co| {
        let event_loop = get_running_loop()?.lend();
        let (one, other) = UnixStream::pair()?;
        one.set_nonblocking(true)?;
        co.yield_from(event_loop.sock_sendall(&one, b""))?;
        drop(other);
        let broken = co
            .yield_from(event_loop.sock_sendall(&one, b"abc"))
            .unwrap_err();
        assert!(
            broken.to_string().starts_with("sock_sendall: Broken pipe"),
            "{broken}"
        );
        let deaf = co.yield_from(event_loop.sock_accept(&one)).unwrap_err();
        assert!(deaf.to_string().starts_with("sock_accept: "), "{deaf}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_unix_server_says_which_path_it_cannot_have() {
    run_io(|co: &Co| {
        let nowhere = "/no/such/folder/socket";
        let refused = co
            .yield_from(create_unix_server(Recorder::default, nowhere))
            .unwrap_err();
        assert!(refused.to_string().contains(nowhere), "{refused}");
        let refused = co.yield_from(create_unix_connection(Recorder::default, nowhere));
        assert!(refused.map(drop).unwrap_err().to_string().contains(nowhere));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_server_listens_for_both_families_at_one_port() {
    run_io(|co: &Co| {
        let Ok(six) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) else {
            return Ok(()); // no IPv6 here
        };
        let port = six.local_addr()?.port();
        drop(six);
        let everywhere = [
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)),
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)),
        ];
        let server = co.yield_from(create_server(Recorder::default, &everywhere[..]))?;
        assert_eq!(server.sockets().len(), 2);
        for host in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            let connection = create_connection(Recorder::default, (host, port));
            co.yield_from(connection)?.0.close();
        }
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}

#[test]
fn a_server_listens_on_a_socket_that_is_given() {
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let server = co.yield_from(create_server_on(Recorder::default, listener))?;
        assert_eq!(server.sockets(), [address.into()]);
        let (transport, recorder) = co.yield_from(create_connection(Recorder::default, address))?;
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        server.close();
        co.yield_from(server.wait_closed())
    })
    .unwrap();
}
