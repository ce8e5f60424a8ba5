use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufWriter, Write, stdout};

use genawaiter::GeneratorState::Yielded;
use genawaiter::rc::Gen;

use super::{Action, Event, Options, Time, compute_duration, start_time, trips};

type Taxi<F> = Gen<Event, Time, F>;

fn taxi_process(proc: usize, trips: usize, start_time: Time) -> Taxi<impl Future<Output = ()>> {
    let event = move |time, action| Event { time, proc, action };
    Gen::new(async move |co| {
        let mut time = co.yield_(event(start_time, Action::LeaveGarage)).await;
        for _ in 0..trips {
            time = co.yield_(event(time, Action::PickUpPassenger)).await;
            time = co.yield_(event(time, Action::DropOffPassenger)).await;
        }
        co.yield_(event(time, Action::GoingHome)).await;
    })
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let taxi = |proc| taxi_process(proc, trips(proc), start_time(proc));
    let mut taxis: Vec<_> = (0..options.taxis).map(taxi).collect();
    let mut events = BinaryHeap::new();
    for taxi in &mut taxis {
        if let Yielded(first_event) = taxi.resume_with(0) {
            events.push(Reverse(first_event));
        }
    }
    let mut random = options.random();
    let mut out = BufWriter::new(stdout().lock());
    let mut time = 0;
    while time < options.end_time {
        let Some(Reverse(event)) = events.pop() else {
            writeln!(out, "*** end of events ***")?;
            return out.flush();
        };
        writeln!(out, "{event}")?;
        time = event.time;
        let next_time = time + compute_duration(event.action, &mut random);
        if let Yielded(next_event) = taxis[event.proc].resume_with(next_time) {
            events.push(Reverse(next_event));
        }
    }
    let pending = events.len();
    writeln!(
        out,
        "*** end of simulation time: {pending} events pending ***"
    )?;
    out.flush()
}
