//! Streams that are taken apart, or held several times.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;

use yieldfrom::{Co, ValueError, create_task, gather, yield_now};

use super::{pattern, streams};
use crate::support::failed_with;

#[test]
fn halves_are_used_by_two_tasks_in_both_directions_at_once() {
    streams(|co, one, other| {
        let sent = Rc::new(pattern(1 << 20));
        let tasks = [one, other].map(|stream| {
            let (reader, writer) = stream.into_split();
            let sent = Rc::clone(&sent);
            let write = Rc::clone(&sent);
            let writer = create_task(move |co: &Co| co.yield_from(writer.write_all(&write)));
            let reader = create_task(move |co: &Co| {
                let mut all = Vec::new();
                co.yield_from(reader.read_to_end(&mut all))?;
                assert!(all == *sent);
                Ok(())
            });
            [writer, reader]
        });
        co.yield_from(gather(tasks.into_iter().flatten()))?;
        Ok(())
    });
}

#[test]
fn a_dropped_writing_half_is_the_end_and_a_dropped_reading_half_is_nothing() {
    streams(|co, one, other| {
        let (reader, writer) = one.into_split();
        drop(writer);
        assert_eq!(co.yield_from(other.read(&mut [0; 9]))?, 0);
        co.yield_from(other.write_all(b"abc"))?;
        co.yield_from(reader.read_exact(&mut [0; 3]))?;
        let (reader_2, writer_2) = other.into_split();
        drop(reader_2);
        co.yield_from(writer_2.write_all(b"abc"))?;
        co.yield_from(reader.read_exact(&mut [0; 3]))
    });
}

#[test]
fn halves_can_be_whole_again() {
    streams(|co, one, other| {
        let (reader, writer) = one.into_split();
        let one = reader.reunite(writer)?;
        co.yield_from(one.write_all(b"abc"))?;
        co.yield_from(other.read_exact(&mut [0; 3]))?;
        let (reader, _writer) = one.into_split();
        let (_reader, writer) = other.into_split();
        assert!(failed_with::<ValueError, _>(reader.reunite(writer)));
        Ok(())
    });
}

#[test]
fn borrowed_halves_work_beside_each_other() {
    streams(|co, one, other| {
        let (reader, writer) = one.split();
        co.yield_from(writer.write_all(b"abc"))?;
        let (other_reader, other_writer) = other.split();
        let mut buffer = [0; 3];
        co.yield_from(other_reader.read_exact(&mut buffer))?;
        co.yield_from(other_writer.write_all(&buffer))?;
        co.yield_from(reader.readable())?;
        co.yield_from(reader.read_exact(&mut buffer))?;
        assert_eq!(&buffer, b"abc");
        Ok(())
    });
}

#[test]
fn each_byte_goes_to_one_of_several_readers() {
    streams(|co, one, other| {
        let (other, sum) = (Rc::new(other), Rc::new(Cell::new(0)));
        let readers: Vec<_> = (0..50)
            .map(|_| {
                let (other, sum) = (Rc::clone(&other), Rc::clone(&sum));
                create_task(move |co: &Co| {
                    let mut byte = [0];
                    for _ in 0..4 {
                        co.yield_from(other.read_exact(&mut byte))?;
                        sum.set(sum.get() + u32::from(byte[0]));
                    }
                    Ok(())
                })
            })
            .collect();
        for n in 0..200_u8 {
            if n % 7 == 0 {
                co.yield_from(yield_now())?;
            }
            co.yield_from(one.write_all(&[n]))?;
        }
        co.yield_from(gather(readers))?;
        assert_eq!(sum.get(), (0..200_u32).sum::<u32>());
        Ok(())
    });
}

#[test]
fn clones_share_the_connection_and_have_lives_of_their_own() {
    streams(|co, one, other| {
        let clone = other.try_clone()?;
        let readers = [other, clone].map(|stream| {
            create_task(move |co: &Co| {
                let mut byte = [0];
                co.yield_from(stream.read_exact(&mut byte))?;
                Ok(byte[0])
            })
        });
        co.yield_from(yield_now())?;
        co.yield_from(one.write_all(b"a"))?;
        let [first, second] = readers;
        while !first.done() && !second.done() {
            co.yield_from(yield_now())?;
        }
        co.yield_from(one.write_all(b"b"))?;
        let mut bytes = co.yield_from(gather([first, second]))?;
        bytes.sort_unstable();
        assert_eq!(bytes, b"ab");
        Ok(())
    });
}

#[test]
fn the_end_comes_when_the_last_clone_is_gone() {
    streams(|co, one, other| {
        let clone = one.try_clone()?;
        drop(one);
        co.yield_from(clone.write_all(b"abc"))?;
        clone.shutdown(Shutdown::Write)?;
        let mut all = Vec::new();
        co.yield_from(other.read_to_end(&mut all))?;
        assert_eq!(all, b"abc");
        Ok(())
    });
}
