//! A picture of a run: a row for each taxi, with a bar for each of its phases and a mark where it goes home, and a line
//! where the simulation ends.

use std::error::Error;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use num_bigint::BigInt;
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::legs::{Leg, Legs, Phase};
use crate::options::during;
use crate::{Action, End, Event, Observer, Time};

/// More rows than this would be a picture that no viewer opens.
const MAX_ROWS: usize = 1000;
/// Space above the rows, for title, legend and upper axis, and below, for the lower axis.
const HEADER: i32 = 92;
const FOOTER: i32 = 52;
/// Space to the left of the rows, for the names, and to the right.
const LEFT: i32 = 80;
const RIGHT: i32 = 28;

const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// The colour of the marks where taxis go home.
const HOME: RGBColor = RGBColor(0xb3, 0x26, 0x1e);
const LEGEND_STEP: i32 = 190;
const LEGEND: [(Phase, &str); 2] = [
    (Phase::Waiting, "searching"),
    (Phase::Driving, "driving a passenger"),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

/// Collects what the taxis do; draws it at the end.
#[derive(Debug)]
pub(crate) struct Timeline {
    path: PathBuf,
    file: File,
    title: String,
    rows: Vec<Vec<Leg>>,
    /// The rows of the taxis that went home, and when.
    homes: Vec<(usize, Time)>,
    legs: Legs,
    time: Time,
}

impl Timeline {
    /// Creates the file at once, so that a run is not lost for a bad path.
    pub(crate) fn create(path: &Path, taxis: usize, seed: &BigInt) -> io::Result<Self> {
        let file = File::create(path).map_err(during(&format!("create {path:?}")))?;
        let rows = vec![Vec::new(); taxis.min(MAX_ROWS)];
        let title = title(taxis, rows.len(), seed);
        Ok(Self {
            path: path.to_owned(),
            file,
            title,
            rows,
            homes: Vec::new(),
            legs: Legs::default(),
            time: 0,
        })
    }

    fn draw(&self, area: &Area<'_>, layout: &Layout, end: End) -> Drawn {
        area.fill(&WHITE)?;
        draw_header(area, &self.title)?;
        layout.draw_axes(area)?;
        for (row, legs) in self.rows.iter().enumerate() {
            if row.is_multiple_of(layout.label_step) {
                layout.draw_name(area, row)?;
            }
            for leg in legs {
                area.draw(&layout.bar(row, leg))?;
            }
        }
        for &(row, time) in &self.homes {
            area.draw(&going_home(layout.x(time), layout.middle(row)))?;
        }
        // With more taxis than rows, the run may end after all that is shown.
        if self.time <= layout.end {
            layout.draw_end(area, self.time, end)?;
        }
        area.present()?;
        Ok(())
    }

    fn svg(&self, end: End) -> io::Result<String> {
        let mut svg = String::new();
        let layout = Layout::new(self.rows.len(), self.last_shown());
        let area = SVGBackend::with_string(&mut svg, layout.size()).into_drawing_area();
        let drawn = self.draw(&area, &layout, end);
        drawn.map_err(|error| io::Error::other(error.to_string()))?;
        drop(area);
        Ok(svg)
    }

    /// Returns the end of the last leg: before the end of the run if there are more taxis than rows.
    fn last_shown(&self) -> Time {
        self.rows
            .iter()
            .flatten()
            .map(|leg| leg.to)
            .max()
            .unwrap_or(0)
    }
}

impl Observer for Timeline {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.time = event.time;
        if event.proc < self.rows.len() {
            self.rows[event.proc].extend(self.legs.end_with(event));
            if event.action == Action::GoingHome {
                self.homes.push((event.proc, event.time));
            }
        }
        Ok(())
    }

    fn end(&mut self, end: End) -> io::Result<()> {
        for (row, leg) in self.legs.cut_off(self.time) {
            self.rows[row].push(leg);
        }
        let written = self
            .svg(end)
            .and_then(|svg| self.file.write_all(svg.as_bytes()));
        written.map_err(during(&format!("write {:?}", self.path)))
    }
}

fn title(taxis: usize, rows: usize, seed: &BigInt) -> String {
    let fleet = if taxis == 1 {
        "1 taxi".to_owned()
    } else {
        format!("{taxis} taxis")
    };
    let shown = if rows < taxis {
        format!(" (the first {rows} shown)")
    } else {
        String::new()
    };
    let mut seed = seed.to_string();
    if seed.len() > 40 {
        seed.truncate(40);
        seed.push_str("...");
    }
    format!("{fleet}{shown}, seed {seed}")
}

/// Where things are, in pixels.
#[derive(Debug)]
struct Layout {
    rows: usize,
    end: Time,
    width: i32,
    row_height: i32,
    /// Every how many rows there is room for a name.
    label_step: usize,
}

