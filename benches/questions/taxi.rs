//! The taxi simulation of the book, run to the end of the last taxi's day.
//!
//! Taxi i leaves the garage at 5 * i, makes 2 * (i % 10 + 1) trips and goes home. The
//! simulator takes the earliest event off a binary heap, draws how long the taxi is
//! busy, and resumes it with the time at which it is free; what it answers is its next
//! event. Simulator, heap, events and random numbers are the same code for all
//! contestants in this file: they differ in how a taxi waits.

mod nexosim;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use yieldfrom_delegation::{Builder, Co, Generator, GeneratorState, Result};

use crate::measuring::meter::{Meter, Sample};
use crate::peers::polled_futures::Mailbox;
use crate::questions::{Case, Contestant, Question, SMALL_STACK, number};

const RATE: &str = "events/s";

pub(crate) const QUESTION: Question = Question {
    name: "taxi",
    about: "the taxi simulation to its end, taxis (yieldfrom's on stacks of 16 KiB) created and destroyed within; events per second",
    cases: &[
        Case::new("taxis=100", RATE).long(),
        Case::new("taxis=10000", RATE),
        Case::new("taxis=100000", RATE).long(),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", |case, meter| {
            simulations(case, meter, Generators::new)
        }),
        Contestant::native(),
        Contestant::rust("enum", |case, meter| {
            simulations(case, meter, Machines::new)
        }),
        Contestant::rust("async", |case, meter| {
            simulations(case, meter, Futures::new)
        }),
        Contestant::rust("nexosim", |case, meter| runs(case, meter, nexosim::run)).long(),
        Contestant::cpython(include_str!("../peers/python/taxi_cpython.py")),
        Contestant::package("simpy", include_str!("../peers/python/taxi_simpy.py")).long(),
    ],
    repetitions: usize::MAX,
    seconds: 1.2,
};

type Time = u64;

/// What a taxi does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Action {
    #[default]
    LeaveGarage,
    PickUp,
    DropOff,
    GoHome,
}

/// What happens when: events are ordered by time, then by taxi.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time: Time,
    taxi: u32,
    action: Action,
}

/// Returns how many trips a taxi makes.
fn trips(taxi: u32) -> u32 {
    2 * (taxi % 10 + 1)
}

/// Returns when a taxi leaves the garage.
fn start(taxi: u32) -> Time {
    5 * Time::from(taxi)
}

/// Returns how many events there are in a day of so many taxis.
fn events(taxis: u32) -> u64 {
    (0..taxis).map(|taxi| 2 + 2 * u64::from(trips(taxi))).sum()
}

/// Random durations, by Marsaglia's xorshift.
#[derive(Debug, Serialize, Deserialize)]
struct Durations(u64);

impl Durations {
    fn new() -> Self {
        Self(0x9E37_79B9_7F4A_7C15)
    }

    /// Returns a generator of its own for one taxi.
    fn split(&mut self) -> Self {
        self.draw(Action::LeaveGarage);
        Self(self.0)
    }

    /// Draws how long a taxi is busy after an action.
    #[inline]
    fn draw(&mut self, after: Action) -> Time {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let mean = match after {
            Action::LeaveGarage | Action::DropOff => 5.0,
            Action::PickUp => 20.0,
            Action::GoHome => 1.0,
        };
        let uniform = (self.0 >> 11) as f64 / (1u64 << 53) as f64;
        (-(1.0 - uniform).ln() * mean) as Time + 1
    }
}

/// The taxis of one contestant.
trait Fleet {
    /// Brings a taxi to its first event.
    fn begin(&mut self, taxi: u32) -> Event;

    /// Tells a taxi the time at which it is free; returns its next event.
    fn resume(&mut self, taxi: u32, now: Time) -> Option<Event>;

    /// Hints that a taxi will probably be resumed after this one.
    fn soon(&self, _taxi: u32) {}
}

/// Runs a fleet to the end and returns the number of events.
fn simulate(mut fleet: impl Fleet, taxis: u32) -> u64 {
    let mut queue = BinaryHeap::with_capacity(taxis as usize);
    queue.extend((0..taxis).map(|taxi| Reverse(fleet.begin(taxi))));
    let mut durations = Durations::new();
    let mut events = 0;
    while let Some(Reverse(event)) = queue.pop() {
        if let Some(Reverse(next)) = queue.peek() {
            fleet.soon(next.taxi);
        }
        events += 1;
        let free = event.time + durations.draw(event.action);
        if let Some(next) = fleet.resume(event.taxi, free) {
            queue.push(Reverse(next));
        }
    }
    events
}

fn simulations<F: Fleet>(case: &str, meter: &Meter, fleet: fn(u32) -> F) -> Sample {
    runs(case, meter, |taxis| simulate(fleet(taxis), taxis))
}

