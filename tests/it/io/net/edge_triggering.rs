//! What goes wrong where readiness is told once: ends hidden behind data, news that came too early.

mod closed_directions;

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;

use yieldfrom::net::TcpStream;
use yieldfrom::{Co, Result, Task, create_task, gather, yield_now};

use super::{both, fill, pattern, std_pair, streams, turns};

/// Returns a task that reads once, and waits for that now.
fn waiting_read(co: &Co, stream: &Rc<TcpStream>, size: usize) -> Result<Task<usize>> {
    let stream = Rc::clone(stream);
    let task = create_task(move |co: &Co| co.yield_from(stream.read(&mut vec![0; size])));
    turns(co, 2)?;
    assert!(!task.done());
    Ok(task)
}

#[test]
fn data_and_the_end_come_together_before_the_reader_looks() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let first = waiting_read(co, &other, 100)?;
        co.yield_from(one.write_all(b"abc"))?;
        drop(one);
        assert_eq!(co.yield_from(first)?, 3);
        assert_eq!(co.yield_from(other.read(&mut [0; 100]))?, 0);
        assert_eq!(co.yield_from(other.read(&mut [0; 100]))?, 0, "for ever");
        Ok(())
    });
}

#[test]
fn the_end_comes_between_the_event_and_the_read() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let first = waiting_read(co, &other, 100)?;
        // Both tasks wake in one turn: the end comes after the event, and before the read.
        let (closing, woken) = (create_task(|_: &Co| Ok(())), Rc::clone(&other));
        co.yield_from(one.write_all(b"abc"))?;
        let closer = create_task(move |co: &Co| {
            co.yield_from(woken.readable())?;
            drop(one);
            Ok(())
        });
        co.yield_from(closing)?;
        assert_eq!(co.yield_from(first)?, 3);
        assert_eq!(co.yield_from(other.read(&mut [0; 100]))?, 0);
        co.yield_from(closer)
    });
}

#[test]
fn a_read_that_fits_exactly_tells_nothing_of_the_next() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let first = waiting_read(co, &other, 4)?;
        co.yield_from(one.write_all(b"abcdefgh"))?;
        assert_eq!(co.yield_from(first)?, 4);
        assert_eq!(co.yield_from(other.read(&mut [0; 4]))?, 4);
        let third = waiting_read(co, &other, 4)?;
        co.yield_from(one.write_all(b"ijkl"))?;
        assert_eq!(co.yield_from(third)?, 4);
        drop(one);
        assert_eq!(co.yield_from(other.read(&mut [0; 4]))?, 0);
        Ok(())
    });
}

#[test]
fn a_short_read_is_followed_by_more() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        for n in 1..20 {
            let read = waiting_read(co, &other, 100)?;
            co.yield_from(one.write_all(&pattern(n)))?;
            assert_eq!(co.yield_from(read)?, n);
        }
        Ok(())
    });
}

#[test]
fn what_comes_while_nobody_reads_is_not_forgotten() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let first = waiting_read(co, &other, 1)?;
        let sent = pattern(20_000);
        for piece in sent.chunks(100) {
            co.yield_from(one.write_all(piece))?;
            co.yield_from(yield_now())?;
        }
        turns(co, 3)?;
        assert_eq!(co.yield_from(first)?, 1);
        drop(one);
        let mut rest = Vec::new();
        co.yield_from(other.read_to_end(&mut rest))?;
        assert!(rest == sent[1..]);
        Ok(())
    });
}

#[test]
fn what_came_before_the_socket_was_registered_is_found() {
    streams(|co, one, other| {
        co.yield_from(one.write_all(b"abc"))?;
        // Waiting for room registers it for both directions; then there is an event for each.
        let mut written = fill(co, &other)?;
        turns(co, 2)?;
        assert_eq!(co.yield_from(other.read(&mut [0; 3]))?, 3);
        let other = Rc::new(other);
        let next = waiting_read(co, &other, 3)?;
        co.yield_from(one.write_all(b"def"))?;
        assert_eq!(co.yield_from(next)?, 3);
        let mut buffer = vec![0; 64 << 10];
        while written > 0 {
            written -= co.yield_from(one.read(&mut buffer))?;
        }
        Ok(())
    });
}

