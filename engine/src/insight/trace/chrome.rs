//! A trace in the format of Chrome's tracing, which Perfetto reads as well.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Event, Stop, Trace, What};
use crate::kernel::Nanos;

/// The one process that there is.
const PROCESS: u32 = 1;
/// The track of the loop; that of a task has the number after its index.
const LOOP: usize = 0;

/// Writes the trace, an event to a line.
pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\"displayTimeUnit\":\"ms\",\"otherData\":")?;
    serde_json::to_writer(&mut *out, &about(trace))?;
    write!(out, ",\"traceEvents\":[")?;
    let mut first = true;
    let mut line = |event: Value| -> io::Result<()> {
        let separator = if std::mem::take(&mut first) {
            "\n"
        } else {
            ",\n"
        };
        out.write_all(separator.as_bytes())?;
        Ok(serde_json::to_writer(&mut *out, &event)?)
    };
    metadata(trace).into_iter().try_for_each(&mut line)?;
    for (id, event) in trace.events.iter().enumerate() {
        line(slice(trace, event))?;
        arrow(trace, id, event)
            .into_iter()
            .try_for_each(&mut line)?;
    }
    out.write_all(b"\n]}\n")
}

fn about(trace: &Trace) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let clock = if trace.is_virtual {
        "virtual"
    } else {
        "monotonic"
    };
    json!({
        "producer": format!("yieldfrom {version}"),
        "clock": clock,
        "dropped": trace.dropped,
        "note": trace.note().unwrap_or_default(),
    })
}

/// Names the tracks.
fn metadata(trace: &Trace) -> Vec<Value> {
    let name = |what: &str, track: usize, name: &str| {
        let args = json!({ "name": name });
        json!({ "ph": "M", "name": what, "pid": PROCESS, "tid": track, "args": args })
    };
    let process = match trace.note() {
        Some(note) => format!("yieldfrom ({note})"),
        None => "yieldfrom".to_owned(),
    };
    let mut all = vec![
        name("process_name", LOOP, &process),
        name("thread_name", LOOP, "event loop"),
    ];
    for (index, track) in trace.tracks.iter().enumerate() {
        let shown = format!("{} {}()", track.name, track.origin.name());
        all.push(name("thread_name", index + 1, &shown));
    }
    for track in 0..=trace.tracks.len() {
        let args = json!({ "sort_index": track });
        let what = "thread_sort_index";
        all.push(json!({ "ph": "M", "name": what, "pid": PROCESS, "tid": track, "args": args }));
    }
    all
}

/// Returns an event as something that began and took some time.
fn slice(trace: &Trace, event: &Event) -> Value {
    let (category, name, args) = match &event.what {
        What::Turn { number, entries } => (
            "loop",
            format!("turn {number}"),
            json!({ "entries": entries }),
        ),
        What::Idle { ready } => ("loop", "idle".to_owned(), json!({ "ready": ready })),
        What::Callback { name, .. } => ("callback", name.clone(), json!({})),
        What::Step { track, stop, .. } => {
            let name = trace.tracks[*track].origin.name();
            ("step", name.to_owned(), stopped(stop))
        }
        What::Wait { kind, text, .. } => {
            let kind = format!("{kind:?}").to_lowercase();
            ("wait", text.clone(), json!({ "kind": kind }))
        }
    };
    json!({
        "ph": "X", "cat": category, "name": name, "pid": PROCESS, "tid": track(event),
        "ts": micros(event.begin), "dur": micros(event.end - event.begin), "args": args,
    })
}

fn stopped(stop: &Stop) -> Value {
    match stop {
        Stop::At { file, line } => json!({ "suspended": format!("{file}:{line}") }),
        Stop::Ended => json!({ "ended": true }),
        Stop::Panicked => json!({ "panicked": true }),
        Stop::Running => json!({}),
    }
}

/// Returns the two ends of the arrow from the one that woke it.
fn arrow(trace: &Trace, id: usize, event: &Event) -> Vec<Value> {
    let Some(waker) = event.woken_by().and_then(|waker| trace.events.get(waker)) else {
        return Vec::new();
    };
    let end = |phase: &str, track: usize, at: Nanos| {
        json!({
            "ph": phase, "cat": "wake", "name": "wakes", "id": id, "bp": "e",
            "pid": PROCESS, "tid": track, "ts": micros(at),
        })
    };
    vec![
        end("s", track(waker), waker.begin),
        end("f", track(event), event.begin),
    ]
}

impl Event {
    /// Returns the event that has made this one ready.
    pub(super) fn woken_by(&self) -> Option<usize> {
        match self.what {
            What::Step { woken_by, .. } | What::Callback { woken_by, .. } => woken_by,
            _ => None,
        }
    }
}

fn track(event: &Event) -> usize {
    match event.what {
        What::Step { track, .. } | What::Wait { track, .. } => track + 1,
        _ => LOOP,
    }
}

/// The format counts microseconds.
fn micros(nanos: Nanos) -> f64 {
    nanos as f64 / 1_000.0
}
