//! One value in, one value out.
//!
//! In the case `helper` a body suspends in a function that is not inlined. A switch of
//! stacks in there makes the processor mispredict the function's return, so that this
//! is what a body costs that is made of functions.

use std::future::poll_fn;
use std::ops::Deref;
use std::pin::{Pin, pin};

use corosensei::{Coroutine, Yielder};
use yieldfrom_delegation::{Co, Generator, GeneratorState, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::{self, Mailbox, poll_helper};
use crate::questions::{Case, Contestant, Question};

pub(crate) const QUESTION: Question = Question {
    name: "roundtrip",
    about: "a value is sent in and the next one yielded; ns for both",
    cases: &[Case::ns("inlined"), Case::ns("helper")],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("corosensei", corosensei),
        Contestant::rust("generator", generator),
        Contestant::rust("genawaiter", genawaiter),
        Contestant::rust("async-boxed", async_boxed),
        Contestant::rust("async-static", async_static),
        Contestant::cpython(include_str!("../peers/python/roundtrip_cpython.py")),
        Contestant::package(
            "greenlet",
            include_str!("../peers/python/roundtrip_greenlet.py"),
        ),
    ],
    repetitions: usize::MAX,
    seconds: 0.05,
};

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(co: &Co<i64, i64>, value: i64) -> Result<i64> {
        co.yield_(value)
    }
    let generator: Generator<i64, i64> = match case {
        "helper" => Generator::new(|co| {
            let mut value = 0;
            loop {
                value = helper(co, value)? + 1;
            }
        }),
        _ => Generator::new(|co| {
            let mut value = 0;
            loop {
                value = co.yield_(value)? + 1;
            }
        }),
    };
    let generator = generator.primed().expect("the body never ends");
    meter.sends(|value| match generator.send(value) {
        Ok(GeneratorState::Yielded(value)) => value,
        _ => unreachable!("the body never ends"),
    })
}

fn corosensei(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(yielder: &Yielder<i64, i64>, value: i64) -> i64 {
        yielder.suspend(value)
    }
    let mut coroutine: Coroutine<i64, i64, ()> = match case {
        "helper" => Coroutine::new(|yielder, mut value| {
            loop {
                value = helper(yielder, value) + 1;
            }
        }),
        _ => Coroutine::new(|yielder, mut value| {
            loop {
                value = yielder.suspend(value) + 1;
            }
        }),
    };
    coroutine.resume(0);
    meter.sends(|value| {
        coroutine
            .resume(value)
            .as_yield()
            .expect("the body never ends")
    })
}

fn generator(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(scope: &mut generator::Scope<'_, 'static, i64, i64>, value: i64) -> i64 {
        scope.yield_(value).unwrap_or_default()
    }
    let mut generator = match case {
        "helper" => generator::Gn::new_scoped(|mut scope| {
            let mut value = 0;
            loop {
                value = helper(&mut scope, value) + 1;
            }
        }),
        _ => generator::Gn::new_scoped(|mut scope| {
            let mut value = 0;
            loop {
                value = scope.yield_(value).unwrap_or_default() + 1;
            }
        }),
    };
    generator.resume();
    meter.sends(|value| generator.send(value))
}

fn genawaiter(case: &str, meter: &Meter) -> Sample {
    use genawaiter::GeneratorState::Yielded;
    use genawaiter::rc::Gen;

    if case == "helper" {
        let mut generator = Gen::new(|co| async move {
            let mut value = 0;
            loop {
                let mut suspension = pin!(co.yield_(value));
                value = poll_fn(|context| poll_helper(suspension.as_mut(), context)).await + 1;
            }
        });
        generator.resume_with(0);
        return meter.sends(|value| {
            let Yielded(value) = generator.resume_with(value);
            value
        });
    }
    let mut generator = Gen::new(|co| async move {
        let mut value = 0;
        loop {
            value = co.yield_(value).await + 1;
        }
    });
    generator.resume_with(0);
    meter.sends(|value| {
        let Yielded(value) = generator.resume_with(value);
        value
    })
}

async fn inlined(mailbox: impl Deref<Target = Mailbox<i64, i64>>) {
    let mut value = 0;
    loop {
        value = mailbox.yield_(value).await + 1;
    }
}

async fn helped(mailbox: impl Deref<Target = Mailbox<i64, i64>>) {
    let mut value = 0;
    loop {
        let mut suspension = mailbox.yield_(value);
        value = poll_fn(|context| poll_helper(Pin::new(&mut suspension), context)).await + 1;
    }
}

/// A future whose type the driver knows: a static generator, that the compiler sees through.
fn async_static(case: &str, meter: &Meter) -> Sample {
    match case {
        "helper" => polled_futures::unboxed(meter, async |mailbox| helped(mailbox).await),
        _ => polled_futures::unboxed(meter, async |mailbox| inlined(mailbox).await),
    }
}

fn async_boxed(case: &str, meter: &Meter) -> Sample {
    match case {
        "helper" => meter.sends(polled_futures::boxed(helped)),
        _ => meter.sends(polled_futures::boxed(inlined)),
    }
}
