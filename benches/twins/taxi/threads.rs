use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufWriter, Write, stdout};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use super::{Action, Event, Options, Time, compute_duration, start_time, trips};

struct Taxi {
    times: Sender<Time>,
    events: Receiver<Event>,
}

fn taxi_process(proc: usize, trips: usize, start_time: Time) -> Taxi {
    let (times, times_out) = channel();
    let (events, events_out) = channel();
    // Nothing comes back when the simulator has gone: then the taxi goes, too.
    let act = move |time, action| {
        events.send(Event { time, proc, action }).ok()?;
        times_out.recv().ok()
    };
    thread::spawn(move || {
        let mut time = act(start_time, Action::LeaveGarage)?;
        for _ in 0..trips {
            time = act(time, Action::PickUpPassenger)?;
            time = act(time, Action::DropOffPassenger)?;
        }
        act(time, Action::GoingHome)
    });
    Taxi {
        times,
        events: events_out,
    }
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let taxi = |proc| taxi_process(proc, trips(proc), start_time(proc));
    let taxis: Vec<_> = (0..options.taxis).map(taxi).collect();
    let mut events = BinaryHeap::new();
    for taxi in &taxis {
        if let Ok(first_event) = taxi.events.recv() {
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
        // A taxi that went home has nobody to receive this, and answers nothing.
        let _ = taxis[event.proc].times.send(next_time);
        if let Ok(next_event) = taxis[event.proc].events.recv() {
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
