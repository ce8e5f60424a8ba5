//! How long the loop waits, with each reactor.

use std::time::{Duration, Instant};

use yieldfrom::{Co, sleep};

use super::{both, reactors};
use crate::support::{Watchdog, millis, secs};

#[test]
fn waits_are_finer_than_a_millisecond() {
    both(|co: &Co| {
        let short = Duration::from_micros(150);
        let first = Instant::now();
        // On a busy machine most waits take longer, but one of them does not.
        loop {
            let began = Instant::now();
            co.yield_from(sleep(short))?;
            assert!(began.elapsed() >= short);
            if began.elapsed() < Duration::from_micros(900) {
                return Ok(());
            }
            assert!(first.elapsed() < secs(60), "all waits are longer");
        }
    });
}

#[test]
fn a_wait_may_be_of_any_length() {
    for (name, builder) in reactors() {
        let _watchdog = Watchdog::start(name);
        for days in [1, 24, 25, 50, 100_000, u64::MAX / 86_400] {
            let event_loop = builder.clone().build().unwrap();
            event_loop.call_later(secs(days * 86_400), || ()).unwrap();
            let handle = event_loop.handle();
            let sender = std::thread::spawn(move || {
                std::thread::sleep(millis(1));
                handle.call_soon_threadsafe(|| ()).unwrap();
            });
            let turned = event_loop.turn(None);
            assert!(turned.is_ok(), "{days} days, {name} reactor: {turned:?}");
            sender.join().unwrap();
        }
    }
}
