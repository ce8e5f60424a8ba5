//! One value in, one value out.
//!
//! A switch of stacks in a function that was called makes the processor mispredict the return of
//! that function, unless the switch takes care. So the cases differ in where the two switches stand:
//! in the loop of the body or in a function that it calls (`body-helper`), in the loop of the driver
//! or in a function that it calls (`driver-helper`), or both in functions (`helper`).

use std::future::poll_fn;
use std::hint::black_box;
use std::ops::Deref;
use std::pin::{Pin, pin};

use corosensei::{Coroutine, Yielder};
use genawaiter::rc::Gen;
use yieldfrom_delegation::{Co, Generator, GeneratorState, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::{Mailbox, Shared, poll_helper};
use crate::questions::{Case, Contestant, Question};

pub(crate) const QUESTION: Question = Question {
    name: "roundtrip",
    about: "a value is sent in and the next one yielded; ns for both",
    cases: &[
        Case::ns("inlined"),
        Case::ns("body-helper"),
        Case::ns("driver-helper").long(),
        Case::ns("helper"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::native(),
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

/// Returns whether the body of a case suspends in a function that is not inlined.
fn helps_body(case: &str) -> bool {
    matches!(case, "body-helper" | "helper")
}

/// A body that answers each value with one more. It has been started.
///
/// A closure in its place would be inlined only sometimes.
trait Answer {
    fn answer(&mut self, value: i64) -> i64;
}

/// Measures the answers, inlined or in a function that is not, as the case says.
fn answers(case: &str, meter: &Meter, mut body: impl Answer) -> Sample {
    #[inline(never)]
    fn helper(body: &mut impl Answer, value: i64) -> i64 {
        // Without the box, this could be a jump, and return to the driver.
        black_box(body.answer(value))
    }
    if matches!(case, "driver-helper" | "helper") {
        meter.sends(|value| helper(&mut body, value))
    } else {
        meter.sends(|value| body.answer(value))
    }
}

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(co: &Co<i64, i64>, value: i64) -> Result<i64> {
        co.yield_(value)
    }
    let generator: Generator<i64, i64> = if helps_body(case) {
        Generator::new(|co| {
            let mut value = 0;
            loop {
                value = helper(co, value)? + 1;
            }
        })
    } else {
        Generator::new(|co| {
            let mut value = 0;
            loop {
                value = co.yield_(value)? + 1;
            }
        })
    };
    let generator = generator.primed().expect("the body never ends");
    answers(case, meter, generator)
}

impl Answer for Generator<i64, i64> {
    #[inline(always)]
    fn answer(&mut self, value: i64) -> i64 {
        match self.send(value) {
            Ok(GeneratorState::Yielded(value)) => value,
            _ => unreachable!("the body never ends"),
        }
    }
}

fn corosensei(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(yielder: &Yielder<i64, i64>, value: i64) -> i64 {
        yielder.suspend(value)
    }
    let mut coroutine: Coroutine<i64, i64, ()> = if helps_body(case) {
        Coroutine::new(|yielder, mut value| {
            loop {
                value = helper(yielder, value) + 1;
            }
        })
    } else {
        Coroutine::new(|yielder, mut value| {
            loop {
                value = yielder.suspend(value) + 1;
            }
        })
    };
    coroutine.resume(0);
    answers(case, meter, coroutine)
}

impl Answer for Coroutine<i64, i64, ()> {
    #[inline(always)]
    fn answer(&mut self, value: i64) -> i64 {
        let yielded = self.resume(value).as_yield();
        yielded.expect("the body never ends")
    }
}

fn generator(case: &str, meter: &Meter) -> Sample {
    #[inline(never)]
    fn helper(scope: &mut generator::Scope<'_, 'static, i64, i64>, value: i64) -> i64 {
        scope.yield_(value).unwrap_or_default()
    }
    let mut generator = if helps_body(case) {
        generator::Gn::new_scoped(|mut scope| {
            let mut value = 0;
            loop {
                value = helper(&mut scope, value) + 1;
            }
        })
    } else {
        generator::Gn::new_scoped(|mut scope| {
            let mut value = 0;
            loop {
                value = scope.yield_(value).unwrap_or_default() + 1;
            }
        })
    };
    generator.resume();
    answers(case, meter, generator)
}

impl Answer for generator::Generator<'_, i64, i64> {
    #[inline(always)]
    fn answer(&mut self, value: i64) -> i64 {
        self.send(value)
    }
}

fn genawaiter(case: &str, meter: &Meter) -> Sample {
    if helps_body(case) {
        let mut generator = Gen::new(|co| async move {
            let mut value = 0;
            loop {
                let mut suspension = pin!(co.yield_(value));
                value = poll_fn(|context| poll_helper(suspension.as_mut(), context)).await + 1;
            }
        });
        generator.resume_with(0);
        return answers(case, meter, generator);
    }
    let mut generator = Gen::new(|co| async move {
        let mut value = 0;
        loop {
            value = co.yield_(value).await + 1;
        }
    });
    generator.resume_with(0);
    answers(case, meter, generator)
}

impl<F: Future<Output = std::convert::Infallible>> Answer for Gen<i64, i64, F> {
    #[inline(always)]
    fn answer(&mut self, value: i64) -> i64 {
        match self.resume_with(value) {
            genawaiter::GeneratorState::Yielded(value) => value,
            genawaiter::GeneratorState::Complete(never) => match never {},
        }
    }
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

/// A future and its mailbox.
struct Polled<'a, F: ?Sized>(&'a Mailbox<i64, i64>, Pin<&'a mut F>);

impl<F: Future<Output = ()> + ?Sized> Answer for Polled<'_, F> {
    #[inline(always)]
    fn answer(&mut self, value: i64) -> i64 {
        let yielded = self.0.send(self.1.as_mut(), value);
        yielded.expect("the body never ends")
    }
}

/// A future whose type the driver knows: a static generator, that the compiler sees through.
fn async_static(case: &str, meter: &Meter) -> Sample {
    let mailbox = Mailbox::default();
    if helps_body(case) {
        polled(case, meter, &mailbox, pin!(helped(&mailbox)))
    } else {
        polled(case, meter, &mailbox, pin!(inlined(&mailbox)))
    }
}

/// A future that is boxed and whose type is forgotten, as a generator's is.
fn async_boxed(case: &str, meter: &Meter) -> Sample {
    let mailbox = Shared::default();
    let mut future: Pin<Box<dyn Future<Output = ()>>> = if helps_body(case) {
        Box::pin(helped(mailbox.clone()))
    } else {
        Box::pin(inlined(mailbox.clone()))
    };
    polled(case, meter, &mailbox, future.as_mut())
}

fn polled<F: Future<Output = ()> + ?Sized>(
    case: &str,
    meter: &Meter,
    mailbox: &Mailbox<i64, i64>,
    future: Pin<&mut F>,
) -> Sample {
    let mut body = Polled(mailbox, future);
    body.answer(0);
    answers(case, meter, body)
}
