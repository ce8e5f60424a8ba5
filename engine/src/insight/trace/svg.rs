//! A trace as a picture: a row for the loop, one for each task, and time from left to right.

mod axis;

use std::collections::HashSet;
use std::io::{self, Write};

use self::axis::Axis;
use super::{Activity, StepEnd, Trace, TraceEvent};
use crate::kernel::{Nanos, WaitKind};

/// The widths of the column of names, of the part with the bars, and of the margin around both.
const NAMES: f64 = 220.0;
const BARS: f64 = 960.0;
const MARGIN: f64 = 16.0;
const ROW: f64 = 24.0;
const BAR: f64 = 16.0;
/// Above the rows: the title, the legend, and the axis.
const TOP: f64 = 84.0;
/// The width of a letter, about.
const LETTER: f64 = 6.2;
/// No bar is narrower than this: a step takes no virtual time at all.
const LEAST: f64 = 1.5;
/// At most this many tasks are shown: more rows make no picture.
const MOST_TASKS: usize = 60;
/// At most this many arrows are drawn.
const MOST_ARROWS: usize = 400;

const STYLE: &str = "text{font:11px sans-serif;fill:#24292f}\
    .title{font-size:14px;font-weight:bold}\
    .small,.tick{font-size:10px;fill:#57606a}.tick{text-anchor:middle}.inside{pointer-events:none}\
    .grid{stroke:#d0d7de;stroke-width:1}\
    .wake{stroke:#8250df;stroke-width:.7;opacity:.55}\
    .turn{fill:#afb8c1}.idle{fill:#f0f2f4}.callback{fill:#57606a}.step{fill:#1f2328}\
    .failed{fill:#cf222e}.wakes{fill:#8250df}\
    .sleep{fill:#b6d7f5}.sync{fill:#f7c99b}.io{fill:#aadfb4}.job{fill:#d8c4f4}\
    .task{fill:#f3e3a3}.other{fill:#e3e7eb}";

const LEGEND: [(&str, &str); 9] = [
    ("step", "step"),
    ("sleep", "sleep"),
    ("task", "task or future"),
    ("sync", "lock, queue, ..."),
    ("io", "socket, stream"),
    ("job", "job"),
    ("other", "other wait"),
    ("turn", "turn of the loop"),
    ("wakes", "who wakes whom"),
];

pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(Picture::new(trace).draw().as_bytes())
}

struct Picture<'a> {
    trace: &'a Trace,
    axis: Axis,
    rows: usize,
    bottom: f64,
}

impl<'a> Picture<'a> {
    fn new(trace: &'a Trace) -> Self {
        let ends = trace.events.iter().map(|event| event.end);
        let end = ends.max().unwrap_or(trace.began).max(trace.began);
        // Before the first event and after the last one there is nothing to show.
        let begin = trace.events.iter().map(|event| event.begin).min();
        let axis = Axis::new(begin.unwrap_or(trace.began), end.min(trace.ended), BARS);
        let rows = 1 + trace.tracks.len().min(MOST_TASKS);
        let bottom = TOP + ROW * rows as f64;
        Self {
            trace,
            axis,
            rows,
            bottom,
        }
    }

    fn draw(&self) -> String {
        let (width, height) = (2.0 * MARGIN + NAMES + BARS, self.bottom + MARGIN);
        let xmlns = "http://www.w3.org/2000/svg";
        let parts = [self.heading(), legend(), self.grid(), self.names()].concat();
        // Waits first, so that steps, which may be narrow, lie above them.
        let (waits, steps, arrows) = (self.bars(false), self.bars(true), self.arrows());
        format!(
            r##"<svg xmlns="{xmlns}" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<style>{STYLE}</style>
<rect width="100%" height="100%" fill="#ffffff"/>
{parts}{waits}{steps}{arrows}</svg>
"##
        )
    }

    fn heading(&self) -> String {
        let is_virtual = self.trace.is_virtual;
        let clock = if is_virtual { "virtual time" } else { "time" };
        let tasks = self.trace.tracks.len();
        let mut about = format!("{tasks} tasks, loop's {clock}");
        if tasks > MOST_TASKS {
            about += &format!(", the first {MOST_TASKS} tasks are shown");
        }
        if let Some(note) = self.trace.note() {
            about += &format!(", {note}");
        }
        text("title", (MARGIN, 24.0), "Timeline", "")
            + &text("about", (MARGIN + 72.0, 24.0), &about, "")
    }

    fn grid(&self) -> String {
        let ticks = self.axis.ticks().into_iter();
        let lines = ticks.map(|(x, label)| {
            let x = MARGIN + NAMES + x;
            let label = text("tick", (x, TOP - 10.0), &label, "");
            line("grid", (x, TOP - 6.0), (x, self.bottom)) + &label
        });
        lines.collect()
    }

    fn names(&self) -> String {
        const LETTERS: usize = (NAMES / LETTER) as usize - 2;
        let tracks = self.trace.tracks.iter().zip(1..self.rows);
        let tasks = tracks.map(|(track, row)| {
            let origin = &track.origin;
            let name = format!("{} {}()", track.name, origin.name());
            let place = format!("{name} made at {}:{}", origin.file(), origin.line());
            let name = shortened(&name, LETTERS);
            text("name", (MARGIN, baseline(row)), &name, &place)
        });
        text("name", (MARGIN, baseline(0)), "event loop", "") + &tasks.collect::<String>()
    }

