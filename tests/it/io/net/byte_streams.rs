//! Streams of bytes: what each operation does.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::time::Duration;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, create_task, wait_for, yield_now};

use super::{both, join, pattern, std_pair, streams, tcp_pair, unix_pair};
use crate::support::secs;

#[test]
fn what_is_written_is_read() {
    streams(|co, one, other| {
        assert_eq!(co.yield_from(one.write(b"hello "))?, 6);
        co.yield_from(one.write_all(b"world"))?;
        let mut buffer = [0; 100];
        let mut n = co.yield_from(other.read(&mut buffer))?;
        while n < 11 {
            n += co.yield_from(other.read(&mut buffer[n..]))?;
        }
        assert_eq!(&buffer[..n], b"hello world");
        Ok(())
    });
}

#[test]
fn a_reader_waits_for_the_writer() {
    streams(|co, one, other| {
        let reader = create_task(move |co: &Co| {
            let mut buffer = [0; 6];
            co.yield_from(other.read_exact(&mut buffer))?;
            Ok(buffer)
        });
        for piece in [b"ab", b"cd", b"ef"] {
            for _ in 0..3 {
                co.yield_from(yield_now())?;
            }
            assert!(!reader.done());
            co.yield_from(one.write_all(piece))?;
        }
        assert_eq!(&co.yield_from(reader)?, b"abcdef");
        Ok(())
    });
}

#[test]
fn several_buffers_are_filled_and_emptied_in_order() {
    streams(|co, one, other| {
        let pieces = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        assert_eq!(co.yield_from(one.write_vectored(&pieces))?, 5);
        let (mut first, mut second) = ([0; 3], [0; 9]);
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(co.yield_from(other.read_vectored(&mut buffers))?, 5);
        assert_eq!((&first, &second[..2]), (b"abc", &b"de"[..]));
        Ok(())
    });
}

#[test]
fn what_was_peeked_at_is_still_there() {
    streams(|co, one, other| {
        let peeker = create_task(move |co: &Co| {
            let (mut few, mut all) = ([0; 2], [0; 100]);
            assert_eq!(co.yield_from(other.peek(&mut few))?, 2);
            assert_eq!(&few, b"ab");
            for _ in 0..3 {
                assert_eq!(co.yield_from(other.peek(&mut all))?, 4);
            }
            assert_eq!(co.yield_from(other.read(&mut all))?, 4);
            Ok(all[..4].to_vec())
        });
        co.yield_from(yield_now())?;
        co.yield_from(one.write_all(b"abcd"))?;
        assert_eq!(co.yield_from(peeker)?, b"abcd");
        Ok(())
    });
}

#[test]
fn readable_and_writable_wait_and_take_nothing() {
    streams(|co, one, other| {
        co.yield_from(one.writable())?;
        let waits = create_task(move |co: &Co| {
            co.yield_from(other.readable())?;
            co.yield_from(other.readable())?;
            Ok(other)
        });
        for _ in 0..3 {
            co.yield_from(yield_now())?;
        }
        assert!(!waits.done());
        co.yield_from(one.write_all(b"abc"))?;
        let other = join(co, &waits)?;
        assert_eq!(co.yield_from(other.read(&mut [0; 9]))?, 3);
        drop(one);
        co.yield_from(other.readable())?;
        assert_eq!(co.yield_from(other.read(&mut [0; 9]))?, 0);
        co.yield_from(other.readable())
    });
}

#[test]
fn reading_to_the_end_appends_all() {
    streams(|co, one, other| {
        let sent = pattern(700_001);
        let expected = sent.clone();
        let writer = create_task(move |co: &Co| co.yield_from(one.write_all(&sent)));
        let mut all = b"before".to_vec();
        assert_eq!(co.yield_from(other.read_to_end(&mut all))?, expected.len());
        assert!(all.starts_with(b"before") && all[6..] == expected);
        assert_eq!(co.yield_from(other.read_to_end(&mut all))?, 0);
        co.yield_from(writer)
    });
}

#[test]
fn reading_exactly_says_how_much_was_missing() {
    streams(|co, one, other| {
        co.yield_from(one.write_all(b"abc"))?;
        drop(one);
        let error = co.yield_from(other.read_exact(&mut [0; 5])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("after 3 of 5 bytes"), "{text}");
        assert_eq!(
            super::kind::<()>(Err(error)),
            std::io::ErrorKind::UnexpectedEof
        );
        Ok(())
    });
}

#[test]
fn nothing_is_a_fine_amount() {
    streams(|co, one, other| {
        co.yield_from(one.write_all(b""))?;
        assert_eq!(co.yield_from(one.write(b""))?, 0);
        assert_eq!(co.yield_from(one.write_vectored(&[]))?, 0);
        co.yield_from(other.read_exact(&mut []))?;
        co.yield_from(one.write_all(b"a"))?;
        assert_eq!(co.yield_from(other.read(&mut []))?, 0);
        assert_eq!(
            co.yield_from(other.read(&mut [0; 9]))?,
            1,
            "no end was seen"
        );
        Ok(())
    });
}

#[test]
fn options_are_those_of_the_system() {
    both(|_| {
        let (one, other) = tcp_pair()?;
        assert_eq!(one.local_addr()?, other.peer_addr()?);
        assert_eq!(one.peer_addr()?, other.local_addr()?);
        for on in [true, false] {
            one.set_nodelay(on)?;
            assert_eq!(one.nodelay()?, on);
        }
        one.set_ttl(7)?;
        assert_eq!(one.ttl()?, 7);
        for linger in [Some(secs(3)), Some(Duration::ZERO), None] {
            one.set_linger(linger)?;
            assert_eq!(one.linger()?, linger);
        }
        assert!(one.take_error()?.is_none());
        Ok(())
    });
}

#[test]
fn a_stream_comes_from_the_standard_library_and_goes_back() {
    both(|co| {
        let (one, mut other) = std_pair()?;
        let one = TcpStream::from_std(one)?;
        other.write_all(b"abc")?;
        co.yield_from(one.read_exact(&mut [0; 3]))?;
        // It is registered by now.
        let waited = co.yield_from(yieldfrom::timeout(Duration::ZERO, |co| {
            co.yield_from(one.readable())
        }));
        assert!(waited.is_err());
        let mut one = one.into_std()?;
        one.set_nonblocking(false)?;
        one.write_all(b"def")?;
        other.read_exact(&mut [0; 3])?;
        let again = TcpStream::from_std(one)?;
        other.write_all(b"abc")?;
        co.yield_from(again.read_exact(&mut [0; 3]))
    });
}

#[test]
fn operations_that_own_all_can_be_tasks() {
    both(|co| {
        let listener = join(co, &create_task(TcpListener::bind("127.0.0.1:0")))?;
        let accepting = create_task(listener.accept());
        co.yield_from(yield_now())?;
        let clone = listener.try_clone()?;
        assert!(listener.into_std().is_err(), "a coroutine uses it");
        let connecting = TcpStream::connect(clone.local_addr()?);
        let one = co.yield_from(wait_for(connecting, secs(5)))?;
        let (other, _) = join(co, &accepting)?;
        co.yield_from(one.write_all(b"abc"))?;
        co.yield_from(other.read_exact(&mut [0; 3]))
    });
}

#[test]
fn debug_output_names_what_it_is() {
    both(|_| {
        let (one, _other) = unix_pair()?;
        assert!(format!("{one:?}").contains("TcpStream"));
        assert_eq!(format!("{:?}", one.read(&mut [0])), "<Operation read>");
        Ok(())
    });
}
