//! Streams with TLS that end, wait or are cancelled at any moment.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::streams::{Duplex, Read, Write, duplex, open_connection_over};
use yieldfrom::tls::{self, TlsStream};
use yieldfrom::{Co, Result, TimeoutError, create_task, sleep, timeout, wait_for};

use super::{contexts, pair, run_virtual, turns};

#[test]
fn a_cancellation_while_the_peer_is_told_of_an_error_takes_place() {
    run_virtual(|co| {
        let (_, server) = contexts();
        let (near, far) = duplex(3);
        let accepting = create_task(tls::accept(near, &server));
        // No record of TLS. The alert has more bytes than there is room for.
        let junk = create_task(move |co: &Co| {
            co.yield_from(far.write_all(b"GET / HTTP/1.0\r\n\r\n"))?;
            co.yield_from(sleep(10))?;
            Ok(far)
        });
        co.yield_from(sleep(0.5))?;
        assert!(accepting.cancel());
        let error = co.yield_from(accepting.to_any()).unwrap_err();
        assert!(error.is_cancelled(), "{error}");
        junk.cancel();
        Ok(())
    });
}

#[test]
fn a_timeout_of_a_write_that_waits_is_only_a_timeout() {
    run_virtual(|co| {
        let (near, far) = duplex(1 << 10);
        let (one, other) = pair(co, near, far)?;
        let late = timeout(1, |co| {
            loop {
                co.yield_from(one.write(&[7; 5000]))?;
            }
            #[allow(unreachable_code)]
            Ok(())
        });
        assert!(co.yield_from(late).unwrap_err().is::<TimeoutError>());
        let once = timeout(1, |co| co.yield_from(one.write(&[7; 5000])));
        let _ = co.yield_from(once);
        co.yield_from(sleep(1))?;
        let reading = create_task(move |co: &Co| {
            let mut all = Vec::new();
            co.yield_from(other.read_to_end(&mut all))?;
            Ok(all)
        });
        co.yield_from(one.close_writing())?;
        let all = co.yield_from(reading)?;
        assert!(all.iter().all(|byte| *byte == 7) && all.len() % 5000 == 0);
        Ok(())
    });
}

#[test]
fn several_readers_share_what_one_record_has() {
    run_virtual(|co| {
        let (near, far) = duplex(1 << 16);
        let (one, other) = pair(co, near, far)?;
        let one = Rc::new(one);
        let readers: Vec<_> = (0..3)
            .map(|_| {
                let one = Rc::clone(&one);
                create_task(move |co: &Co| {
                    let mut byte = [0];
                    co.yield_from(one.read(&mut byte))?;
                    Ok(byte[0])
                })
            })
            .collect();
        turns(co, 5)?;
        co.yield_from(other.write_all(b"abc"))?;
        let mut got = Vec::new();
        for reader in readers {
            got.push(co.yield_from(wait_for(reader, 5))?);
        }
        assert_eq!(got, b"abc");
        Ok(())
    });
}

#[test]
fn nothing_is_written_behind_the_end() {
    run_virtual(|co| {
        let (near, far) = duplex(10);
        let (one, _other) = pair(co, near, far)?;
        let ending = timeout(1, |co| co.yield_from(one.close_writing()));
        assert!(co.yield_from(ending).is_err());
        let late = timeout(1, |co| co.yield_from(one.write(b"x")));
        let error = co.yield_from(late).unwrap_err();
        assert!(error.to_string().contains("ended its writing"), "{error}");
        Ok(())
    });
}

#[test]
fn a_closed_writer_over_tls_says_goodbye_though_data_was_not_read() {
    run_virtual(|co| {
        let (near, far) = duplex(1 << 16);
        let (one, other) = pair(co, near, far)?;
        let (reader, writer) = co.yield_from(open_connection_over(one))?;
        let peer = create_task(move |co: &Co| {
            co.yield_from(other.write_all(&[1; 300_000]))?;
            co.yield_from(other.read_to_string())
        });
        co.yield_from(sleep(1))?;
        writer.write(b"bye")?;
        drop((reader, writer));
        let heard = co.yield_from(wait_for(peer, 30));
        // It can still not write all.
        match heard {
            Ok(heard) => assert_eq!(heard, "bye"),
            Err(error) => assert!(error.to_string().contains("was dropped"), "{error}"),
        }
        Ok(())
    });
}

/// A connection with a wire between both ends that lets only so many bytes pass in each direction, one by one.
fn cut_wire(limits: [usize; 2]) -> (Duplex, Duplex) {
    let ((near, one), (other, far)) = (duplex(7), duplex(7));
    let (one, other) = (Rc::new(one), Rc::new(other));
    let (a, b) = (Rc::clone(&one), Rc::clone(&other));
    create_task(move |co: &Co| wire(co, &a, &b, limits[0]));
    create_task(move |co: &Co| wire(co, &other, &one, limits[1]));
    (near, far)
}

