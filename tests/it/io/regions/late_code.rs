//! Code that runs when its region, or its thread, has ended.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::thread;

use yieldfrom::blocking::{self, UnixStream, blocking};
use yieldfrom::{Co, Generator, GeneratorState, Panicked, Request, run, yield_now};

use super::attacks::SIZES;
use crate::support::run_virtual;

#[test]
fn streams_in_destructors_of_thread_locals_block_as_stds_do() {
    struct Late(RefCell<Option<(UnixStream, UnixStream)>>);
    impl Drop for Late {
        fn drop(&mut self) {
            let (mut one, mut other) = self.0.take().unwrap();
            one.write_all(&[1]).unwrap();
            other.read_exact(&mut [0]).unwrap();
            assert!(blocking::wait(yield_now()).is_err());
        }
    }
    thread_local!(static LATE: Late = const { Late(RefCell::new(None)) });
    let early = || LATE.with(|late| late.0.replace(Some(UnixStream::pair().unwrap())));
    let run_once = || {
        run(|co: &Co| {
            co.yield_from(blocking(|| blocking::wait(yield_now())))?
                .map_err(Into::into)
        })
    };
    for late_first in [true, false] {
        thread::spawn(move || {
            if late_first {
                early();
            }
            run_once().unwrap();
            if !late_first {
                early();
            }
            LATE.with(|late| {
                let pair = late.0.borrow();
                let mut stream = &pair.as_ref().unwrap().0;
                // The loop is gone, so this is a stream without one.
                stream.write_all(&[2]).unwrap();
            });
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_region_in_a_destructor_of_a_thread_local_is_an_error_or_runs() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            let generator: Generator<Request, (), usize> = Generator::new(|co: &Co| {
                let region = co.yield_from(blocking(|| blocking::wait(yield_now()).is_err()));
                Ok(region.map_or(0, usize::from))
            });
            let _ = generator.next();
            // A loop of its own, whose sockets this thread cannot list any more.
            let ended = run(|co: &Co| co.yield_from(blocking(|| ())));
            assert!(!ended.is_err_and(|error| error.is::<Panicked>()));
        }
    }
    thread_local!(static LATE: Late = const { Late });
    let touch = || LATE.with(|_| ());
    let run_once = || run(|co: &Co| co.yield_from(blocking(|| ()))).unwrap();
    // What the thread destroys first depends on what it has used first: the stacks, the regions, or the destructor.
    for used_first in [0, 1, 2] {
        thread::spawn(move || {
            if used_first == 1 {
                run(|co: &Co| co.yield_from(yield_now())).unwrap();
            }
            if used_first < 2 {
                touch();
            }
            run_once();
            touch();
        })
        .join()
        .unwrap();
    }
}

#[test]
fn a_generator_that_outlives_the_region_it_was_driven_in_finds_none() {
    for size in SIZES {
        run_virtual(move |co| {
            let region = blocking(|| {
                let generator: Generator<Request, (), bool> = Generator::new(|co: &Co| {
                    let _ = co.yield_from(yield_now());
                    Ok(blocking::wait(yield_now()).is_err())
                });
                generator.next().unwrap();
                generator
            });
            let generator = co.yield_from(region.stack_size(size))?;
            let inner = blocking(|| {
                matches!(
                    generator.next(),
                    Ok(GeneratorState::Complete(true)) | Err(_)
                )
            });
            assert!(co.yield_from(inner.stack_size(size))?);
            assert!(!matches!(generator.next(), Ok(GeneratorState::Yielded(_))));
            Ok(())
        })
        .unwrap();
    }
}
