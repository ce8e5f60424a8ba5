//! What works over any stream: memory, buffers, copies, and asyncio's reader and writer.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::streams::{
    BufReader, Duplex, Read, Write, copy_bidirectional, duplex, open_connection_over,
};
use yieldfrom::{Co, Result, create_task, sleep, timeout, wait_for};

use crate::support::{run_virtual, turns};

#[test]
fn a_line_whose_reading_was_cancelled_is_read_whole() {
    run_virtual(|co| {
        let (one, other) = duplex(64);
        let lines = BufReader::new(other);
        for part in ["tax", "i", " 7\nfl"] {
            co.yield_from(one.write_all(part.as_bytes()))?;
            if !part.contains('\n') {
                let late = timeout(1, |co| co.yield_from(lines.line()));
                assert!(co.yield_from(late).is_err(), "{part:?} is no line");
            }
        }
        assert_eq!(co.yield_from(lines.line())?.as_deref(), Some("taxi 7"));
        co.yield_from(one.write_all(b"ag\n"))?;
        assert_eq!(co.yield_from(lines.line())?.as_deref(), Some("flag"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn one_at_a_time_waits_for_a_buffered_reader_also_with_a_large_buffer() {
    run_virtual(|co| {
        let (_one, other) = duplex(64);
        let lines = Rc::new(BufReader::new(other));
        let first = Rc::clone(&lines);
        let waiting = create_task(move |co: &Co| co.yield_from(first.line()));
        turns(co, 2)?;
        let mut buffer = vec![0; 1 << 16];
        let second = wait_for(|co: &Co| co.yield_from(lines.read(&mut buffer)), 1);
        let error = co.yield_from(second).unwrap_err();
        assert!(error.to_string().contains("one at a time"), "{error}");
        waiting.cancel();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stream_is_dropped_when_its_writer_is_closed_after_its_half_was_ended() {
    run_virtual(|co| {
        let (near, far) = duplex(64);
        let near = Rc::new(near);
        let over = open_connection_over(Rc::clone(&near));
        let (reader, writer) = co.yield_from(over)?;
        writer.write(b"all")?;
        writer.write_eof()?;
        assert_eq!(co.yield_from(far.read_to_string())?, "all");
        drop((reader, writer));
        // The far end never ends its half.
        co.yield_from(sleep(60))?;
        assert_eq!(Rc::strong_count(&near), 1);
        drop(far);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_was_written_before_the_close_arrives_though_the_peer_goes_on_sending() {
    run_virtual(|co| {
        let (near, far) = duplex(64);
        let (reader, writer) = co.yield_from(open_connection_over(near))?;
        let sent: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        writer.write(&sent)?;
        writer.close();
        drop((reader, writer));
        let (far, mut got) = (Rc::new(far), Vec::new());
        let sending = Rc::clone(&far);
        let sender = create_task(move |co: &Co| {
            while co.yield_from(sending.write_all(b"unwanted")).is_ok() {}
            Ok(())
        });
        let mut block = [0; 1000];
        loop {
            co.yield_from(sleep(1))?;
            match co.yield_from(far.read(&mut block))? {
                0 => break,
                n => got.extend_from_slice(&block[..n]),
            }
        }
        assert!(got == sent, "{} of {}", got.len(), sent.len());
        co.yield_from(sender)
    })
    .unwrap();
}

/// Notes the end of its writing.
struct Noted(Duplex, Rc<RefCell<bool>>);

impl Read for Noted {
    fn read_with(&self, co: &Co, buffer: &mut [u8]) -> Result<usize> {
        self.0.read_with(co, buffer)
    }
}

impl Write for Noted {
    fn write_with(&self, co: &Co, bytes: &[u8]) -> Result<usize> {
        self.0.write_with(co, bytes)
    }

    fn close_writing_with(&self, co: &Co) -> Result<()> {
        self.1.replace(true);
        self.0.close_writing_with(co)
    }
}

#[test]
fn the_writing_of_a_stream_is_ended_though_what_came_was_not_read() {
    run_virtual(|co| {
        let (near, far) = duplex(1 << 16);
        let ended = Rc::new(RefCell::new(false));
        let near = Noted(near, Rc::clone(&ended));
        let (reader, writer) = co.yield_from(open_connection_over(near))?;
        // More than the reader takes without being asked.
        let sending = create_task(move |co: &Co| {
            let _ = co.yield_from(far.write_all(&[7; 1 << 20]));
            co.yield_from(far.read_to_string())
        });
        co.yield_from(sleep(1))?;
        writer.write(b"enough")?;
        writer.close();
        drop((reader, writer));
        assert_eq!(co.yield_from(wait_for(sending, 60))?, "enough");
        assert!(*ended.borrow());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_writer_that_waits_learns_that_its_end_has_ended_its_writing() {
    run_virtual(|co| {
        let (one, _other) = duplex(4);
        let one = Rc::new(one);
        let writer = Rc::clone(&one);
        let writing = create_task(move |co: &Co| co.yield_from(writer.write_all(b"much more")));
        turns(co, 2)?;
        co.yield_from(one.close_writing())?;
        let error = co.yield_from(wait_for(writing, 1)).unwrap_err();
        assert!(
            error.to_string().contains("has ended its writing"),
            "{error}"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn several_readers_and_writers_of_a_stream_lose_nothing() {
    run_virtual(|co| {
        let (one, other) = duplex(3);
        let (one, other) = (Rc::new(one), Rc::new(other));
        let got = Rc::new(RefCell::new(Vec::new()));
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let (other, got) = (Rc::clone(&other), Rc::clone(&got));
                create_task(move |co: &Co| {
                    let mut byte = [0; 2];
                    loop {
                        match co.yield_from(other.read(&mut byte))? {
                            0 => return Ok(()),
                            n => got.borrow_mut().extend_from_slice(&byte[..n]),
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..3_u8)
            .map(|n| {
                let one = Rc::clone(&one);
                create_task(move |co: &Co| co.yield_from(one.write_all(&[n; 50])))
            })
            .collect();
        for writer in writers {
            co.yield_from(writer)?;
        }
        co.yield_from(one.close_writing())?;
        for reader in readers {
            co.yield_from(wait_for(reader, 5))?;
        }
        let mut got = got.take();
        got.sort_unstable();
        assert_eq!(got.len(), 150);
        assert!(got.chunks(50).zip(0..).all(|(chunk, n)| chunk == [n; 50]));
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_error_on_either_side_ends_a_proxy_with_that_error() {
    for fails_first in [true, false] {
        run_virtual(move |co| {
            let ((client, near), (far, server)) = (duplex(64), duplex(64));
            let proxy = create_task(copy_bidirectional(near, far));
            turns(co, 3)?;
            let (gone, other) = if fails_first {
                (client, server)
            } else {
                (server, client)
            };
            drop(gone);
            co.yield_from(other.write_all(b"to nobody"))?;
            let error = co.yield_from(wait_for(proxy, 5)).unwrap_err();
            assert!(error.to_string().contains("was dropped"), "{error}");
            assert_eq!(co.yield_from(other.read(&mut [0]))?, 0);
            Ok(())
        })
        .unwrap();
    }
}