impl Layout {
    fn new(rows: usize, end: Time) -> Self {
        let end = end.max(1);
        let width = (end.min(10_000) as i32 * 4).clamp(920, 2000);
        let row_height = (1000 / rows.max(1) as i32).clamp(3, 32);
        let fits = |step: &usize| *step as i32 * row_height >= 13;
        let label_step = [1, 2, 5, 10].into_iter().find(fits).unwrap_or(10);
        Self {
            rows,
            end,
            width,
            row_height,
            label_step,
        }
    }

    fn size(&self) -> (u32, u32) {
        let width = LEFT + self.width + RIGHT;
        (
            width.unsigned_abs(),
            (HEADER + self.height() + FOOTER).unsigned_abs(),
        )
    }

    fn height(&self) -> i32 {
        self.rows.max(1) as i32 * self.row_height
    }

    fn x(&self, time: Time) -> i32 {
        LEFT + (time as f64 / self.end as f64 * f64::from(self.width)).round() as i32
    }

    fn y(&self, row: usize) -> i32 {
        HEADER + row as i32 * self.row_height
    }

    fn middle(&self, row: usize) -> i32 {
        self.y(row) + self.row_height / 2
    }

    /// Draws the bar of a leg, with a gap to its neighbours where rows are high enough.
    fn bar(&self, row: usize, leg: &Leg) -> Rectangle<(i32, i32)> {
        let gap = self.row_height / 7;
        let top_left = (self.x(leg.from), self.y(row) + gap);
        let bottom_right = (self.x(leg.to), self.y(row + 1) - gap);
        Rectangle::new([top_left, bottom_right], colour(leg.phase).filled())
    }

    fn draw_name(&self, area: &Area<'_>, row: usize) -> Drawn {
        text(
            area,
            &format!("taxi {row}"),
            (LEFT - 10, self.middle(row)),
            HPos::Right,
            15,
        )
    }

    /// Draws the line where the simulation ends, and says why it does.
    fn draw_end(&self, area: &Area<'_>, time: Time, end: End) -> Drawn {
        let (x, bottom) = (self.x(time), HEADER + self.height());
        let line = PathElement::new([(x, HEADER - 4), (x, bottom + 4)], INK.stroke_width(2));
        area.draw(&line)?;
        let why = match end {
            End::OfEvents => "the end: no events are left".to_owned(),
            End::OfSimulationTime { pending } => {
                format!("the end of the simulation's time: {pending} events pending")
            }
        };
        text(area, &why, (LEFT + self.width, 63), HPos::Right, 15)
    }

    /// Draws time axes above and below the rows, and the lines between them.
    fn draw_axes(&self, area: &Area<'_>) -> Drawn {
        let (top, bottom) = (HEADER, HEADER + self.height());
        for time in (0..=self.end).step_by(self.tick_step()) {
            let x = self.x(time);
            area.draw(&PathElement::new([(x, top - 4), (x, bottom + 4)], GRID))?;
            text(area, &time.to_string(), (x, top - 13), HPos::Center, 15)?;
            text(area, &time.to_string(), (x, bottom + 15), HPos::Center, 15)?;
        }
        let middle = LEFT + self.width / 2;
        text(
            area,
            "time in minutes",
            (middle, bottom + 36),
            HPos::Center,
            15,
        )
    }

    /// Returns the shortest round time whose ticks are far enough apart to be labelled.
    fn tick_step(&self) -> usize {
        let decades = (0..18).map(|exponent| 10_usize.pow(exponent));
        let mut steps = decades.flat_map(|decade| [decade, 2 * decade, 5 * decade]);
        let fits = |step: &usize| self.x(*step as Time) - LEFT >= 60;
        steps.find(fits).unwrap_or(usize::MAX)
    }
}

fn draw_header(area: &Area<'_>, title: &str) -> Drawn {
    text(area, title, (LEFT, 22), HPos::Left, 24)?;
    let mut left = LEFT;
    for (phase, name) in LEGEND {
        area.draw(&Rectangle::new(
            [(left, 42), (left + 26, 54)],
            colour(phase).filled(),
        ))?;
        text(area, name, (left + 34, 48), HPos::Left, 15)?;
        left += LEGEND_STEP;
    }
    area.draw(&going_home(left + 13, 48))?;
    text(area, "going home", (left + 34, 48), HPos::Left, 15)
}

/// Draws the mark of a taxi that goes home.
fn going_home(x: i32, y: i32) -> Circle<(i32, i32), i32> {
    Circle::new((x, y), 4, HOME.filled())
}

fn text(area: &Area<'_>, text: &str, at: (i32, i32), anchor: HPos, size: i32) -> Drawn {
    let style = ("sans-serif", size)
        .into_font()
        .color(&INK)
        .pos(Pos::new(anchor, VPos::Center));
    Ok(area.draw(&Text::new(text, at, style))?)
}

fn colour(phase: Phase) -> RGBColor {
    match phase {
        Phase::Waiting => RGBColor(0xf0, 0xc0, 0x60),
        Phase::Driving => RGBColor(0x2b, 0x6c, 0xa3),
    }
}
