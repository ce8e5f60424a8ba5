//! What it costs to begin and end a delegation.
//!
//! In the case `same-stack-helper` the delegate is a function that is not inlined, so that
//! its suspension makes the processor mispredict its return, as most functions' does;
//! in the other cases the compiler inlines what it likes.

use std::future::poll_fn;
use std::pin::Pin;

use yieldfrom_delegation::{Co, Generator, GeneratorState, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::{self, Shared, poll_helper};
use crate::questions::{Case, Contestant, Question};

pub(crate) const QUESTION: Question = Question {
    name: "delegate-setup",
    about: "a body delegates, in a loop, to what yields once and returns; ns per delegation, its yield included",
    cases: &[
        Case::ns("same-stack"),
        Case::ns("same-stack-helper"),
        Case::ns("own-stack"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
        Contestant::rust("async-boxpin", async_boxpin),
        Contestant::rust("async-inline", async_inline).only(&["same-stack"]),
        Contestant::cpython(include_str!("../peers/python/delegate_setup_cpython.py")),
    ],
    repetitions: usize::MAX,
    seconds: 0.06,
};

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(co: &Co<i64, i64>, value: i64) -> Result<i64> {
        co.yield_(value)
    }
    let generator: Generator<i64, i64> = match case {
        "own-stack" => Generator::new(|co| {
            let mut value = 0;
            loop {
                value = co.yield_from(Generator::new(move |co| co.yield_(value)))? + 1;
            }
        }),
        "same-stack-helper" => Generator::new(|co| {
            let mut value = 0;
            loop {
                value = co.yield_from(|co: &Co<i64, i64>| helper(co, value))? + 1;
            }
        }),
        _ => Generator::new(|co| {
            let mut value = 0;
            loop {
                value = co.yield_from(|co: &Co<i64, i64>| co.yield_(value))? + 1;
            }
        }),
    };
    let generator = generator.primed().expect("the body never ends");
    meter.sends(|value| match generator.send(value) {
        Ok(GeneratorState::Yielded(value)) => value,
        _ => unreachable!("the body never ends"),
    })
}

/// One stack or two is not a choice that futures have.
fn async_boxpin(case: &str, meter: &Meter) -> Sample {
    async fn inlined(mailbox: Shared) {
        let mut value = 0;
        loop {
            value = Box::pin(async { mailbox.yield_(value).await }).await + 1;
        }
    }
    async fn helped(mailbox: Shared) {
        let mut value = 0;
        loop {
            let mut delegate = Box::pin(async {
                let mut suspension = mailbox.yield_(value);
                poll_fn(|context| poll_helper(Pin::new(&mut suspension), context)).await
            });
            value = delegate.as_mut().await + 1;
        }
    }
    match case {
        "same-stack-helper" => meter.sends(polled_futures::boxed(helped)),
        _ => meter.sends(polled_futures::boxed(inlined)),
    }
}

/// A delegate that is part of its delegator's future, as it is where nothing recurs.
fn async_inline(_case: &str, meter: &Meter) -> Sample {
    async fn delegator(mailbox: Shared) {
        let mut value = 0;
        loop {
            value = async { mailbox.yield_(value).await }.await + 1;
        }
    }
    meter.sends(polled_futures::boxed(delegator))
}