fn wire(co: &Co, from: &Duplex, to: &Duplex, limit: usize) -> Result<()> {
    let mut byte = [0];
    for _ in 0..limit {
        if co.yield_from(from.read(&mut byte))? == 0 {
            break;
        }
        if co.yield_from(to.write_all(&byte)).is_err() {
            break;
        }
    }
    let _ = co.yield_from(to.close_writing());
    // What else comes is swallowed.
    while co.yield_from(from.read(&mut byte))? > 0 {}
    Ok(())
}

fn ask(co: &Co, stream: &TlsStream<Duplex>) -> Result<String> {
    co.yield_from(stream.write_all(b"ping"))?;
    co.yield_from(stream.close_writing())?;
    co.yield_from(stream.read_to_string())
}

fn answer(co: &Co, stream: &TlsStream<Duplex>) -> Result<String> {
    let heard = co.yield_from(stream.read_to_string())?;
    co.yield_from(stream.write_all(b"pong"))?;
    co.yield_from(stream.close_writing())?;
    Ok(heard)
}

#[test]
fn a_wire_that_is_cut_anywhere_is_an_error_of_both_sides() {
    let mut whole = 0;
    for direction in 0..2 {
        for n in (0..2500).step_by(13).chain([usize::MAX]) {
            let ended_well = Rc::new(Cell::new(false));
            let noted = Rc::clone(&ended_well);
            run_virtual(move |co| {
                let (client, server) = contexts();
                let mut limits = [usize::MAX; 2];
                limits[direction] = n;
                let (near, far) = cut_wire(limits);
                let one = create_task(move |co: &Co| {
                    let one = co.yield_from(tls::connect(near, &client, "localhost"))?;
                    ask(co, &one)
                });
                let other = create_task(move |co: &Co| {
                    let other = co.yield_from(tls::accept(far, &server))?;
                    answer(co, &other)
                });
                let one = co.yield_from(wait_for(one, 60));
                let other = co.yield_from(wait_for(other, 60));
                for (heard, right) in [(&one, "pong"), (&other, "ping")] {
                    match heard {
                        Ok(heard) => assert_eq!(heard, right),
                        Err(error) => {
                            assert!(
                                !error.is::<TimeoutError>(),
                                "{direction} {n} {right}: hangs"
                            );
                        }
                    }
                }
                noted.set(one.is_ok() && other.is_ok());
                Ok(())
            });
            whole += usize::from(ended_well.get());
        }
    }
    assert!(whole >= 2, "{whole}");
}

#[test]
fn cancelled_reads_and_writes_lose_and_double_nothing() {
    for capacity in [7, 100, 5000, 40_000] {
        run_virtual(move |co| {
            let (near, far) = duplex(capacity);
            let (one, other) = pair(co, near, far)?;
            let total = 20_000 + 10 * capacity;
            let byte = |n: usize| (n * n % 251) as u8;
            let writer = create_task(move |co: &Co| {
                let (mut sent, mut step) = (0, 1);
                while sent < total {
                    step = step * 7 % 1009;
                    let piece: Vec<u8> = (sent..total.min(sent + step * 20)).map(byte).collect();
                    let taken = Cell::new(0);
                    let write = timeout(0, |co| {
                        taken.set(co.yield_from(one.write(&piece))?);
                        Ok(())
                    });
                    let _ = co.yield_from(write);
                    sent += taken.get();
                }
                co.yield_from(one.close_writing())
            });
            let reader = create_task(move |co: &Co| {
                let (mut got, mut step) = (0, 1);
                loop {
                    step = step * 11 % 1013;
                    let mut buffer = vec![0; step * 3];
                    let taken = Cell::new(usize::MAX);
                    let read = timeout(0, |co| {
                        taken.set(co.yield_from(other.read(&mut buffer))?);
                        Ok(())
                    });
                    match co.yield_from(read) {
                        Err(error) if error.is::<TimeoutError>() => {}
                        result => result?,
                    }
                    match taken.get() {
                        0 => return Ok(got),
                        usize::MAX => {}
                        n => {
                            assert!(buffer[..n].iter().zip(got..).all(|(b, n)| *b == byte(n)));
                            got += n;
                        }
                    }
                }
            });
            co.yield_from(writer)?;
            assert_eq!(co.yield_from(reader)?, total);
            Ok(())
        });
    }
}

#[test]
fn what_came_before_damage_is_read_before_its_error() {
    run_virtual(|co| {
        let (near, far) = duplex(1 << 16);
        let (one, other) = pair(co, near, far)?;
        co.yield_from(other.write_all(b"whole"))?;
        co.yield_from(
            other
                .get_ref()
                .write_all(b"\x17\x03\x03\x00\x20damage, and not a record"),
        )?;
        co.yield_from(other.get_ref().write_all(&[0; 100]))?;
        let mut heard = [0; 5];
        co.yield_from(one.read_exact(&mut heard))?;
        assert_eq!(&heard, b"whole");
        let error = co.yield_from(one.read(&mut heard)).unwrap_err();
        assert!(error.to_string().starts_with("tls: "), "{error}");
        Ok(())
    });
}
