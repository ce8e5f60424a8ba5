//! A trace as a picture: a row for the loop, one for each track, and time from left to right.

mod axis;

use std::collections::HashSet;
use std::io::{self, Write};

use ::svg::node::element::{Group, Line, Rectangle, Style, Text, Title};
use ::svg::{Document, Node};

use self::axis::Axis;
use super::timeline::{Activity, StepEnd, Timeline, TraceEvent};
use super::{Trace, TraceClock, lowercase};
use crate::kernel::{Nanos, WaitKind};

/// The names' column, the part with the bars, and what is left free around both.
const NAMES: f64 = 220.0;
const BARS: f64 = 960.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
const BAR: f64 = 16.0;
/// Above the rows: the title, the legend, and the axis.
const TOP: f64 = 84.0;
/// Activity a letter takes, about.
const LETTER: f64 = 6.2;
/// No bar is narrower than this: a step takes no virtual time.
const LEAST: f64 = 1.5;
/// More rows than these make no picture.
const MOST_TRACKS: usize = 60;
/// So many arrows are drawn.
const MOST_ARROWS: usize = 400;

const STYLE: &str = "text{font:11px sans-serif;fill:#24292f}\
    .title{font-size:14px;font-weight:bold}\
    .small{font-size:10px;fill:#57606a}\
    .grid{stroke:#d0d7de;stroke-width:1}\
    .wake{stroke:#8250df;stroke-width:.7;opacity:.55}\
    .turn{fill:#afb8c1}.idle{fill:#f0f2f4}.callback{fill:#57606a}.step{fill:#1f2328}\
    .operation{fill:#1b7c83}\
    .failed{fill:#cf222e}.wakes{fill:#8250df}\
    .sleep{fill:#b6d7f5}.sync{fill:#f7c99b}.io{fill:#aadfb4}.job{fill:#d8c4f4}\
    .task{fill:#f3e3a3}.other{fill:#e3e7eb}";

const LEGEND: [(&str, &str); 10] = [
    ("operation", "next, send, ..."),
    ("step", "step"),
    ("sleep", "sleep"),
    ("task", "task or future"),
    ("sync", "lock, queue, ..."),
    ("io", "socket, stream"),
    ("job", "job"),
    ("other", "other wait"),
    ("turn", "turn of the loop"),
    ("wakes", "who wakes or drives whom"),
];

pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let picture = Picture::new(&Timeline::of(trace)).draw();
    ::svg::write(out, &picture)
}

struct Picture<'a> {
    trace: &'a Timeline<'a>,
    axis: Axis,
    rows: usize,
}

impl<'a> Picture<'a> {
    fn new(trace: &'a Timeline<'a>) -> Self {
        let ends = trace.events.iter().map(|event| event.end);
        let end = ends.max().unwrap_or(trace.began).max(trace.began);
        // Activity lies before and after the first and last events shows nothing.
        let begin = trace.events.iter().map(|event| event.begin).min();
        let axis = Axis::new(begin.unwrap_or(trace.began), end.min(trace.ended), BARS);
        let rows = trace.first_track() + trace.tracks.len().min(MOST_TRACKS);
        Self { trace, axis, rows }
    }

    fn draw(&self) -> Document {
        let (width, height) = (
            2.0 * MARGIN + NAMES + BARS,
            TOP + ROW * self.rows as f64 + MARGIN,
        );
        let background = Rectangle::new()
            .set("width", "100%")
            .set("height", "100%")
            .set("fill", "#ffffff");
        let mut document = Document::new()
            .set("viewBox", (0, 0, width, height))
            .set("width", width)
            .set("height", height)
            .add(Style::new(STYLE))
            .add(background)
            .add(self.heading())
            .add(self.legend())
            .add(self.grid())
            .add(self.names());
        // Waits first, so that steps, which may be narrow, lie above them.
        let mut seen = HashSet::new();
        for steps in [false, true] {
            let bars = self.trace.events.iter();
            let bars = bars.filter(|event| event.is_run() == steps);
            let bars = bars.filter_map(|event| self.bar(event, &mut seen));
            document.append(bars.fold(Group::new(), Group::add));
        }
        document.append(self.arrows());
        document
    }

