//! A trace as a picture: a row for the loop, one for each track, and time from left to right.

mod axis;
mod legend;
mod marks;

use std::collections::HashSet;
use std::io::{self, Write};

use ::svg::Document;
use ::svg::node::element::{Group, Line, Rectangle, Style, Text, Title};

use self::axis::Axis;
use super::recording::How;
use super::timeline::{Activity, StepEnd, Timeline, TraceEvent};
use super::{Trace, TraceClock, lowercase};
use crate::kernel::{Nanos, WaitKind};

/// The least and the greatest width of the names' column, the part with the bars, and what is left free around both.
const NAMES: (f64, f64) = (90.0, 560.0);
const BARS: f64 = 960.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
const BAR: f64 = 16.0;
/// Above the rows: the title, the legend, and the axis.
const TOP: f64 = 84.0;
/// The width of a letter, about.
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
    .result{fill:#1a7f37}.error{fill:#cf222e}.cancelled{fill:#bc4c00}\
    .sleep{fill:#b6d7f5}.sync{fill:#f7c99b}.io{fill:#aadfb4}.job{fill:#d8c4f4}\
    .task{fill:#f3e3a3}.other{fill:#e3e7eb}";

pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let picture = Picture::new(&Timeline::of(trace)).draw();
    ::svg::write(out, &picture)
}

struct Picture<'a> {
    trace: &'a Timeline<'a>,
    axis: Axis,
    rows: usize,
    /// The names of the rows, and what they show under the pointer.
    names: Vec<(String, String)>,
    /// Where the bars begin.
    left: f64,
}

impl<'a> Picture<'a> {
    fn new(trace: &'a Timeline<'a>) -> Self {
        let ends = trace.events.iter().map(|event| event.end);
        let end = ends.max().unwrap_or(trace.began).max(trace.began);
        // What lies before the first event and after the last one shows nothing.
        let begin = trace.events.iter().map(|event| event.begin).min();
        let axis = Axis::new(begin.unwrap_or(trace.began), end.min(trace.ended), BARS);
        let rows = trace.first_track() + trace.tracks.len().min(MOST_TRACKS);
        let names = names(trace);
        let letters = names.iter().map(|(name, _)| name.chars().count()).max();
        let column = letters.unwrap_or(0) as f64 * LETTER + 12.0;
        Self {
            trace,
            axis,
            rows,
            names,
            left: MARGIN + column.clamp(NAMES.0, NAMES.1),
        }
    }

    fn draw(&self) -> Document {
        let (width, height) = (
            self.left + BARS + MARGIN,
            TOP + ROW * self.rows as f64 + MARGIN,
        );
        let background = Rectangle::new()
            .set("width", "100%")
            .set("height", "100%")
            .set("fill", "#ffffff");
        let (bars, mut kinds) = self.bars();
        let (arrows, marks) = (self.arrows(), self.marks());
        kinds.extend((!arrows.is_empty()).then_some("wakes"));
        kinds.extend(marks.iter().map(|mark| mark.class));
        let document = Document::new()
            .set("viewBox", (0, 0, width, height))
            .set("width", width)
            .set("height", height)
            .add(Style::new(STYLE))
            .add(background)
            .add(self.heading())
            .add(legend::draw(&kinds, width - MARGIN))
            .add(self.grid())
            .add(self.row_names());
        let document = bars.into_iter().fold(document, Document::add);
        let marks = marks.iter().map(|mark| self.mark(mark));
        document
            .add(arrows.into_iter().fold(Group::new(), Group::add))
            .add(marks.fold(Group::new(), Group::add))
    }

    /// Draws the bars, and returns which kinds there are. Waits come first, so that steps, which may be narrow, lie above them.
    fn bars(&self) -> ([Group; 2], HashSet<&'static str>) {
        let (mut seen, mut kinds) = (HashSet::new(), HashSet::new());
        let bars = [false, true].map(|steps| {
            let events = self.trace.events.iter();
            let events = events.filter(|event| event.is_run() == steps);
            let bars = events.filter_map(|event| self.bar(event, &mut seen, &mut kinds));
            bars.fold(Group::new(), Group::add)
        });
        (bars, kinds)
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
            let x = self.left + x;
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

    fn row_names(&self) -> Group {
        let letters = (NAMES.1 / LETTER) as usize - 2;
        let rows = self.names.iter().enumerate();
        rows.fold(Group::new(), |group, (row, (name, place))| {
            let name = text(&shortened(name, letters), MARGIN, baseline(row));
            group.add(name.add(Title::new(clean(place))))
        })
    }

    /// Returns the bar of an event, unless it would hide behind one that is there.
    fn bar(
        &self,
        event: &TraceEvent,
        seen: &mut HashSet<(usize, &'static str, i64)>,
        kinds: &mut HashSet<&'static str>,
    ) -> Option<Group> {
        let row = self.row(event);
        let (class, label) = self.describe(event);
        if row >= self.rows {
            return None;
        }
        let (left, right) = (self.axis.x(event.begin), self.axis.x(event.end));
        let width = (right - left).max(if class == "idle" { 0.0 } else { LEAST });
        kinds.insert(class);
        if width <= LEAST && !seen.insert((row, class, left.round() as i64)) {
            return None;
        }
        let left = self.left + left;
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
        // A part of a label says less than the bar's colour, and all of it stands under the pointer.
        let has_room = label.chars().count() <= letters;
        if !has_room || matches!(class, "step" | "turn" | "callback" | "operation") {
            return Some(group);
        }
        let inside = text(&label, left + 4.0, baseline(row));
        Some(group.add(inside.set("pointer-events", "none")))
    }

    /// Draws an arrow from each step to the steps that it woke, and to the operations that it made.
    fn arrows(&self) -> Vec<Line> {
        let woken = self.trace.events.iter().filter_map(|event| {
            let cause = self.trace.events.get(event.cause()?)?;
            let (from, to) = (self.row(cause), self.row(event));
            let is_drawn = from != to && from < self.rows && to < self.rows;
            // An operation begins before the end of what makes it.
            is_drawn.then_some((from, cause.end.min(event.begin), to, event.begin))
        });
        let arrows = woken.take(MOST_ARROWS);
        arrows
            .map(|(from, left, to, right)| self.arrow(from, left, to, right))
            .collect()
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

    fn arrow(&self, from: usize, left: Nanos, to: usize, right: Nanos) -> Line {
        let x = |at: Nanos| round(self.left + self.axis.x(at));
        let middle = |row: usize| TOP + ROW * (row as f64 + 0.5);
        Line::new()
            .set("class", "wake")
            .set("x1", x(left))
            .set("y1", middle(from))
            .set("x2", x(right))
            .set("y2", middle(to))
    }
}

/// Returns the names of the rows, and what they show under the pointer.
fn names(trace: &Timeline<'_>) -> Vec<(String, String)> {
    let tracks = trace.tracks.iter().take(MOST_TRACKS);
    let tracks = tracks.map(|track| {
        let origin = &track.origin;
        let name = format!("{} {}", track.name, origin.call());
        let place = format!("{name} made at {}:{}", origin.file(), origin.line());
        (name, place)
    });
    let event_loop = ("event loop".to_owned(), String::new());
    let first = std::iter::once(event_loop).take(trace.first_track());
    first.chain(tracks).collect()
}

/// Returns how a step or an operation is drawn, and what it is called.
fn ended(class: &'static str, name: &str, stop: &StepEnd) -> (&'static str, String) {
    match stop {
        StepEnd::At { file, line } => (class, format!("{name}, suspended at {file}:{line}")),
        StepEnd::Ended(How::Panicked) => ("failed", format!("{name} that panicked")),
        StepEnd::Ended(_) => (class, format!("last {name}")),
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
