//! A loop that is driven by a host program, which waits for the loop's descriptor.

use std::io::{Read, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, EventLoop};

use super::{reactors, std_pair};
use crate::support::{Watchdog, log_of, millis, secs};

/// Returns whether the loop's descriptor is readable within this time.
fn readable(event_loop: &EventLoop, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).unwrap();
    let fds = &mut [PollFd::new(event_loop, PollFlags::IN)];
    poll(fds, Some(&limit)).unwrap() > 0
}

/// Makes turns for as long as there is something to do.
fn drive(event_loop: &EventLoop) -> usize {
    (1..1000)
        .find(|_| !event_loop.turn(Some(Duration::ZERO)).unwrap())
        .expect("it comes to rest")
}

#[test]
fn the_descriptor_tells_when_a_socket_has_something() {
    for (name, builder) in reactors() {
        let _watchdog = Watchdog::start(name);
        let event_loop = builder.build().unwrap();
        let (one, mut peer) = std_pair().unwrap();
        let echo = event_loop.create_task(move |co: &Co| {
            let (stream, mut byte) = (TcpStream::from_std(one)?, [0]);
            while co.yield_from(stream.read(&mut byte))? > 0 {
                co.yield_from(stream.write_all(&byte))?;
            }
            Ok(())
        });
        drive(&event_loop);
        drive(&event_loop); // the socket was new: that can be written to is news
        assert!(!readable(&event_loop, Duration::ZERO));
        assert_eq!(event_loop.time_to_next(), None);
        let mut turns = 0;
        for n in 0..100 {
            peer.write_all(&[n]).unwrap();
            while !readable(&event_loop, Duration::ZERO) {
                assert!(readable(&event_loop, secs(5)), "it was told nothing");
            }
            turns += drive(&event_loop);
            let mut byte = [0];
            peer.read_exact(&mut byte).unwrap();
            assert_eq!(byte, [n]);
        }
        assert!(turns <= 400, "{turns}");
        drop(peer);
        assert!(readable(&event_loop, secs(5)));
        drive(&event_loop);
        assert!(echo.done());
    }
}

#[test]
fn a_host_that_only_makes_turns_gets_there_too() {
    for (name, builder) in reactors() {
        let _watchdog = Watchdog::start(name);
        let event_loop = builder.build().unwrap();
        let (one, mut peer) = std_pair().unwrap();
        let reader = event_loop.create_task(move |co: &Co| {
            let (stream, mut all) = (TcpStream::from_std(one)?, Vec::new());
            co.yield_from(stream.read_to_end(&mut all)).map(|_| all)
        });
        let writer = std::thread::spawn(move || {
            for n in 0..20 {
                peer.write_all(&[n; 1000]).unwrap();
                std::thread::yield_now();
            }
        });
        for _ in 0..10_000 {
            event_loop.turn(Some(millis(5))).unwrap();
            if reader.done() {
                break;
            }
        }
        writer.join().unwrap();
        assert_eq!(reader.take_result().unwrap().len(), 20_000);
    }
}

#[test]
fn a_reader_is_called_once_per_turn_of_the_host() {
    for (_, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let (one, mut peer) = std_pair().unwrap();
        let count = std::rc::Rc::new(std::cell::Cell::new(0));
        let counting = count.clone();
        event_loop
            .add_reader(&one, move || counting.set(counting.get() + 1))
            .unwrap();
        peer.write_all(b"abc").unwrap();
        for n in 1..=10 {
            assert!(
                readable(&event_loop, secs(5)),
                "level-triggered to the host as well"
            );
            event_loop.turn(Some(Duration::ZERO)).unwrap();
            assert_eq!(count.get(), n);
        }
        log_of(|| drop(event_loop));
    }
}
