//! What a suspended generator weighs.

use std::fs;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult};
use yieldfrom_delegation::{Builder, Generator};

use crate::measuring::machine::memory;
use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures;
use crate::questions::{Case, Contestant, Question, number};

const STACK: usize = 64 << 10;
/// As many as a process survives whose every stack takes two mappings of the 65,530 it may have.
const FEW: &[&str] = &["n=20000", "mappings n=20000"];

pub(crate) const QUESTION: Question = Question {
    name: "memory",
    about: "n suspended generators with stacks of 64 KiB, or futures: what the process has grown by, resident \
            and page tables, for each; and by how many mappings in all",
    cases: &[
        Case::new("n=20000", "bytes"),
        Case::new("n=100000", "bytes"),
        Case::new("n=1000000", "bytes").long(),
        Case::new("mappings n=20000", "count"),
        Case::new("mappings n=1000000", "count").long(),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("corosensei", corosensei).only(FEW),
        Contestant::rust("async-boxed", async_boxed),
    ],
    // The answer is the same each time.
    repetitions: 1,
    seconds: 2.0,
};

fn yieldfrom(case: &str, _meter: &Meter) -> Sample {
    grown(case, || {
        let generator: Generator<i64, i64> = Builder::new()
            .stack_size(STACK)
            .build(|co| co.yield_(1).map(drop));
        generator.primed().expect("there is memory")
    })
}

fn corosensei(case: &str, _meter: &Meter) -> Sample {
    grown(case, || {
        let stack = DefaultStack::new(STACK).expect("there is memory");
        let mut coroutine: Coroutine<i64, i64, ()> =
            Coroutine::with_stack(stack, |yielder, _| _ = yielder.suspend(1));
        assert!(matches!(coroutine.resume(0), CoroutineResult::Yield(1)));
        coroutine
    })
}

/// The future, and the mailbox through which it yields.
fn async_boxed(case: &str, _meter: &Meter) -> Sample {
    grown(case, || {
        let mut send = polled_futures::boxed(|mailbox| async move {
            mailbox.yield_(1).await;
            mailbox.yield_(2).await;
        });
        assert_eq!(send(0), 2);
        send
    })
}

/// Makes as many as the case says, and returns what it asks for.
fn grown<G>(case: &str, make: impl Fn() -> G) -> Sample {
    let n = number(case);
    // Written, so that what holds the generators is resident before, and not counted.
    let mut all: Vec<Option<G>> = (0..n).map(|_| None).collect();
    let measure = if case.starts_with("mappings") {
        mappings
    } else {
        memory
    };
    let before = measure();
    all.fill_with(|| Some(make()));
    let grown = measure() - before;
    let sample = if case.starts_with("mappings") {
        grown
    } else {
        grown / n as f64
    };
    // The system is faster at this than a million destructors.
    std::mem::forget(all);
    Sample::count(sample)
}

fn mappings() -> f64 {
    let maps = fs::read("/proc/self/maps").expect("this system tells what a process maps");
    maps.iter().filter(|&&byte| byte == b'\n').count() as f64
}