    fn heading(&self) -> Group {
        let clock = match self.trace.clock {
            TraceClock::Loop => "loop's time",
            TraceClock::VirtualLoop => "loop's virtual time",
            TraceClock::Thread => "time",
            TraceClock::Simulation => "the simulation's time",
        };
        let (tasks, generators) = self.trace.counts();
        let has_loop = self.trace.first_track() > 0;
        let mut about = Vec::new();
        about.extend(has_loop.then(|| format!("{tasks} tasks")));
        about.extend((generators > 0 || !has_loop).then(|| format!("{generators} generators")));
        about.push(clock.to_owned());
        if tasks + generators > MOST_TRACKS {
            about.push(format!("the first {MOST_TRACKS} tracks are shown"));
        }
        about.extend(self.trace.note().map(str::to_owned));
        Group::new()
            .add(text("Timeline", MARGIN, 24.0).set("class", "title"))
            .add(text(&about.join(", "), MARGIN + 72.0, 24.0))
    }

    fn grid(&self) -> Group {
        let bottom = TOP + ROW * self.rows as f64;
        let ticks = self.axis.ticks().into_iter();
        ticks.fold(Group::new(), |group, (x, label)| {
            let x = MARGIN + NAMES + x;
            let line = Line::new()
                .set("class", "grid")
                .set("x1", round(x))
                .set("x2", round(x))
                .set("y1", TOP - 6.0)
                .set("y2", bottom);
            let label = text(&label, x, TOP - 10.0)
                .set("class", "small")
                .set("text-anchor", "middle");
            group.add(line).add(label)
        })
    }

    fn names(&self) -> Group {
        let tracks = self.trace.tracks.iter().take(MOST_TRACKS);
        let tracks = tracks.map(|track| {
            let origin = &track.origin;
            let name = format!("{} {}", track.name, origin.call());
            let place = format!("{name} made at {}:{}", origin.file(), origin.line());
            (name, place)
        });
        let event_loop = ("event loop".to_owned(), String::new());
        let first = std::iter::once(event_loop).take(self.trace.first_track());
        let rows = first.chain(tracks).enumerate();
        rows.fold(Group::new(), |group, (row, (name, place))| {
            let letters = (NAMES / LETTER) as usize - 2;
            let name = text(&shortened(&name, letters), MARGIN, baseline(row));
            group.add(name.add(Title::new(clean(&place))))
        })
    }

