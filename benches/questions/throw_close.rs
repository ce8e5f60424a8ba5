//! What it costs to throw into a body and to close it, beside sending.
//!
//! All three are done to the same generators: a population of them is created and
//! started, each is sent a value, then an error is thrown into each, then each is
//! closed, and only the pass that is asked for is timed. So the three find stacks and
//! caches in the same state.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use corosensei::Coroutine;
use corosensei::stack::DefaultStack;
use yieldfrom_delegation::{Co, Error, Generator, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::{self, Shared};
use crate::questions::{Case, Contestant, Question};

/// Many enough that the clock's own time does not count, and few enough for the cache.
const POPULATION: usize = 512;

pub(crate) const QUESTION: Question = Question {
    name: "throw-close",
    about: "512 suspended generators: a value is sent to each, an error thrown into each (and caught), each is closed; ns",
    cases: &[
        Case::ns("send"),
        Case::ns("throw"),
        Case::ns("throw-custom"),
        Case::ns("close"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("corosensei", corosensei).only(&["close"]),
        Contestant::rust("async-boxed", async_boxed).only(&["send", "close"]),
    ],
    repetitions: usize::MAX,
    seconds: 0.05,
};

/// Somebody's own error.
#[derive(Debug)]
struct OutOfFuel {
    liters: i64,
}

impl fmt::Display for OutOfFuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} l left", self.liters)
    }
}

impl std::error::Error for OutOfFuel {}

/// Yields what it was sent, catches every error but the one that ends it.
fn body(co: &Co<i64, i64>) -> Result<()> {
    let mut value = 0;
    loop {
        value = match co.yield_(value) {
            Ok(value) => value + 1,
            Err(error) if error.is_generator_exit() => return Err(error),
            Err(_) => -1,
        };
    }
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let throw = if case == "throw-custom" {
        throw_custom
    } else {
        throw
    };
    let sample = meter.batches(POPULATION, || {
        let generators: Vec<_> = (0..POPULATION)
            .map(|_| Generator::new(body).primed().expect("it yields"))
            .collect();
        let (sent, thrown, closed) = (
            timed(&generators, send),
            timed(&generators, throw),
            timed(&generators, close),
        );
        match case {
            "send" => sent,
            "close" => closed,
            _ => thrown,
        }
    });
    // Instructions would be those of everything that a batch does: here and below.
    sample.uncounted()
}

fn timed(generators: &[Generator<i64, i64>], pass: fn(&[Generator<i64, i64>])) -> Duration {
    let start = Instant::now();
    pass(generators);
    start.elapsed()
}

fn send(generators: &[Generator<i64, i64>]) {
    for generator in generators {
        let _ = black_box(generator.send(black_box(1)));
    }
}

fn throw(generators: &[Generator<i64, i64>]) {
    for generator in generators {
        let _ = black_box(generator.throw(Error::cancelled()));
    }
}

fn throw_custom(generators: &[Generator<i64, i64>]) {
    for generator in generators {
        let _ = black_box(generator.throw(OutOfFuel {
            liters: black_box(1),
        }));
    }
}

fn close(generators: &[Generator<i64, i64>]) {
    for generator in generators {
        let _ = black_box(generator.close());
    }
}

/// Futures: nothing can be thrown into them, and what closes a suspended one is that it is dropped.
fn async_boxed(case: &str, meter: &Meter) -> Sample {
    async fn body(mailbox: Shared) {
        let mut value = 0;
        loop {
            value = mailbox.yield_(value).await + 1;
        }
    }
    let sample = meter.batches(POPULATION, || {
        let mut futures: Vec<_> = (0..POPULATION)
            .map(|_| polled_futures::boxed(body))
            .collect();
        let start = Instant::now();
        for send in &mut futures {
            black_box(send(black_box(1)));
        }
        let sent = start.elapsed();
        let start = Instant::now();
        futures.clear();
        let closed = start.elapsed();
        if case == "send" { sent } else { closed }
    });
    sample.uncounted()
}

/// What closes a coroutine that gets values only: its stack is unwound.
///
/// The stacks are kept, so that neither their making nor their unmapping is counted.
fn corosensei(_case: &str, meter: &Meter) -> Sample {
    let stack = || DefaultStack::new(64 << 10).expect("there is memory");
    let mut stacks: Vec<_> = (0..POPULATION).map(|_| stack()).collect();
    let sample = meter.batches(POPULATION, || {
        let mut coroutines: Vec<_> = stacks.drain(..).map(suspended).collect();
        let start = Instant::now();
        coroutines.iter_mut().for_each(Coroutine::force_unwind);
        let time = start.elapsed();
        stacks.extend(coroutines.into_iter().map(Coroutine::into_stack));
        time
    });
    sample.uncounted()
}

fn suspended(stack: DefaultStack) -> Coroutine<i64, i64, (), DefaultStack> {
    let mut coroutine = Coroutine::with_stack(stack, |yielder, mut value| {
        loop {
            value = yielder.suspend(value) + 1;
        }
    });
    coroutine.resume(0);
    coroutine
}
