//! Does one thing as often as it is told, for `.ci/instructions`, which counts the instructions.
//!
//! ```text
//! instructions CASE COUNT
//! ```

use std::env;
use std::hint::black_box;
use std::rc::Rc;

use yieldfrom::{Co, EventLoop, Queue, Result, create_task, yield_now};
use yieldfrom_delegation::{Generator, GeneratorState};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let case = arguments.next().expect("instructions CASE COUNT");
    let count = arguments.next().and_then(|count| count.parse().ok());
    let count: u32 = count.expect("COUNT is a number");
    match &*case {
        "roundtrip" => roundtrip(count),
        "delegate" => delegate(count),
        "switch" => run(move |co| switch(co, count)),
        "spawn" => run(move |co| spawn(co, count)),
        "channel" => run(move |co| channel(co, count)),
        _ => panic!("no such case: {case}"),
    }
}

/// A value goes in, and the next one comes out.
fn roundtrip(count: u32) -> Result<()> {
    drive(count, |co| {
        let mut value = 0;
        loop {
            value = co.yield_(value)? + 1;
        }
    })
}

/// A generator is made for one value, and delegated to.
fn delegate(count: u32) -> Result<()> {
    drive(count, |co| {
        let mut value = 0;
        loop {
            value = co.yield_from(Generator::new(move |co| co.yield_(value)))? + 1;
        }
    })
}

fn drive(count: u32, body: impl FnOnce(&Co<u32, u32>) -> Result<()> + 'static) -> Result<()> {
    let generator = Generator::new(body).primed()?;
    for value in 0..count {
        match generator.send(black_box(value))? {
            GeneratorState::Yielded(value) => black_box(value),
            GeneratorState::Complete(()) => unreachable!("the body never ends"),
        };
    }
    Ok(())
}

fn run(coroutine: impl FnOnce(&Co) -> Result<()> + 'static) -> Result<()> {
    EventLoop::new()?.run_until_complete(coroutine)
}

/// Two tasks let each other go first.
fn switch(co: &Co, count: u32) -> Result<()> {
    let other = create_task(move |co: &Co| (0..count).try_for_each(|_| co.yield_from(yield_now())));
    (0..count).try_for_each(|_| co.yield_from(yield_now()))?;
    co.yield_from(other)
}

/// A task is made and waited for.
fn spawn(co: &Co, count: u32) -> Result<()> {
    (0..count).try_for_each(|_| co.yield_from(create_task(|_: &Co| Ok(()))))
}

/// A message goes through a queue from one task to another.
fn channel(co: &Co, count: u32) -> Result<()> {
    let queue = Rc::new(Queue::with_maxsize(128));
    let source = Rc::clone(&queue);
    let sender =
        create_task(move |co: &Co| (0..count).try_for_each(|i| co.yield_from(source.put(i))));
    for _ in 0..count {
        black_box(co.yield_from(queue.get())?);
    }
    co.yield_from(sender)
}
