//! Sockets in virtual time, which stands still while anything is ready.

use std::time::Duration;

use yieldfrom::{Co, create_task, get_running_loop, sleep, timeout};

use super::{both_virtually, tcp_pair, unix_pair};
use crate::support::secs;

fn now() -> yieldfrom::Result<Duration> {
    Ok(get_running_loop()?.time())
}

#[test]
fn time_stands_still_while_messages_go_to_and_fro() {
    both_virtually(|co| {
        for (one, other) in [tcp_pair()?, unix_pair()?] {
            let echo = create_task(move |co: &Co| {
                let mut byte = [0];
                while co.yield_from(other.read(&mut byte))? > 0 {
                    co.yield_from(other.write_all(&byte))?;
                }
                Ok(())
            });
            for n in 0..200 {
                co.yield_from(one.write_all(&[n]))?;
                let mut byte = [0];
                // A limit of next to nothing is no limit while the answer is on its way.
                co.yield_from(timeout(Duration::from_nanos(1), |co| {
                    co.yield_from(one.read_exact(&mut byte))
                }))?;
                assert_eq!(byte, [n]);
            }
            drop(one);
            co.yield_from(echo)?;
            assert_eq!(now()?, Duration::ZERO);
        }
        Ok(())
    });
}

#[test]
fn time_jumps_when_nobody_has_anything_to_say() {
    both_virtually(|co| {
        let (one, other) = tcp_pair()?;
        let writer = create_task(move |co: &Co| {
            for _ in 0..10 {
                co.yield_from(sleep(secs(3600)))?;
                co.yield_from(other.write_all(b"abc"))?;
            }
            Ok(())
        });
        let mut all = Vec::new();
        co.yield_from(one.read_to_end(&mut all))?;
        assert_eq!((all.len(), now()?), (30, secs(36_000)));
        co.yield_from(writer)
    });
}
