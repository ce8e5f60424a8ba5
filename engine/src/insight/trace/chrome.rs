//! A trace in the format of Chrome's tracing, which Perfetto reads as well.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::timeline::{Activity, StepEnd, Timeline, TraceEvent};
use super::{How, Trace, TraceClock, lowercase};
use crate::kernel::Nanos;

/// The number of the process.
const PROCESS: u32 = 1;
/// The track of the loop. The other tracks have the numbers after their indices.
const LOOP: usize = 0;

/// Writes the trace, an event to a line.
pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let trace = &Timeline::of(trace);
    write!(out, "{{\"displayTimeUnit\":\"ms\",\"otherData\":")?;
    serde_json::to_writer(&mut *out, &about(trace))?;
    write!(out, ",\"traceEvents\":[")?;
    let events = trace.events.iter().enumerate().flat_map(|(id, event)| {
        let arrow = arrow(trace, id, event).into_iter().flatten();
        std::iter::once(slice(trace, event)).chain(arrow)
    });
    let mut separator = "\n";
    for value in metadata(trace).into_iter().chain(events) {
        out.write_all(separator.as_bytes())?;
        serde_json::to_writer(&mut *out, &value)?;
        separator = ",\n";
    }
    out.write_all(b"\n]}\n")
}

fn about(trace: &Timeline<'_>) -> Value {
    let clock = match trace.clock {
        TraceClock::VirtualLoop | TraceClock::Simulation => "virtual",
        TraceClock::Loop | TraceClock::Thread => "monotonic",
    };
    json!({
        "producer": concat!("yieldfrom ", env!("CARGO_PKG_VERSION")),
        "clock": clock,
        "dropped": trace.dropped,
        "note": trace.note().unwrap_or_default(),
    })
}

/// Names the tracks, and puts them in order.
fn metadata(trace: &Timeline<'_>) -> Vec<Value> {
    let about = |what: &str, track: usize, args: Value| json!({ "ph": "M", "name": what, "pid": PROCESS, "tid": track, "args": args });
    let process = match trace.note() {
        Some(note) => format!("yieldfrom ({note})"),
        None => "yieldfrom".to_owned(),
    };
    let first = LOOP + 1 - trace.first_track();
    let mut all = vec![about("process_name", first, json!({ "name": process }))];
    if first == LOOP {
        all.push(about("thread_name", LOOP, json!({ "name": "event loop" })));
    }
    for (index, track) in trace.tracks.iter().enumerate() {
        let name = format!("{} {}", track.name, track.origin.call());
        all.push(about("thread_name", index + 1, json!({ "name": name })));
    }
    for track in first..=trace.tracks.len() {
        all.push(about(
            "thread_sort_index",
            track,
            json!({ "sort_index": track }),
        ));
    }
    all
}

/// Returns an event as something that began and took some time.
fn slice(trace: &Timeline<'_>, event: &TraceEvent) -> Value {
    let (category, name, args) = match &event.activity {
        Activity::Turn { number, entries } => {
            let name = format!("turn {number}");
            ("loop", name, json!({ "entries": entries }))
        }
        Activity::Idle => ("loop", "idle".to_owned(), json!({})),
        Activity::Callback { track, .. } => ("callback", trace.callback(*track), json!({})),
        Activity::Step { track, stop, .. } => {
            let name = trace.tracks[*track].origin.name();
            ("step", name.to_owned(), stopped(stop))
        }
        Activity::Operation {
            track,
            operation,
            outcome,
            stop,
            ..
        } => {
            let mut args = stopped(stop);
            let origin = &trace.tracks[*track].origin;
            args["made"] = json!(format!("{}:{}", origin.file(), origin.line()));
            args["outcome"] = json!(outcome.map(outcome_of));
            ("generator", lowercase(operation), args)
        }
        Activity::Wait { wait, .. } => {
            let (kind, text) = trace.wait(wait);
            ("wait", text.to_owned(), json!({ "kind": lowercase(kind) }))
        }
    };
    json!({
        "ph": "X", "cat": category, "name": name, "pid": PROCESS, "tid": track(event),
        "ts": micros(event.begin), "dur": micros(event.end - event.begin), "args": args,
    })
}

fn outcome_of(how: How) -> &'static str {
    match how {
        How::Waits | How::Yielded => "yielded",
        How::Result => "returned",
        How::Error | How::Cancelled => "raised",
        How::Panicked => "panicked",
    }
}

fn stopped(stop: &StepEnd) -> Value {
    match stop {
        StepEnd::At { file, line } => json!({ "suspended": format!("{file}:{line}") }),
        StepEnd::Ended(How::Panicked) => json!({ "panicked": true }),
        StepEnd::Ended(_) => json!({ "ended": true }),
        StepEnd::Running => json!({}),
    }
}

/// Returns the two ends of the arrow from the event that woke it, or that drives it.
fn arrow(trace: &Timeline<'_>, id: usize, event: &TraceEvent) -> Option<[Value; 2]> {
    let waker = trace.events.get(event.cause()?)?;
    let (category, name) = match event.activity {
        Activity::Operation { .. } => ("drive", "drives"),
        _ => ("wake", "wakes"),
    };
    let ends = [("s", waker), ("f", event)].map(|(phase, event)| {
        json!({
            "ph": phase, "cat": category, "name": name, "id": id, "bp": "e",
            "pid": PROCESS, "tid": track(event), "ts": micros(event.begin),
        })
    });
    Some(ends)
}

fn track(event: &TraceEvent) -> usize {
    event.track().map_or(LOOP, |track| LOOP + 1 + track)
}

/// The format counts microseconds.
fn micros(nanos: Nanos) -> f64 {
    nanos as f64 / 1_000.0
}