/// Measures whole runs, each of which returns its number of events.
fn runs(case: &str, meter: &Meter, run: impl Fn(u32) -> u64) -> Sample {
    let taxis = u32::try_from(number(case)).expect("not so many");
    let expected = events(taxis);
    let sample = meter.runs(|count| {
        let start = Instant::now();
        for _ in 0..count {
            assert_eq!(
                run(black_box(taxis)),
                expected,
                "the contestant does something else"
            );
        }
        start.elapsed()
    });
    sample.into_rate(expected as f64)
}

/// Taxis that are generators.
struct Generators(Vec<Generator<Event, Time>>);

impl Generators {
    fn new(taxis: u32) -> Self {
        let generator = |taxi| {
            Builder::new()
                .stack_size(SMALL_STACK)
                .build(move |co| Self::day(co, taxi))
        };
        Self((0..taxis).map(generator).collect())
    }

    fn day(co: &Co<Event, Time>, taxi: u32) -> Result<()> {
        let event = |time, action| Event { time, taxi, action };
        let mut now = co.yield_(event(start(taxi), Action::LeaveGarage))?;
        for _ in 0..trips(taxi) {
            now = co.yield_(event(now, Action::PickUp))?;
            now = co.yield_(event(now, Action::DropOff))?;
        }
        co.yield_(event(now, Action::GoHome))?;
        Ok(())
    }
}

impl Fleet for Generators {
    fn begin(&mut self, taxi: u32) -> Event {
        match self.0[taxi as usize].next() {
            Ok(GeneratorState::Yielded(event)) => event,
            _ => unreachable!("a taxi leaves the garage"),
        }
    }

    #[inline]
    fn resume(&mut self, taxi: u32, now: Time) -> Option<Event> {
        match self.0[taxi as usize].send(now) {
            Ok(GeneratorState::Yielded(event)) => Some(event),
            Ok(GeneratorState::Complete(())) => None,
            Err(error) => unreachable!("{error}"),
        }
    }

    #[inline]
    fn soon(&self, taxi: u32) {
        self.0[taxi as usize].prefetch();
    }
}

/// Taxis that are state machines written by hand: the least there is to do.
struct Machines(Vec<Machine>);

#[derive(Serialize, Deserialize)]
struct Machine {
    trips_left: u32,
    last: Action,
}

impl Machines {
    fn new(taxis: u32) -> Self {
        Self(
            (0..taxis)
                .map(|taxi| Machine {
                    trips_left: trips(taxi),
                    last: Action::LeaveGarage,
                })
                .collect(),
        )
    }
}

impl Machine {
    #[inline]
    fn step(&mut self) -> Option<Action> {
        self.last = match self.last {
            Action::LeaveGarage | Action::DropOff if self.trips_left > 0 => Action::PickUp,
            Action::LeaveGarage | Action::DropOff => Action::GoHome,
            Action::PickUp => {
                self.trips_left -= 1;
                Action::DropOff
            }
            Action::GoHome => return None,
        };
        Some(self.last)
    }
}

impl Fleet for Machines {
    fn begin(&mut self, taxi: u32) -> Event {
        Event {
            time: start(taxi),
            taxi,
            action: Action::LeaveGarage,
        }
    }

    #[inline]
    fn resume(&mut self, taxi: u32, now: Time) -> Option<Event> {
        let action = self.0[taxi as usize].step()?;
        Some(Event {
            time: now,
            taxi,
            action,
        })
    }
}

/// Taxis that are futures, polled by hand.
struct Futures {
    taxis: Vec<Option<Pin<Box<dyn Future<Output = ()>>>>>,
    /// One is enough: only one taxi is on the move at a time.
    mailbox: Rc<Mailbox<Event, Time>>,
}

impl Futures {
    fn new(taxis: u32) -> Self {
        let mailbox = Rc::default();
        let future = |taxi| -> Option<Pin<Box<dyn Future<Output = ()>>>> {
            Some(Box::pin(Self::day(Rc::clone(&mailbox), taxi)))
        };
        Self {
            taxis: (0..taxis).map(future).collect(),
            mailbox,
        }
    }

    async fn day(mailbox: Rc<Mailbox<Event, Time>>, taxi: u32) {
        let event = |time, action| Event { time, taxi, action };
        let mut now = mailbox
            .yield_(event(start(taxi), Action::LeaveGarage))
            .await;
        for _ in 0..trips(taxi) {
            now = mailbox.yield_(event(now, Action::PickUp)).await;
            now = mailbox.yield_(event(now, Action::DropOff)).await;
        }
        mailbox.yield_(event(now, Action::GoHome)).await;
    }
}

impl Fleet for Futures {
    fn begin(&mut self, taxi: u32) -> Event {
        self.resume(taxi, 0).expect("a taxi leaves the garage")
    }

    #[inline]
    fn resume(&mut self, taxi: u32, now: Time) -> Option<Event> {
        let slot = &mut self.taxis[taxi as usize];
        let future = slot.as_mut().expect("whoever went home is not resumed");
        let next = self.mailbox.send(future.as_mut(), now);
        if next.is_none() {
            // As a generator gives its stack back, a future gives back its memory.
            *slot = None;
        }
        next
    }
}
