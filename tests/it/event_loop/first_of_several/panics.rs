//! Destructors that panic, one after the other.

use std::panic::{self, AssertUnwindSafe};

use yieldfrom::{Co, Future, Generator, Queue, Request, Result, first, sleep};

use crate::support::{Journal, run_virtual, secs};

/// Panics when it is dropped.
struct Bomb(Journal, &'static str);

impl Drop for Bomb {
    fn drop(&mut self) {
        self.0.note(self.1);
        panic::resume_unwind(Box::new("bomb"));
    }
}

fn panics(run: impl FnOnce()) -> bool {
    panic::catch_unwind(AssertUnwindSafe(run)).is_err()
}

#[test]
fn branches_that_never_run_and_panic_when_they_are_dropped() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        let (a, b) = (Bomb(notes.clone(), "a"), Bomb(notes.clone(), "b"));
        let a = move |_: &Co| {
            drop(a);
            Ok(())
        };
        let b = move |_: &Co| {
            drop(b);
            Ok(())
        };
        let waited = panics(|| drop(co.yield_from(first((queue.get(), a, b)))));
        assert!(waited);
        assert_eq!(notes.take(), ["a", "b"]);
        co.yield_from(sleep(secs(1)))
    })
    .unwrap();
    assert!(journal.take().is_empty());
}

/// Two results are there, and a third branch takes its time to end, when the coroutine is dropped.
#[test]
fn results_that_panic_when_they_are_dropped() {
    run_virtual(|co| {
        let journal = Journal::default();
        let futures = [Future::new(), Future::new()];
        let [a, b] = futures.clone();
        let generator: Generator<Request> = Generator::new(move |co: &Co| {
            let stubborn = |co: &Co| -> Result<()> {
                let _ = co.yield_from(sleep(secs(60)));
                co.yield_from(sleep(secs(60)))
            };
            co.yield_from(first((a, b, stubborn))).map(drop)
        });
        drop(generator.next()?);
        co.yield_from(sleep(secs(1)))?;
        for (name, future) in ["a", "b"].into_iter().zip(futures) {
            future.set_result(Bomb(journal.clone(), name))?;
        }
        drop(generator.next()?);
        panics(|| generator.abandon());
        assert_eq!(journal.take(), ["a", "b"]);
        co.yield_from(sleep(secs(99)))
    })
    .unwrap();
}
