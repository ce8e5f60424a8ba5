//! Cancellations and closings: whatever the library makes of them, they take place.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use yieldfrom::blocking::{self, Interruption, UnixStream, blocking};
use yieldfrom::{Co, create_task, sleep, yield_now};

use crate::support::{run_io, run_virtual, secs};

/// Cancels a region that waits, and checks that it ends as cancelled.
fn cancelled<R: 'static>(library: impl FnOnce() -> R + 'static) {
    run_virtual(|co| {
        let task = create_task(blocking(library));
        co.yield_from(yield_now())?;
        assert!(task.cancel());
        let error = co.yield_from(&task.to_any()).unwrap_err();
        assert!(error.is_cancelled() && task.cancelled(), "{error:?}");
        Ok(())
    })
    .unwrap();
}

fn wait_long() -> io::Result<()> {
    blocking::wait(sleep(secs(3600)))
}

#[test]
fn a_library_that_swallows_the_error_is_cancelled() {
    cancelled(|| wait_long().is_ok());
}

#[test]
fn a_library_that_panics_on_the_error_is_cancelled() {
    cancelled(|| wait_long().unwrap());
    cancelled(|| wait_long().expect("no error"));
}

#[test]
fn a_panic_with_a_payload_of_its_own_goes_on() {
    run_virtual(|co| {
        let task = create_task(blocking(|| -> () {
            let _ = wait_long();
            std::panic::resume_unwind(Box::new(7))
        }));
        co.yield_from(yield_now())?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is::<yieldfrom::Panicked>());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_library_that_gives_up_is_cancelled() {
    cancelled(wait_long);
}

#[test]
fn a_library_that_tries_again_for_ever_is_unwound() {
    let (tries, seen) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&tries);
    cancelled(move || {
        while wait_long().is_err() {
            counted.set(counted.get() + 1);
        }
    });
    assert_eq!(tries.get(), 99, "the last one does not return");
    // One that catches the unwinding is unwound again.
    let counted = Rc::clone(&seen);
    cancelled(move || {
        let retry = || {
            while wait_long().is_err() {
                counted.set(counted.get() + 1);
            }
        };
        for _ in 0..3 {
            assert!(catch_unwind(AssertUnwindSafe(retry)).is_err());
        }
    });
    assert_eq!(seen.get(), 3 * 99);
}

#[test]
fn every_later_operation_fails_at_once_with_the_same_error() {
    cancelled(|| {
        let (one, mut other) = UnixStream::pair().unwrap();
        other.write_all(b"there").unwrap();
        let first = wait_long().unwrap_err();
        let second = (&one).read(&mut [0; 5]).unwrap_err();
        let third = (&other).write(b"more").unwrap_err();
        let fourth = UnixStream::connect("/nowhere").unwrap_err();
        for error in [&first, &second, &third, &fourth] {
            assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
            assert!(error.get_ref().unwrap().is::<Interruption>());
            assert!(
                error.to_string().contains("the task was cancelled"),
                "{error}"
            );
        }
        assert!(second.to_string().starts_with("read: "), "{second}");
    });
}

#[test]
fn what_the_library_returns_is_dropped_in_the_region() {
    struct Goodbye(UnixStream, Rc<RefCell<Vec<io::ErrorKind>>>);
    impl Drop for Goodbye {
        fn drop(&mut self) {
            let refused = self.0.write(b"bye").unwrap_err();
            self.1.borrow_mut().push(refused.kind());
        }
    }
    let kinds = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&kinds);
    cancelled(move || {
        let _ = wait_long();
        Goodbye(UnixStream::pair().unwrap().0, noted)
    });
    assert_eq!(*kinds.borrow(), [io::ErrorKind::ConnectionAborted]);
}

/// Writes when it is dropped, as a connection of a pool does.
struct Goodbye(UnixStream);

impl Drop for Goodbye {
    fn drop(&mut self) {
        let _ = self.0.write(b"bye");
    }
}

#[test]
fn what_is_returned_may_use_up_all_patience_and_may_panic() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a destructor");
        }
    }
    cancelled(|| {
        let _ = wait_long();
        let pool = (0..250).map(|_| Goodbye(UnixStream::pair().unwrap().0));
        pool.collect::<Vec<_>>()
    });
    cancelled(|| {
        let _ = wait_long();
        Panics
    });
}

#[test]
fn the_cancellation_of_what_it_waits_for_is_an_error_of_the_region() {
    run_virtual(|co| {
        let other = create_task(|co: &Co| co.yield_from(sleep(secs(9))));
        let awaited = other.clone();
        let task = create_task(blocking(move || {
            let error = blocking::wait(awaited).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::Other);
            blocking::wait(sleep(1)).unwrap();
            "goes on"
        }));
        co.yield_from(yield_now())?;
        other.cancel();
        assert_eq!(co.yield_from(task)?, "goes on");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_that_was_cancelled_before_its_region_is_interrupted_in_it() {
    run_virtual(|co| {
        let task = create_task(|co: &Co| {
            yieldfrom::current_task().unwrap().cancel();
            co.yield_from(blocking(|| wait_long().is_ok()))
        });
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellation_at_each_wait_ends_the_region() {
    for turns in 0..12 {
        run_io(move |co| {
            let (mut one, mut other) = UnixStream::pair()?;
            let task = create_task(blocking(move || {
                for _ in 0..4 {
                    let _ = blocking::wait(yield_now());
                    let _ = one.write(&[1]);
                    let _ = one.read(&mut [0]);
                }
            }));
            let echo = create_task(blocking(move || {
                while other.read(&mut [0]).is_ok_and(|n| n > 0) && other.write(&[2]).is_ok() {}
            }));
            for _ in 0..turns {
                co.yield_from(yield_now())?;
            }
            let was_done = task.done();
            assert_eq!(task.cancel(), !was_done);
            let end = co.yield_from(task);
            assert_eq!(end.is_err_and(|error| error.is_cancelled()), !was_done);
            co.yield_from(echo)
        })
        .unwrap();
    }
}