#[test]
fn a_slow_reader_gets_all() {
    streams(|co, one, other| {
        let sent = pattern(2 << 20);
        let expected = sent.clone();
        let writer = create_task(move |co: &Co| co.yield_from(one.write_all(&sent)));
        let (mut all, mut buffer, mut size) = (Vec::new(), vec![0; 40_000], 1);
        loop {
            size = size * 7 % 39_989 + 1;
            let n = co.yield_from(other.read(&mut buffer[..size]))?;
            if n == 0 {
                break;
            }
            all.extend_from_slice(&buffer[..n]);
            co.yield_from(yield_now())?;
        }
        assert!(all == expected);
        co.yield_from(writer)
    });
}

#[test]
fn a_byte_at_a_time_arrives() {
    streams(|co, one, other| {
        let reader = create_task(move |co: &Co| {
            let mut all = Vec::new();
            co.yield_from(other.read_to_end(&mut all))?;
            Ok(all)
        });
        let sent = pattern(500);
        for byte in &sent {
            co.yield_from(one.write_all(&[*byte]))?;
            co.yield_from(yield_now())?;
        }
        drop(one);
        assert!(co.yield_from(reader)? == sent);
        Ok(())
    });
}

#[test]
fn threads_on_the_other_side_come_at_any_time() {
    both(|co| {
        let (one, mut other) = std_pair()?;
        let (one, mut back) = (Rc::new(TcpStream::from_std(one)?), other.try_clone()?);
        let sent = pattern(3 << 20);
        let (from_thread, expected) = (sent.clone(), sent.clone());
        let writing = std::thread::spawn(move || {
            let mut random = fastrand::Rng::with_seed(1);
            let mut left = &from_thread[..];
            while !left.is_empty() {
                let n = random.usize(1..5000).min(left.len());
                std::io::Write::write_all(&mut other, &left[..n]).unwrap();
                left = &left[n..];
                if random.u8(..) < 20 {
                    std::thread::yield_now();
                }
            }
            other.shutdown(Shutdown::Write).unwrap();
        });
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            std::io::Read::read_to_end(&mut back, &mut all).unwrap();
            all
        });
        let writer = Rc::clone(&one);
        let task = create_task(move |co: &Co| {
            co.yield_from(writer.write_all(&sent))?;
            writer.shutdown(Shutdown::Write)
        });
        let (mut all, mut buffer) = (Vec::new(), vec![0; 6000]);
        let mut random = fastrand::Rng::with_seed(2);
        loop {
            let size = random.usize(1..6000);
            match co.yield_from(one.read(&mut buffer[..size]))? {
                0 => break,
                n => all.extend_from_slice(&buffer[..n]),
            }
        }
        co.yield_from(task)?;
        writing.join().unwrap();
        assert!(all == expected && reading.join().unwrap() == expected);
        Ok(())
    });
}

#[test]
fn two_who_wait_for_the_same_are_both_served() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let readers = [waiting_read(co, &other, 3)?, waiting_read(co, &other, 3)?];
        co.yield_from(one.write_all(b"abc"))?;
        turns(co, 3)?;
        assert_eq!(readers.iter().filter(|reader| reader.done()).count(), 1);
        co.yield_from(one.write_all(b"def"))?;
        assert_eq!(co.yield_from(gather(readers))?, [3, 3]);
        Ok(())
    });
}

#[test]
fn one_of_two_is_cancelled_and_the_other_served() {
    streams(|co, one, other| {
        let other = Rc::new(other);
        let first = waiting_read(co, &other, 3)?;
        let second = waiting_read(co, &other, 3)?;
        co.yield_from(one.write_all(b"abc"))?;
        first.cancel();
        assert_eq!(co.yield_from(second)?, 3);
        assert!(co.yield_from(first).unwrap_err().is_cancelled());
        Ok(())
    });
}

#[test]
fn who_never_has_to_wait_lets_others_run_all_the_same() {
    streams(|co, one, other| {
        let ticks = Rc::new(Cell::new(0));
        let counting = Rc::clone(&ticks);
        let ticker = create_task(move |co: &Co| {
            for n in 1..1_000_000 {
                counting.set(n);
                co.yield_from(yield_now())?;
            }
            Ok(())
        });
        for _ in 0..640 {
            co.yield_from(one.write_all(b"abc"))?;
            co.yield_from(other.read_exact(&mut [0; 3]))?;
        }
        let n = ticks.get();
        assert!((10..=64).contains(&n), "{n} turns for 1,280 operations");
        ticker.cancel();
        assert!(co.yield_from(ticker).unwrap_err().is_cancelled());
        Ok(())
    });
}
