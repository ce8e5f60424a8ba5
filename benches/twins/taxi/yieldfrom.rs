use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{BufWriter, Write, stdout};

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Generator, Result};

use super::{Action, Event, Options, Time, compute_duration, start_time, trips};

fn taxi_process(proc: usize, trips: usize, start_time: Time) -> Generator<Event, Time> {
    let event = move |time, action| Event { time, proc, action };
    Generator::new(move |co| {
        let mut time = co.yield_(event(start_time, Action::LeaveGarage))?;
        for _ in 0..trips {
            time = co.yield_(event(time, Action::PickUpPassenger))?;
            time = co.yield_(event(time, Action::DropOffPassenger))?;
        }
        co.yield_(event(time, Action::GoingHome))?;
        Ok(())
    })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let taxi = |proc| taxi_process(proc, trips(proc), start_time(proc));
    let taxis: Vec<_> = (0..options.taxis).map(taxi).collect();
    let mut events = BinaryHeap::new();
    for taxi in &taxis {
        if let Yielded(first_event) = taxi.next()? {
            events.push(Reverse(first_event));
        }
    }
    let mut random = options.random();
    let mut out = BufWriter::new(stdout().lock());
    let mut time = 0;
    while time < options.end_time {
        let Some(Reverse(event)) = events.pop() else {
            writeln!(out, "*** end of events ***")?;
            return Ok(out.flush()?);
        };
        writeln!(out, "{event}")?;
        time = event.time;
        let next_time = time + compute_duration(event.action, &mut random);
        if let Yielded(next_event) = taxis[event.proc].send(next_time)? {
            events.push(Reverse(next_event));
        }
    }
    let pending = events.len();
    writeln!(
        out,
        "*** end of simulation time: {pending} events pending ***"
    )?;
    Ok(out.flush()?)
}
