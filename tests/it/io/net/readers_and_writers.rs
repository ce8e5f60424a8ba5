//! `add_reader`, `add_writer` and their counterparts.

mod replaced;

use std::cell::Cell;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{DeadlockError, EventLoop, RuntimeError};

use super::reactors;
use crate::support::{Census, Watchdog, failed_with, log_of, settle};

/// Runs this on a loop with each reactor; nothing may be waited for at the end.
fn on_each(test: impl Fn(&EventLoop)) {
    for (name, builder) in reactors() {
        let _watchdog = Watchdog::start(name);
        let event_loop = builder.build().unwrap();
        test(&event_loop);
        assert!(failed_with::<DeadlockError, _>(event_loop.run_forever()));
    }
}

/// Makes a turn that does not wait.
fn turn(event_loop: &EventLoop) {
    event_loop.turn(Some(Duration::ZERO)).unwrap();
}

/// Returns two sockets that do not block; they can be shared with callbacks.
fn pair() -> (Rc<UnixStream>, Rc<UnixStream>) {
    let (one, other) = UnixStream::pair().unwrap();
    one.set_nonblocking(true).unwrap();
    other.set_nonblocking(true).unwrap();
    (Rc::new(one), Rc::new(other))
}

fn write(mut socket: &UnixStream, bytes: &[u8]) {
    socket.write_all(bytes).unwrap();
}

fn read(mut socket: &UnixStream) -> usize {
    socket.read(&mut [0; 100]).unwrap()
}

/// A counter, and a callback that counts.
fn counter() -> (Rc<Cell<usize>>, impl FnMut() + 'static) {
    let count = Rc::new(Cell::new(0));
    let counting = Rc::clone(&count);
    (count, move || counting.set(counting.get() + 1))
}

#[test]
fn a_reader_is_called_once_in_each_turn_for_as_long_as_something_is_unread() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let (count, callback) = counter();
        event_loop.add_reader(&one, callback).unwrap();
        turn(event_loop);
        assert_eq!(count.get(), 0);
        write(&other, b"abc");
        for n in 1..=5 {
            turn(event_loop);
            assert_eq!(count.get(), n);
        }
        read(&one);
        turn(event_loop);
        assert_eq!(count.get(), 5);
        drop(other);
        turn(event_loop);
        assert_eq!((count.get(), read(&one)), (6, 0), "the end can be read");
        assert!(event_loop.remove_reader(&one));
        assert!(!event_loop.remove_reader(&one));
        turn(event_loop);
        assert_eq!(count.get(), 6);
    });
}

#[test]
fn a_writer_is_called_while_there_is_room() {
    on_each(|event_loop| {
        let (one, mut other) = pair();
        let (count, callback) = counter();
        event_loop.add_writer(&one, callback).unwrap();
        turn(event_loop);
        turn(event_loop);
        assert_eq!(count.get(), 2);
        while (&*one).write(&[0; 1000]).is_ok() {}
        turn(event_loop);
        assert_eq!(count.get(), 2);
        let peer = Rc::get_mut(&mut other).unwrap();
        while peer.read(&mut [0; 1000]).is_ok() {}
        turn(event_loop);
        assert_eq!(count.get(), 3);
        assert!(!event_loop.remove_reader(&one));
        assert!(event_loop.remove_writer(&one));
        assert!(!event_loop.remove_writer(&one));
    });
}

#[test]
fn a_turn_in_which_a_thread_wakes_the_loop_calls_a_reader_once_too() {
    on_each(|event_loop| {
        let (one, other) = pair();
        // One that blocks, such as the standard input, must not be read from in vain.
        one.set_nonblocking(false).unwrap();
        let (count, mut callback) = counter();
        let reading = Rc::clone(&one);
        let byte_by_byte = move || {
            callback();
            (&*reading).read_exact(&mut [0]).unwrap();
        };
        event_loop.add_reader(&one, byte_by_byte).unwrap();
        for n in 1..=3 {
            write(&other, b"ab");
            let handle = event_loop.handle();
            let sender = std::thread::spawn(move || handle.call_soon_threadsafe(|| ()).unwrap());
            sender.join().unwrap();
            turn(event_loop);
            assert_eq!(count.get(), 2 * n - 1);
            turn(event_loop);
            assert_eq!(count.get(), 2 * n);
        }
        event_loop.remove_reader(&one);
    });
}

