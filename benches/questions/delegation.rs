//! A value from the innermost of many generators to whoever drives the outermost, and back.

use std::mem;

use corosensei::{Coroutine, CoroutineResult};
use yieldfrom_delegation::{Generator, GeneratorState};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::{self, Shared};
use crate::questions::{Case, Contestant, Question, number};

pub(crate) const QUESTION: Question = Question {
    name: "delegation",
    about: "depth generators delegate each to the next, the innermost yields; ns for a yield and a resume of it",
    cases: &[
        Case::ns("depth=1"),
        Case::ns("depth=10"),
        Case::ns("depth=100"),
        Case::ns("depth=1000"),
        Case::ns("depth=10000"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("async-boxpin", async_boxpin),
        Contestant::rust("naive-forwarding", naive_forwarding),
        Contestant::cpython(include_str!("../peers/python/delegation_cpython.py")),
    ],
    repetitions: usize::MAX,
    seconds: 0.06,
};

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    fn level(depth: usize) -> Generator<i64, i64> {
        Generator::new(move |co| {
            if depth > 1 {
                return co.yield_from(level(depth - 1));
            }
            let mut value = 0;
            loop {
                value = co.yield_(value)? + 1;
            }
        })
    }
    let generator = level(number(case))
        .primed()
        .expect("the innermost never ends");
    meter.sends(|value| match generator.send(value) {
        Ok(GeneratorState::Yielded(value)) => value,
        _ => unreachable!("the innermost never ends"),
    })
}

fn async_boxpin(case: &str, meter: &Meter) -> Sample {
    async fn level(depth: usize, mailbox: Shared) {
        if depth > 1 {
            return Box::pin(level(depth - 1, mailbox)).await;
        }
        let mut value = 0;
        loop {
            value = mailbox.yield_(value).await + 1;
        }
    }
    let depth = number(case);
    meter.sends(polled_futures::boxed(|mailbox| level(depth, mailbox)))
}

/// What delegation is without a driver that knows the chain: everybody passes everything on.
fn naive_forwarding(case: &str, meter: &Meter) -> Sample {
    fn level(depth: usize) -> Coroutine<i64, i64, ()> {
        Coroutine::new(move |yielder, mut value| {
            if depth > 1 {
                let mut inner = level(depth - 1);
                while let CoroutineResult::Yield(yielded) = inner.resume(value) {
                    value = yielder.suspend(yielded);
                }
                return;
            }
            loop {
                value = yielder.suspend(value) + 1;
            }
        })
    }
    let mut outermost = level(number(case));
    outermost.resume(0);
    let sample = meter.sends(|value| {
        outermost
            .resume(value)
            .as_yield()
            .expect("the innermost never ends")
    });
    // Unwinding thousands of stacks, one inside the other, is not of interest here.
    mem::forget(outermost);
    sample
}
