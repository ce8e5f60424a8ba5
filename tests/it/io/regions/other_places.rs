//! Streams outside of regions: on the thread itself, on other threads, on other loops, in generators driven by hand.

use std::io::{ErrorKind, Read, Write};
use std::thread;

use yieldfrom::blocking::{self, UnixStream, blocking};
use yieldfrom::{Co, EventLoop, Generator, GeneratorState, Request, Result, run, sleep, yield_now};

use super::reader;
use crate::support::{in_a_child, log_of, open_descriptors, run_io, test_path};

#[test]
fn outside_of_a_region_a_stream_blocks_and_says_so_once() {
    let (mut one, other) = UnixStream::pair().unwrap();
    let (logged, _) = log_of(|| {
        let writer = thread::spawn(move || (&other).write_all(b"ab").map(|()| other));
        let mut byte = [0];
        one.read_exact(&mut byte).unwrap();
        let mut other = writer.join().unwrap().unwrap();
        one.read_exact(&mut byte).unwrap();
        other.write_all(b"c").unwrap();
        one.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"c");
    });
    // The first byte may have been there already.
    let warnings = logged
        .iter()
        .filter(|line| line.contains("outside of a region"));
    assert!(warnings.count() <= 1, "{logged:?}");

    let (mut silent, _other) = UnixStream::pair().unwrap();
    silent
        .set_read_timeout(Some(std::time::Duration::from_millis(1)))
        .unwrap();
    let (logged, _) = log_of(|| {
        silent.read(&mut [0]).unwrap_err();
        silent.read(&mut [0]).unwrap_err();
    });
    let said = "WARN read of a blocking stream blocks its thread, as it is called outside of a region; call it in \
                co.yield_from(blocking(|| ...))";
    assert_eq!(logged, [said]);
}

#[test]
fn a_wait_outside_of_a_region_is_refused() {
    let error = blocking::wait(yield_now()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("blocking(||"), "{error}");
    run(|_: &Co| {
        assert!(blocking::wait(yield_now()).is_err());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_generator_that_is_driven_in_a_region_is_refused() {
    run_io(|co| {
        co.yield_from(blocking(|| {
            let driven: Generator<Request> = Generator::new(|_: &Co| {
                let (mut one, mut other) = UnixStream::pair()?;
                let errors = [
                    one.read(&mut [0]).unwrap_err(),
                    other.write(&[0]).unwrap_err(),
                    UnixStream::connect("/nowhere").unwrap_err(),
                    blocking::wait(sleep(1)).unwrap_err(),
                ];
                for error in errors {
                    assert_eq!(error.kind(), ErrorKind::Unsupported);
                    assert!(error.to_string().contains("driven in a region"), "{error}");
                }
                Ok(())
            });
            assert!(matches!(driven.next(), Ok(GeneratorState::Complete(()))));
        }))
    })
    .unwrap();
}

#[test]
fn another_thread_gets_an_error_once_a_region_has_used_the_stream() {
    run_io(|co| {
        let (mut one, _other) = UnixStream::pair()?;
        co.yield_from(blocking(|| one.write_all(&[1])))??;
        let theirs = one.try_clone()?;
        let error = thread::spawn(move || (&theirs).read(&mut [0]).unwrap_err())
            .join()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("of another thread"), "{error}");
        let theirs = one.try_clone()?;
        let in_a_loop = move || {
            run(move |co: &Co| {
                let mut theirs = theirs;
                let read = blocking(|| theirs.read(&mut [0]).unwrap_err().to_string());
                co.yield_from(read)
            })
        };
        let said = thread::spawn(move || in_a_loop().unwrap()).join().unwrap();
        assert!(said.contains("another event loop"), "{said}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stream_outlives_its_loop_as_a_stream_that_blocks() {
    let (mut one, mut other) = UnixStream::pair().unwrap();
    let mut clone = one.try_clone().unwrap();
    run_io(move |co| {
        co.yield_from(blocking(|| clone.write_all(&[1])))?
            .map_err(Into::into)
    })
    .unwrap();
    other.write_all(&[2]).unwrap();
    one.read_exact(&mut [0]).unwrap();
    thread::spawn(move || one.write_all(&[3]))
        .join()
        .unwrap()
        .unwrap();
    let mut bytes = [0; 2];
    other.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, [1, 3]);
}

#[test]
fn a_stream_that_is_dropped_on_another_thread_is_closed() {
    run_io(|co| {
        let (mut one, mut other) = UnixStream::pair()?;
        co.yield_from(blocking(|| one.write_all(&[1])))??;
        thread::spawn(move || drop(one)).join().unwrap();
        // Only the loop can close it, and it does: this is the end of the stream.
        let read = blocking(move || other.read_to_end(&mut Vec::new()));
        assert_eq!(co.yield_from(read)??, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn no_descriptor_is_left_wherever_a_stream_ends() {
    if !in_a_child(test_path!("no_descriptor_is_left_wherever_a_stream_ends")) {
        return;
    }
    let event_loop = EventLoop::new().unwrap();
    let run = |body: fn(&Co) -> Result<UnixStream>| event_loop.run_until_complete(body).unwrap();
    let used: fn(&Co) -> Result<UnixStream> = |co| {
        let (mut one, _) = UnixStream::pair()?;
        let _ = co.yield_from(blocking(|| one.read(&mut [0])))?;
        Ok(one)
    };
    drop(run(used));
    let before = open_descriptors();
    // On the loop's thread, while the loop does not run.
    drop(run(used));
    assert_eq!(open_descriptors(), before);
    // On another thread: at the next turn.
    let stream = run(used);
    thread::spawn(move || drop(stream)).join().unwrap();
    event_loop.run_until_complete(yield_now()).unwrap();
    assert_eq!(open_descriptors(), before);
    // Tasks that are cancelled, and tasks that go with their loop.
    let cancelled = event_loop.run_until_complete(|co: &Co| {
        let (task, _other) = reader()?;
        co.yield_from(yield_now())?;
        task.cancel();
        co.yield_from(&task.to_any())
    });
    assert!(cancelled.unwrap_err().is_cancelled());
    assert_eq!(open_descriptors(), before);
    let (stream, abandoned) = (run(used), run(used));
    event_loop.create_task(blocking(move || (&stream).read_exact(&mut [0; 2])));
    event_loop.run_until_complete(yield_now()).unwrap();
    event_loop.close().unwrap();
    drop(event_loop);
    thread::spawn(move || drop(abandoned)).join().unwrap();
    // The loop had three of its own.
    let left = open_descriptors();
    assert!(left < before, "{left} of {before}");
}
