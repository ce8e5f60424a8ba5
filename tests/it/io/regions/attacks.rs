//! Regions that are used in ways that nobody would want.

use std::cell::{Cell, RefCell};
use std::io::{self, Read, Write};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use yieldfrom::blocking::{self, UnixStream, blocking};
use yieldfrom::{
    Co, Delegate, EventLoop, Generator, GeneratorState, Request, Result, create_task, sleep,
    yield_now,
};

use crate::support::{Census, run_io, run_virtual, secs};

/// The sizes of stack that make a region run on its coroutine's stack, and on one of its own.
pub(super) const SIZES: [usize; 2] = [1 << 10, 1 << 20];

#[test]
fn a_region_in_a_generator_that_is_driven_by_hand_suspends_that_generator() {
    run_io(|_| {
        for size in SIZES {
            let (mut one, mut other) = UnixStream::pair()?;
            let generator: Generator<Request> = Generator::new(move |co: &Co| {
                let read = blocking(|| one.read(&mut [0])).stack_size(size);
                co.yield_from(read)?.map(drop).map_err(Into::into)
            });
            assert!(matches!(generator.next()?, GeneratorState::Yielded(_)));
            // Nothing here is in that region now, although it is open.
            assert!(blocking::wait(yield_now()).is_err());
            other.write_all(&[1])?;
            // It was not resumed by the loop, so its wait is not over.
            assert!(generator.next().is_err() || generator.close().is_ok());
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_region_by_the_co_of_a_coroutine_below_suspends_all_of_them() {
    run_virtual(|co| {
        let reached = Cell::new(0);
        struct Inner<'a>(&'a Cell<u32>);
        impl Delegate<Request, ()> for Inner<'_> {
            type Output = ();
            fn delegate(self, co: &Co) -> Result<()> {
                blocking(|| blocking::wait(sleep(1)).unwrap()).delegate(co)?;
                self.0.set(self.0.get() + 1);
                Ok(())
            }
        }
        Inner(&reached).delegate(co)?;
        co.yield_from(blocking(|| blocking::wait(Inner(&reached))))??;
        assert_eq!(reached.get(), 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_a_region_borrows_outlives_it_however_its_coroutine_goes() {
    for size in SIZES {
        for turns in 0..4 {
            let census = Rc::new(Census::default());
            let counted = Rc::clone(&census);
            let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
            event_loop.create_task(move |co: &Co| {
                let numbers = Box::new([1_u8; 64]);
                let owner = counted.one();
                let seen = Cell::new(0);
                co.yield_from(
                    blocking(|| {
                        let _owner = Rc::clone(&owner);
                        loop {
                            let waited = blocking::wait(sleep(1));
                            seen.set(
                                seen.get() + numbers.iter().map(|n| u32::from(*n)).sum::<u32>(),
                            );
                            waited.unwrap();
                        }
                    })
                    .stack_size(size),
                )
            });
            for _ in 0..turns {
                event_loop.run_until_complete(sleep(1)).unwrap();
            }
            drop(event_loop);
            assert_eq!(census.live(), 0, "size {size}, {turns} turns");
        }
    }
}

#[test]
fn a_forgotten_region_disturbs_nobody() {
    for size in SIZES {
        run_virtual(move |co| {
            let generator: Generator<Request> = Generator::new(move |co: &Co| {
                let forever = blocking(|| drop(blocking::wait(sleep(secs(9)))));
                co.yield_from(forever.stack_size(size))
            });
            generator.next()?;
            mem::forget(generator);
            assert!(blocking::wait(yield_now()).is_err());
            for _ in 0..100 {
                co.yield_from(blocking(|| blocking::wait(yield_now())).stack_size(size))??;
            }
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn a_task_that_drops_itself_in_its_region_goes_on() {
    run_io(|co| {
        let slot = Rc::new(RefCell::new(None));
        let own = Rc::clone(&slot);
        let task = create_task(blocking(move || {
            drop(own.take());
            blocking::wait(yield_now())
        }));
        let watched = task.to_any();
        slot.replace(Some(task));
        co.yield_from(&watched)
    })
    .unwrap();
}

#[test]
fn a_region_that_catches_the_unwinding_of_its_coroutine_is_left_all_the_same() {
    for size in SIZES {
        let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
        let tries = Rc::new(Cell::new(0));
        let counted = Rc::clone(&tries);
        let stubborn = move || {
            for _ in 0..5 {
                let wait = || {
                    while blocking::wait(sleep(1)).is_err() {
                        counted.set(counted.get() + 1);
                    }
                };
                let _ = catch_unwind(AssertUnwindSafe(wait));
            }
        };
        event_loop.create_task(move |co: &Co| co.yield_from(blocking(stubborn).stack_size(size)));
        event_loop.run_until_complete(yield_now()).unwrap();
        drop(event_loop);
        assert_eq!(tries.get(), 5 * 99, "size {size}");
    }
}

#[test]
fn the_unwinding_of_a_coroutine_passes_its_region() {
    // It goes on after each error, also after the region, so it can only be unwound.
    for size in SIZES {
        let ended = Rc::new(Cell::new(false));
        struct Ends(Rc<Cell<bool>>);
        impl Drop for Ends {
            fn drop(&mut self) {
                self.0.set(true);
            }
        }
        let guard = Ends(Rc::clone(&ended));
        let generator: Generator<Request> = Generator::new(move |co: &Co| {
            let _guard = guard;
            loop {
                let wait = || drop(blocking::wait(|co: &Co| co.yield_from(sleep(1))));
                let _ = co.yield_from(blocking(wait).stack_size(size));
            }
        });
        generator.next().unwrap();
        assert!(generator.close().is_err(), "it yields again");
        generator.abandon();
        assert!(ended.get(), "size {size}");
        assert_eq!(generator.state(), yieldfrom::State::Closed);
    }
}

#[test]
fn a_region_cannot_close_the_coroutine_that_it_borrows_from() {
    let slot: Rc<RefCell<Option<Generator<Request, (), usize>>>> = Rc::default();
    let own = Rc::clone(&slot);
    let generator = Generator::new(move |co: &Co| {
        let text = String::from("borrowed");
        let region = blocking(|| {
            let below = own.take().unwrap();
            assert!(below.close().unwrap_err().is_already_executing());
            below.abandon();
            drop(below);
            text.len()
        });
        co.yield_from(region.stack_size(1 << 20))
    });
    slot.replace(Some(generator.clone()));
    assert!(matches!(generator.next(), Ok(GeneratorState::Complete(8))));
}

#[test]
fn the_co_around_a_region_suspends_it_on_either_stack() {
    for size in SIZES {
        run_virtual(move |co| {
            let region = blocking(|| -> Result<()> {
                co.yield_from(sleep(1))?;
                blocking::wait(|inner: &Co| {
                    co.yield_from(sleep(1))?;
                    inner.yield_from(sleep(1))
                })?;
                co.yield_from(blocking(|| blocking::wait(sleep(1))))?
                    .map_err(Into::into)
            });
            co.yield_from(region.stack_size(size))?
        })
        .unwrap();
    }
}

#[test]
fn a_logger_and_a_panic_hook_may_use_streams() {
    run_io(|co| {
        let (one, other) = UnixStream::pair()?;
        co.yield_from(blocking(|| -> io::Result<()> {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                struct Last<'a>(&'a UnixStream);
                impl Drop for Last<'_> {
                    fn drop(&mut self) {
                        self.0.write_all(b"last").unwrap();
                    }
                }
                let _last = Last(&one);
                std::panic::resume_unwind(Box::new(1));
            }));
            assert!(caught.is_err());
            let mut bytes = [0; 4];
            (&other).read_exact(&mut bytes)?;
            assert_eq!(&bytes, b"last");
            blocking::wait(yield_now())
        }))??;
        Ok(())
    })
    .unwrap();
}
