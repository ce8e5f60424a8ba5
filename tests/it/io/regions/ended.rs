//! Regions that end by timeouts, by their loop, by panics, and regions within regions.

use std::io::{self, Write};

use yieldfrom::blocking::{self, UnixStream, blocking};
use yieldfrom::{
    Co, EventLoop, Result, TimeoutError, create_task, sleep, timeout, wait_for, yield_now,
};

use super::reader;
use crate::support::{Journal, run_io, run_virtual, secs};

fn wait_long() -> io::Result<()> {
    blocking::wait(sleep(secs(3600)))
}

#[test]
fn timeouts_around_a_region_are_timeouts() {
    run_virtual(|co| {
        let late = timeout(1, |co| co.yield_from(blocking(wait_long)));
        assert!(co.yield_from(late).unwrap_err().is::<TimeoutError>());
        let late = wait_for(blocking(wait_long), 1);
        assert!(co.yield_from(late).unwrap_err().is::<TimeoutError>());
        co.yield_from(sleep(1))
    })
    .unwrap();
}

#[test]
fn an_interrupted_inner_region_interrupts_the_one_around_it() {
    run_virtual(|co| {
        let task = create_task(|co: &Co| {
            co.yield_from(blocking(|| {
                let inner = co.yield_from(blocking(|| drop(wait_long())));
                assert!(inner.unwrap_err().is_cancelled());
                assert!(wait_long().is_err());
                let again = co.yield_from(blocking(|| 1));
                assert!(
                    again.unwrap_err().is_cancelled(),
                    "no region is opened any more"
                );
            }))
        });
        co.yield_from(yield_now())?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_region_in_a_region_hides_it_and_gives_it_back() {
    run_virtual(|co| {
        co.yield_from(blocking(|| -> Result<()> {
            blocking::wait(sleep(1))?;
            for size in [1 << 10, 4 << 20] {
                let inner = blocking(|| blocking::wait(sleep(1))).stack_size(size);
                co.yield_from(inner)??;
            }
            Ok(blocking::wait(sleep(1))?)
        }))?
    })
    .unwrap();
}

#[test]
fn a_region_is_left_when_its_loop_is_closed() {
    for (size, times) in [(1 << 10, 1), (1 << 20, 1), (1 << 20, 50)] {
        let journal = Journal::default();
        let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
        for n in 0..times {
            let guard = journal.guard(n);
            let body = blocking(move || {
                let _guard = &guard;
                let error = wait_long().unwrap_err();
                assert!(error.to_string().contains("closed"), "{error}");
            });
            event_loop.create_task(body.stack_size(size));
        }
        event_loop
            .run_until_complete(|co: &Co| co.yield_from(yield_now()))
            .unwrap();
        drop(event_loop);
        assert_eq!(journal.take().len(), times);
    }
}

#[test]
fn a_region_that_panics_fails_its_task_alone() {
    run_io(|co| {
        let (task, mut other) = reader()?;
        let panics = create_task(blocking(|| -> () {
            let _ = blocking::wait(yield_now());
            std::panic::resume_unwind(Box::new("the library is broken"))
        }));
        let error = co.yield_from(panics).unwrap_err();
        assert!(error.is::<yieldfrom::Panicked>(), "{error:?}");
        other.write_all(&[1])?;
        assert_eq!(co.yield_from(task)??, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_destructor_that_writes_while_the_region_panics_does_not_hang() {
    struct Goodbye(UnixStream);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            // The peer does not read, so this has to wait at some time.
            while self.0.write(&[0; 1 << 16]).is_ok() {}
        }
    }
    run_io(|co| {
        let (one, _other) = UnixStream::pair()?;
        let panics = create_task(blocking(move || -> () {
            let _goodbye = Goodbye(one);
            std::panic::resume_unwind(Box::new(1))
        }));
        assert!(
            co.yield_from(panics)
                .unwrap_err()
                .is::<yieldfrom::Panicked>()
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_timeout_in_a_region_around_an_inner_one_is_only_a_timeout() {
    for size in [1 << 10, 4 << 20] {
        run_virtual(move |co| {
            let answer = co.yield_from(blocking(|| {
                let inner = move |co: &Co| co.yield_from(blocking(wait_long).stack_size(size));
                let late = blocking::wait(timeout(1, inner)).unwrap_err();
                assert_eq!(late.kind(), io::ErrorKind::TimedOut);
                let late = co.yield_from(timeout(1, inner)).unwrap_err();
                assert!(late.is::<TimeoutError>());
                blocking::wait(sleep(1)).map(|()| 7)
            }))?;
            assert_eq!(answer.unwrap(), 7);
            Ok(())
        })
        .unwrap();
    }
}