#[test]
fn reader_and_writer_of_one_descriptor_are_independent() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let ((reads, reader), (writes, writer)) = (counter(), counter());
        event_loop.add_reader(&one, reader).unwrap();
        event_loop.add_writer(&one, writer).unwrap();
        turn(event_loop);
        assert_eq!((reads.get(), writes.get()), (0, 1));
        write(&other, b"abc");
        turn(event_loop);
        assert_eq!((reads.get(), writes.get()), (1, 2));
        assert!(event_loop.remove_writer(&one));
        turn(event_loop);
        assert_eq!((reads.get(), writes.get()), (2, 2));
        assert!(event_loop.remove_reader(&one));
        turn(event_loop);
        assert_eq!((reads.get(), writes.get()), (2, 2));
    });
}

#[test]
fn a_callback_that_panics_is_reported_and_called_again() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let (count, mut callback) = counter();
        let panicking = move || {
            callback();
            std::panic::resume_unwind(Box::new("quiet"));
        };
        let here = line!() + 1;
        event_loop.add_reader(&one, panicking).unwrap();
        write(&other, b"abc");
        let (logged, ()) = log_of(|| {
            turn(event_loop);
            turn(event_loop);
        });
        assert_eq!((count.get(), logged.len()), (2, 2), "{logged:?}");
        assert!(logged[0].contains("Exception in callback") && logged[0].contains("quiet"));
        assert!(
            logged[0].contains(&format!("{}:{here}", file!())),
            "{}",
            logged[0]
        );
        event_loop.remove_reader(&one);
    });
}

#[test]
fn a_closed_loop_refuses_callbacks_and_drops_those_it_has() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, _other) = pair();
        let census = Census::default();
        let value = census.one();
        event_loop
            .add_reader(&one, move || drop(Rc::clone(&value)))
            .unwrap();
        event_loop.close().unwrap();
        assert_eq!(census.live(), 0);
        assert!(failed_with::<RuntimeError, _>(
            event_loop.add_reader(&one, || ())
        ));
        assert!(failed_with::<RuntimeError, _>(
            event_loop.add_writer(&one, || ())
        ));
        assert!(!event_loop.remove_reader(&one) && !event_loop.remove_writer(&one));
    }
}

#[test]
fn a_callback_keeps_its_loop_no_longer_than_it_is_registered() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, other) = pair();
        let census = Census::default();
        let (inner, socket, value) = (event_loop.clone(), Rc::clone(&one), census.one());
        let removing = move || {
            let _value = &value;
            inner.remove_reader(&socket);
        };
        event_loop.add_reader(&one, removing).unwrap();
        write(&other, b"abc");
        turn(&event_loop);
        assert_eq!(census.live(), 0);
        settle(&event_loop);
    }
}

#[test]
fn what_cannot_be_waited_for_is_refused() {
    on_each(|event_loop| {
        let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
        let error = event_loop.add_reader(&file, || ()).unwrap_err();
        assert!(error.to_string().starts_with("add_reader: "), "{error}");
        assert!(error.to_string().contains("regular file"), "{error}");
        assert!(!event_loop.remove_reader(&file));
    });
}

#[test]
fn thousands_of_readers_are_all_called() {
    on_each(|event_loop| {
        let pairs: Vec<_> = (0..1100).map(|_| pair()).collect();
        let (count, _) = counter();
        for (one, other) in &pairs {
            let (counting, socket) = (Rc::clone(&count), Rc::clone(one));
            event_loop
                .add_reader(one, move || counting.set(counting.get() + read(&socket)))
                .unwrap();
            write(other, b"a");
        }
        for _ in 0..5 {
            turn(event_loop);
        }
        assert_eq!(count.get(), 1100);
        assert!(pairs.iter().all(|(one, _)| event_loop.remove_reader(one)));
    });
}
