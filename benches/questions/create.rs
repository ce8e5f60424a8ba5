//! A generator's whole life: created, run to its one yield, run to its end.

use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::thread;
use std::time::Instant;

use corosensei::Coroutine;
use yieldfrom_delegation::Generator;

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::Shared;
use crate::questions::{Case, Contestant, Question};

/// How many are alive at once on fresh stacks: well below where a process runs out of mappings.
const FRESH: usize = 4000;

pub(crate) const QUESTION: Question = Question {
    name: "create",
    about: "created, run to a yield, run to the end; warm: one after the other; \
            cold: 4000 alive at once on stacks that were never used, in a thread \
            that starts before and ends after; ns for each",
    cases: &[Case::ns("cold"), Case::ns("warm")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("corosensei", corosensei),
        Contestant::rust("async-boxed", async_boxed),
    ],
    repetitions: usize::MAX,
    seconds: 0.09,
};

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let create = || -> Generator<i64, i64> { Generator::new(|co| co.yield_(1).map(drop)) };
    let first = |generator: &mut Generator<i64, i64>| drop(black_box(generator.next()));
    let last = |generator: &mut Generator<i64, i64>| drop(black_box(generator.send(black_box(2))));
    life(case, meter, create, first, last)
}

fn corosensei(case: &str, meter: &Meter) -> Sample {
    let create =
        || -> Coroutine<i64, i64, ()> { Coroutine::new(|yielder, _| _ = yielder.suspend(1)) };
    let first = |coroutine: &mut Coroutine<i64, i64, ()>| _ = black_box(coroutine.resume(0));
    let last =
        |coroutine: &mut Coroutine<i64, i64, ()>| _ = black_box(coroutine.resume(black_box(2)));
    life(case, meter, create, first, last)
}

/// A boxed future that is polled twice.
fn async_boxed(case: &str, meter: &Meter) -> Sample {
    type Boxed = Pin<Box<dyn Future<Output = ()>>>;
    let create = || {
        let mailbox = Shared::default();
        let inner = Rc::clone(&mailbox);
        let future: Boxed = Box::pin(async move { _ = inner.yield_(1).await });
        (mailbox, future)
    };
    let first = |(mailbox, future): &mut (Shared, Boxed)| {
        _ = black_box(mailbox.send(future.as_mut(), 0));
    };
    let last = |(mailbox, future): &mut (Shared, Boxed)| {
        _ = black_box(mailbox.send(future.as_mut(), black_box(2)));
    };
    life(case, meter, create, first, last)
}

fn life<G>(
    case: &str,
    meter: &Meter,
    create: impl Fn() -> G + Sync,
    first: impl Fn(&mut G) + Sync,
    last: impl Fn(&mut G) + Sync,
) -> Sample {
    if case == "warm" {
        return meter.call(|| {
            let mut one = create();
            first(&mut one);
            last(&mut one);
        });
    }
    let fresh = || {
        let mut all: Vec<_> = (0..FRESH).map(|_| create()).collect();
        all.iter_mut().for_each(&first);
        all.iter_mut().for_each(&last);
    };
    // Stacks belong to their thread: a new one has none that were used before, and gives
    // all back to the system at its end, which counts as well.
    meter.batches(FRESH, || {
        let start = Instant::now();
        thread::scope(|scope| scope.spawn(fresh).join().expect("it does not panic"));
        start.elapsed()
    })
}