    /// Returns the bar of an event, unless it would hide behind one that is there.
    fn bar(
        &self,
        event: &TraceEvent,
        seen: &mut HashSet<(usize, &'static str, i64)>,
    ) -> Option<Group> {
        let row = self.row(event);
        let (class, label) = self.describe(event);
        if row >= self.rows {
            return None;
        }
        let (left, right) = (self.axis.x(event.begin), self.axis.x(event.end));
        let width = (right - left).max(if class == "idle" { 0.0 } else { LEAST });
        if width <= LEAST && !seen.insert((row, class, left.round() as i64)) {
            return None;
        }
        let left = MARGIN + NAMES + left;
        let bar = Rectangle::new()
            .set("class", class)
            .set("x", round(left))
            .set("y", TOP + ROW * row as f64 + (ROW - BAR) / 2.0)
            .set("width", round(width))
            .set("height", BAR);
        let took = axis::duration(event.end - event.begin);
        let title = Title::new(clean(&format!("{label}, {took}")));
        let group = Group::new().add(bar.add(title));
        let letters = ((width - 6.0) / LETTER).max(0.0) as usize;
        if letters < 4 || matches!(class, "step" | "turn" | "callback" | "operation") {
            return Some(group);
        }
        let inside = text(&shortened(&label, letters), left + 4.0, baseline(row));
        Some(group.add(inside.set("pointer-events", "none")))
    }

    /// Draws an arrow from each step to the steps that it woke, and to the operations that it made.
    fn arrows(&self) -> Group {
        let woken = self.trace.events.iter().filter_map(|event| {
            let cause = self.trace.events.get(event.cause()?)?;
            let (from, to) = (self.row(cause), self.row(event));
            let is_drawn = from != to && from < self.rows && to < self.rows;
            // An operation begins before the end of what makes it.
            is_drawn.then_some((from, cause.end.min(event.begin), to, event.begin))
        });
        let arrows = woken.take(MOST_ARROWS);
        arrows.fold(Group::new(), |group, (from, left, to, right)| {
            group.add(self.arrow(from, left, to, right))
        })
    }

    /// Returns how an event is drawn, and what it is called.
    fn describe(&self, event: &TraceEvent) -> (&'static str, String) {
        match &event.activity {
            Activity::Turn { number, entries } => {
                ("turn", format!("turn {number}: {entries} entries"))
            }
            Activity::Idle => ("idle", "idle".to_owned()),
            Activity::Callback { track, .. } => ("callback", self.trace.callback(*track)),
            Activity::Step { stop, .. } => ended("step", "step", stop),
            Activity::Operation {
                operation, stop, ..
            } => ended("operation", &lowercase(operation), stop),
            Activity::Wait { wait, .. } => {
                let (kind, text) = self.trace.wait(wait);
                (wait_class(kind), text.to_owned())
            }
        }
    }

    fn row(&self, event: &TraceEvent) -> usize {
        let track = event.track();
        track.map_or(0, |track| self.trace.first_track() + track)
    }

    /// Shows what the colours mean, of those that can occur.
    fn legend(&self) -> Group {
        let has_loop = self.trace.first_track() > 0;
        let mut x = MARGIN;
        let shown = LEGEND.iter();
        let shown = shown.filter(|(class, _)| has_loop || matches!(*class, "operation" | "wakes"));
        shown.fold(Group::new(), |group, (class, name)| {
            let mark = Rectangle::new()
                .set("class", *class)
                .set("x", round(x))
                .set("y", 38.0)
                .set("width", 10.0)
                .set("height", 10.0);
            let name_at = x + 14.0;
            x = name_at + LETTER * name.len() as f64 + 18.0;
            group
                .add(mark)
                .add(text(name, name_at, 47.0).set("class", "small"))
        })
    }

    fn arrow(&self, from: usize, left: Nanos, to: usize, right: Nanos) -> Line {
        let x = |at: Nanos| round(MARGIN + NAMES + self.axis.x(at));
        let middle = |row: usize| TOP + ROW * (row as f64 + 0.5);
        Line::new()
            .set("class", "wake")
            .set("x1", x(left))
            .set("y1", middle(from))
            .set("x2", x(right))
            .set("y2", middle(to))
    }
}

/// Does the same for a step or an operation.
fn ended(class: &'static str, name: &str, stop: &StepEnd) -> (&'static str, String) {
    match stop {
        StepEnd::At { file, line } => (class, format!("{name}, suspended at {file}:{line}")),
        StepEnd::Ended => (class, format!("last {name}")),
        StepEnd::Panicked => ("failed", format!("{name} that panicked")),
        StepEnd::Running => (class, format!("{name} that goes on")),
    }
}

fn wait_class(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Sleep => "sleep",
        WaitKind::Sync => "sync",
        WaitKind::Io => "io",
        WaitKind::Job => "job",
        WaitKind::Task | WaitKind::Future | WaitKind::Futures => "task",
        WaitKind::Nothing | WaitKind::Other => "other",
    }
}

fn text(content: &str, x: f64, y: f64) -> Text {
    Text::new(clean(content)).set("x", round(x)).set("y", y)
}

fn baseline(row: usize) -> f64 {
    TOP + ROW * row as f64 + ROW / 2.0 + 4.0
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let start = text.chars().take(letters.saturating_sub(1));
    start.chain(['…']).collect()
}

/// Replaces what XML cannot have at all; the rest is escaped where it is written.
fn clean(text: &str) -> String {
    let is_bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_bad, "\u{fffd}")
}
