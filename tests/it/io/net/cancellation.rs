//! Operations that are cancelled while they wait: nothing has happened, nothing is lost, and nobody
//! is counted as waiting.

use std::io::Write;
use std::rc::Rc;

use yieldfrom::net::TcpStream;
use yieldfrom::{Co, EventLoop, create_task};

use super::{both, join, listen, std_pair, tcp_pair, turns, unix_pair};

#[test]
fn who_is_woken_and_cancelled_in_one_turn_has_taken_nothing() {
    both(|co| {
        let (one, other) = tcp_pair()?;
        let one = Rc::new(one);
        let (first, second) = (Rc::clone(&one), Rc::clone(&one));
        let killer = create_task(move |co: &Co| {
            co.yield_from(first.readable())?;
            Ok(yieldfrom::all_tasks()
                .iter()
                .filter(|task| task.get_name() == "victim" && task.cancel())
                .count())
        });
        turns(co, 1)?;
        let victim = create_task(move |co: &Co| co.yield_from(second.read(&mut [0; 9])));
        victim.set_name("victim");
        turns(co, 1)?;
        co.yield_from(other.write_all(b"abc"))?;
        assert_eq!(co.yield_from(killer)?, 1);
        assert!(co.yield_from(victim).unwrap_err().is_cancelled());
        assert_eq!(co.yield_from(one.read(&mut [0; 9]))?, 3);
        Ok(())
    });
}

#[test]
fn a_connection_for_somebody_who_is_cancelled_goes_to_the_next() {
    both(|co| {
        let listener = listen(co)?;
        let tasks: Vec<_> = (0..5).map(|_| create_task(listener.accept())).collect();
        turns(co, 1)?;
        let _connected = std::net::TcpStream::connect(listener.local_addr()?)?;
        assert!(tasks[..4].iter().all(|task| task.cancel()));
        let _accepted = join(co, &tasks[4])?;
        assert!(tasks[..4].iter().all(|task| task.cancelled()));
        Ok(())
    });
}

#[test]
fn a_task_that_is_cancelled_in_its_turn_of_grace_has_taken_nothing() {
    both(|co| {
        let (one, other) = unix_pair()?;
        co.yield_from(other.write_all(&[1; 100]))?;
        let reader = create_task(move |co: &Co| {
            let mut n = 0;
            let end = loop {
                match co.yield_from(one.read_exact(&mut [0])) {
                    Ok(()) => n += 1,
                    Err(error) => break error,
                }
            };
            assert!(end.is_cancelled());
            // After 64 in a row it gave way.
            assert_eq!(n, 64);
            let mut rest = vec![0; 36];
            co.yield_from(one.read_exact(&mut rest))
        });
        co.yield_from(yieldfrom::yield_now())?;
        assert!(reader.cancel());
        co.yield_from(reader)
    });
}

#[test]
fn a_read_to_the_end_that_is_unwound_leaves_what_it_has_read() {
    struct Watched(Vec<u8>, Rc<std::cell::RefCell<Vec<u8>>>);
    impl Drop for Watched {
        fn drop(&mut self) {
            self.1.replace(std::mem::take(&mut self.0));
        }
    }
    let (one, mut other) = std_pair().unwrap();
    let (seen, event_loop) = (Rc::default(), EventLoop::new().unwrap());
    let mut watched = Watched(Vec::new(), Rc::clone(&seen));
    other.write_all(b"abc").unwrap();
    let reader = event_loop.create_task(move |co: &Co| {
        let stream = TcpStream::from_std(one)?;
        co.yield_from(stream.read_to_end(&mut watched.0))
    });
    crate::support::settle(&event_loop);
    drop((event_loop, reader));
    assert_eq!(*seen.borrow(), b"abc");
}
