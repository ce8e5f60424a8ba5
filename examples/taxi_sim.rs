//! The taxi simulation of "Fluent Python", chapter 16: a discrete event simulation.
//!
//! Every taxi is a generator. It yields events (leaving the garage, picking up and
//! dropping off a passenger, going home) and is sent the time of the next one. The
//! simulator takes the earliest event from a priority queue, draws how long what
//! follows it takes, and sends that time to the taxi. There are no threads and no
//! callbacks: a taxi's life is written down from its start to its end.
//!
//! With a seed the output is that of the Python program, to the byte:
//!
//! ```text
//! cargo run --release --example taxi_sim -- --seed 3 --end-time 120
//! cargo run --release --example taxi_sim -- --seed 3 --delay
//! cargo run --release --example taxi_sim -- --summary --taxis 100000
//! cargo run --release --example taxi_sim -- --seed 3 --svg taxis.svg
//! cargo run --release --example taxi_sim -- --seed 3 --trace taxis.html
//! ```

#[path = "taxi_sim/command.rs"]
mod command;
#[path = "taxi_sim/events.rs"]
mod events;
#[path = "taxi_sim/legs.rs"]
mod legs;
#[path = "taxi_sim/options.rs"]
mod options;
#[path = "taxi_sim/pace.rs"]
mod pace;
#[path = "taxi_sim/print.rs"]
mod print;
#[path = "taxi_sim/progress.rs"]
mod progress;
#[path = "taxi_sim/summary.rs"]
mod summary;
#[path = "taxi_sim/timeline.rs"]
mod timeline;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::process::ExitCode;

use examples::random::Random;
use examples::recording::Recording;
use num_bigint::BigInt;
use yieldfrom::trace::TraceOptions;
use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Builder, Error, Generator, Result};

use crate::events::{Action, End, Event, Observer, Time, compute_duration};
use crate::options::Options;

type Taxi = Generator<Event, Time>;

/// Yields an event at every change of state, and is sent the time of the next.
fn taxi_process(ident: usize, trips: usize, start_time: Time) -> Taxi {
    // A small stack, so that a fleet of a million finds room.
    Builder::new().stack_size(64 << 10).build(move |co| {
        let event = |time, action| Event {
            time,
            proc: ident,
            action,
        };
        let mut time = co.yield_(event(start_time, Action::LeaveGarage))?;
        for _ in 0..trips {
            time = co.yield_(event(time, Action::PickUpPassenger))?;
            time = co.yield_(event(time, Action::DropOffPassenger))?;
        }
        co.yield_(event(time, Action::GoingHome))?;
        Ok(())
    })
}

struct Simulator {
    events: BinaryHeap<Reverse<Event>>,
    procs: Vec<Taxi>,
    random: Random,
    observers: Vec<Box<dyn Observer>>,
}

impl Simulator {
    fn new(procs: Vec<Taxi>, random: Random, observers: Vec<Box<dyn Observer>>) -> Self {
        Self {
            events: BinaryHeap::new(),
            procs,
            random,
            observers,
        }
    }

    /// Schedules every taxi's first event.
    fn start(&mut self) -> Result<()> {
        for proc in &self.procs {
            if let Yielded(first_event) = proc.next()? {
                self.events.push(Reverse(first_event));
            }
        }
        Ok(())
    }

    /// Handles events until there are none or the time is up.
    fn run(&mut self, end_time: Time) -> Result<()> {
        self.start()?;
        let mut sim_time = 0;
        while sim_time < end_time {
            let Some(mut head) = self.events.peek_mut() else {
                return self.end(End::OfEvents);
            };
            let Reverse(current_event) = *head;
            sim_time = current_event.time;
            for observer in &mut self.observers {
                observer.event(&current_event)?;
            }
            let next_time = sim_time + compute_duration(current_event.action, &mut self.random);
            // A taxi's next event is soon: in the place of the current one it has a short way
            // to go, while removing one and adding the other would go through the whole queue.
            match self.procs[current_event.proc].send(next_time)? {
                Yielded(next_event) => *head = Reverse(next_event),
                Complete(()) => drop(PeekMut::pop(head)),
            }
        }
        self.end(End::OfSimulationTime {
            pending: self.events.len(),
        })
    }

    fn end(&mut self, end: End) -> Result<()> {
        for observer in &mut self.observers {
            observer.end(end)?;
        }
        Ok(())
    }
}

fn simulate(options: &Options, seed: &BigInt) -> Result<()> {
    // The observers come first: a file that cannot be written is found before the run.
    let observers = options.observers(seed)?;
    let shown = TraceOptions::new().show::<Event>();
    let recording = Recording::of_generators(options.trace(), shown)?;
    let taxis = fleet(options)?;
    // It is dropped before the recording is written, and closes the taxis that are still out.
    let ended = Simulator::new(taxis, Random::new(seed), observers).run(options.end_time());
    recording.write_after(ended)
}

fn fleet(options: &Options) -> Result<Vec<Taxi>> {
    let size = options.taxis();
    let mut taxis = Vec::new();
    let room = taxis.try_reserve_exact(size);
    room.map_err(|error| Error::msg(format!("make {size} taxis: {error}")))?;
    taxis.extend((0..size).map(|i| taxi_process(i, options.trips(i), i as Time * 5)));
    Ok(taxis)
}

fn main() -> ExitCode {
    command::run("taxi_sim", simulate)
}