    /// Returns the bars of steps, or of everything else.
    fn bars(&self, steps: bool) -> String {
        let mut seen = HashSet::new();
        let is_step = |event: &TraceEvent| matches!(event.activity, Activity::Step { .. });
        let events = self.trace.events.iter();
        let events = events.filter(|event| is_step(event) == steps);
        events
            .filter_map(|event| self.bar(event, &mut seen))
            .collect()
    }

    /// Returns the bar of an event, unless it would hide behind one that is in `seen`.
    fn bar(&self, event: &TraceEvent, seen: &mut HashSet<(usize, &str, i64)>) -> Option<String> {
        let (row, class, label) = describe(event);
        let (left, right) = (self.axis.x(event.begin), self.axis.x(event.end));
        let width = (right - left).max(if class == "idle" { 0.0 } else { LEAST });
        let is_narrow = width <= LEAST;
        if row >= self.rows || (is_narrow && !seen.insert((row, class, left.round() as i64))) {
            return None;
        }
        let left = MARGIN + NAMES + left;
        let top = TOP + ROW * row as f64 + (ROW - BAR) / 2.0;
        let title = format!("{label}, {}", axis::duration(event.end - event.begin));
        let bar = rectangle(class, (left, top), (width, BAR), &title);
        let letters = ((width - 6.0) / LETTER).max(0.0) as usize;
        if letters < 4 || matches!(class, "step" | "turn" | "callback") {
            return Some(bar);
        }
        let label = shortened(&label, letters);
        Some(bar + &text("inside", (left + 4.0, baseline(row)), &label, ""))
    }

    /// Returns the arrows from the events that woke others.
    fn arrows(&self) -> String {
        let point = |at: Nanos, row: usize| {
            let y = TOP + ROW * (row as f64 + 0.5);
            (MARGIN + NAMES + self.axis.x(at), y)
        };
        let arrows = self.trace.events.iter().filter_map(|event| {
            let waker = self.trace.events.get(event.woken_by()?)?;
            let (from, to) = (describe(waker).0, describe(event).0);
            let is_drawn = from != to && from < self.rows && to < self.rows;
            is_drawn.then(|| line("wake", point(waker.end, from), point(event.begin, to)))
        });
        arrows.take(MOST_ARROWS).collect()
    }
}

/// Returns the row of an event, how it is drawn, and what it is called.
fn describe(event: &TraceEvent) -> (usize, &'static str, String) {
    match &event.activity {
        Activity::Turn { number, entries } => {
            (0, "turn", format!("turn {number}: {entries} entries"))
        }
        Activity::Idle { .. } => (0, "idle", "idle".to_owned()),
        Activity::Callback { name, .. } => (0, "callback", name.clone()),
        Activity::Step { track, stop, .. } => {
            let (class, end) = match stop {
                StepEnd::At { file, line } => ("step", format!("step, suspended at {file}:{line}")),
                StepEnd::Ended => ("step", "last step".to_owned()),
                StepEnd::Panicked => ("failed", "step that panicked".to_owned()),
                StepEnd::Running => ("step", "step that goes on".to_owned()),
            };
            (track + 1, class, end)
        }
        Activity::Wait { track, kind, text } => (track + 1, wait_class(*kind), text.clone()),
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

fn legend() -> String {
    let mut x = MARGIN;
    let marks = LEGEND.iter().map(|(class, name)| {
        let mark = rectangle(class, (x, 38.0), (10.0, 10.0), "");
        let name_at = x + 14.0;
        x = name_at + LETTER * name.len() as f64 + 18.0;
        mark + &text("small", (name_at, 47.0), name, "")
    });
    marks.collect()
}

/// A point, or a size: across and down.
type Point = (f64, f64);

fn text(class: &str, at: Point, text: &str, title: &str) -> String {
    let (x, y) = rounded(at);
    let (text, title) = (escaped(text), titled(title));
    format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}{title}</text>\n")
}

fn rectangle(class: &str, at: Point, size: Point, title: &str) -> String {
    let ((x, y), (width, height), title) = (rounded(at), rounded(size), titled(title));
    let size = format!("width=\"{width}\" height=\"{height}\"");
    format!("<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" {size}>{title}</rect>\n")
}

fn line(class: &str, from: Point, to: Point) -> String {
    let ((x1, y1), (x2, y2)) = (rounded(from), rounded(to));
    format!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>\n")
}

/// Returns what makes a viewer show the title when the mouse rests on an element.
fn titled(title: &str) -> String {
    match title {
        "" => String::new(),
        title => format!("<title>{}</title>", escaped(title)),
    }
}

fn rounded((x, y): Point) -> Point {
    let round = |x: f64| (x * 100.0).round() / 100.0;
    (round(x), round(y))
}

fn baseline(row: usize) -> f64 {
    TOP + ROW * row as f64 + ROW / 2.0 + 4.0
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let start = text.chars().take(letters.saturating_sub(1));
    start.chain(['…']).collect()
}

/// Writes text as XML has it. A character that XML cannot have at all is replaced.
fn escaped(text: &str) -> String {
    let is_bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    let text = text.replace(is_bad, "\u{fffd}").replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}
