//! Callbacks that are replaced and removed, by others and by themselves.

use std::cell::RefCell;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::rc::Rc;

use crate::support::Census;

use super::{counter, on_each, pair, turn, write};

#[test]
fn another_callback_takes_the_place_of_the_first() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let census = Census::default();
        let ((first, callback), value) = (counter(), census.one());
        let mut callback = callback;
        let holding = move || {
            let _value = &value;
            callback();
        };
        event_loop.add_reader(&one, holding).unwrap();
        write(&other, b"abc");
        turn(event_loop);
        let (second, callback) = counter();
        event_loop.add_reader(&one, callback).unwrap();
        assert_eq!(census.live(), 0, "the first was dropped");
        turn(event_loop);
        assert_eq!((first.get(), second.get()), (1, 1));
        assert!(event_loop.remove_reader(&one));
        assert!(!event_loop.remove_reader(&one));
    });
}

#[test]
fn a_callback_replaces_itself() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let (count, callback) = counter();
        let callback = RefCell::new(Some(callback));
        let (inner, socket) = (event_loop.lend(), Rc::clone(&one));
        // The loop is kept by a callback that is gone at the end.
        let replacing = move || {
            let next = callback.take().expect("called once");
            inner.add_reader(&socket, next).unwrap();
        };
        event_loop.add_reader(&one, replacing).unwrap();
        write(&other, b"abc");
        turn(event_loop);
        assert_eq!(count.get(), 0);
        turn(event_loop);
        assert_eq!(count.get(), 1);
        assert!(event_loop.remove_reader(&one));
    });
}

#[test]
fn a_callback_removes_itself() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let (count, mut callback) = counter();
        let (inner, socket) = (event_loop.clone(), Rc::clone(&one));
        let removing = move || {
            callback();
            assert!(inner.remove_reader(&socket));
            assert!(!inner.remove_reader(&socket));
        };
        event_loop.add_reader(&one, removing).unwrap();
        write(&other, b"abc");
        turn(event_loop);
        turn(event_loop);
        assert_eq!(count.get(), 1);
    });
}

#[test]
fn a_callback_that_was_removed_in_its_own_turn_is_not_called() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let called: Rc<RefCell<Vec<&str>>> = Rc::default();
        for (name, this, that) in [("one", &one, &other), ("other", &other, &one)] {
            let (called, that) = (Rc::clone(&called), Rc::clone(that));
            let inner = event_loop.clone();
            let callback = move || {
                called.borrow_mut().push(name);
                inner.remove_reader(&that);
            };
            event_loop.add_reader(this, callback).unwrap();
        }
        write(&one, b"abc");
        write(&other, b"abc");
        turn(event_loop);
        turn(event_loop);
        let called = called.take();
        assert_eq!(called.len(), 2);
        assert_eq!(called[0], called[1], "the other one was removed first");
        event_loop.remove_reader(&one);
        event_loop.remove_reader(&other);
    });
}

#[test]
fn a_number_that_is_used_again_is_another_descriptor() {
    on_each(|event_loop| {
        let (one, other) = pair();
        let (first, callback) = counter();
        event_loop.add_reader(&one, callback).unwrap();
        turn(event_loop);
        let number = one.as_raw_fd();
        drop((one, other));
        // Without having been removed: asyncio allows that.
        let (again, peer) = take_number(number);
        let (second, callback) = counter();
        event_loop.add_reader(&again, callback).unwrap();
        write(&peer, b"abc");
        turn(event_loop);
        assert_eq!((first.get(), second.get()), (0, 1));
        assert!(event_loop.remove_reader(&again));
        turn(event_loop);
        assert_eq!(second.get(), 1);
        assert!(!event_loop.remove_reader(&again));
    });
}

/// Makes a pair of sockets, one of which has this number if nobody else took it; tests run at the
/// same time.
fn take_number(number: i32) -> (OwnedFd, UnixStream) {
    let mut others = Vec::new();
    loop {
        let (one, other) = UnixStream::pair().unwrap();
        if one.as_raw_fd() == number || others.len() > 50 {
            return (one.into(), other);
        }
        if other.as_raw_fd() == number {
            return (other.into(), one);
        }
        others.push((one, other));
    }
}
