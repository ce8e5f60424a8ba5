//! Who held which resource when: a row for each slot.

use std::collections::HashMap;

use plotters::prelude::*;

use super::charts::{Area, COLOURS, Drawn, axis, page};
use crate::simulation::statistics::{Holding, Monitor};

const WIDTH: u32 = 960;
const LEFT: i32 = 120;
const RIGHT: i32 = 24;
const HEADER: i32 = 56;
const FOOTER: i32 = 48;
const ROW: i32 = 26;
const FONT: &str = "sans-serif";
/// A bar shows the name of its process if it has so many pixels for a letter.
const LETTER: i32 = 7;
/// A narrower bar has no outline, which would hide it.
const WIDE: i32 = 4;
/// More rows than this would be a picture that no viewer opens.
const MAX_ROWS: usize = 500;

/// A slot, with those who held it, in order.
struct Row {
    name: String,
    holdings: Vec<Holding>,
}

pub(super) fn draw(
    title: &str,
    until: f64,
    resources: &[(&str, &Monitor)],
) -> Result<String, String> {
    let mut rows: Vec<Row> = Vec::new();
    for (name, monitor) in resources {
        let holdings = monitor.holdings();
        let shown: Vec<_> = holdings
            .iter()
            .filter(|holding| holding.from < until)
            .collect();
        rows.extend(rows_of(name, &shown));
    }
    rows.truncate(MAX_ROWS);
    let begin = rows
        .iter()
        .flat_map(|row| &row.holdings)
        .map(|holding| holding.from);
    let times = axis(begin.fold(until, f64::min), until)?;
    let height = HEADER + FOOTER + ROW * rows.len() as i32;
    let scale = Scale {
        from: times.start,
        until: times.end,
    };
    page((WIDTH, height as u32), |area| {
        area.draw_text(title, &("sans-serif", 20).into_text_style(area), (LEFT, 14))?;
        draw_axis(area, &scale, rows.len())?;
        draw_rows(area, &scale, &rows)
    })
}

/// Gives each holding the first slot that is free then.
fn rows_of(name: &str, holdings: &[&Holding]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for &holding in holdings {
        let is_free = |row: &Row| {
            let last = row.holdings.last().map(|last| last.until);
            last.is_none_or(|until| until.is_some_and(|until| until <= holding.from))
        };
        match rows.iter_mut().find(|row| is_free(row)) {
            Some(row) => row.holdings.push(holding.clone()),
            None => rows.push(Row {
                name: format!("{name} {}", rows.len() + 1),
                holdings: vec![holding.clone()],
            }),
        }
    }
    if let [only] = &mut rows[..] {
        only.name = name.to_owned();
    }
    rows
}

/// Times as pixels.
struct Scale {
    from: f64,
    until: f64,
}

impl Scale {
    fn pixel(&self, time: f64) -> i32 {
        let width = WIDTH as i32 - LEFT - RIGHT;
        let part = (time.clamp(self.from, self.until) - self.from) / (self.until - self.from);
        LEFT + (part * f64::from(width)).round() as i32
    }

    /// Returns times with few digits, up to ten of them.
    fn marks(&self) -> Vec<f64> {
        let rough = (self.until - self.from) / 10.0;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power);
        let step = step
            .into_iter()
            .find(|step| *step >= rough)
            .unwrap_or(rough);
        let first = (self.from / step).ceil();
        let marks = (0..=10).map(|index| (first + f64::from(index)) * step);
        marks.take_while(|mark| *mark <= self.until).collect()
    }
}

fn draw_axis(area: &Area<'_>, scale: &Scale, rows: usize) -> Drawn {
    let bottom = HEADER + ROW * rows as i32;
    let style = (FONT, 12).into_text_style(area);
    for mark in scale.marks() {
        let x = scale.pixel(mark);
        area.draw(&PathElement::new(
            [(x, HEADER - 4), (x, bottom)],
            BLACK.mix(0.15),
        ))?;
        area.draw_text(&format!("{mark}"), &style, (x - 6, bottom + 6))?;
    }
    area.draw_text("time", &style, (WIDTH as i32 - RIGHT - 24, bottom + 24))?;
    Ok(())
}

fn draw_rows(area: &Area<'_>, scale: &Scale, rows: &[Row]) -> Drawn {
    let mut colours = HashMap::new();
    let style = (FONT, 12).into_text_style(area);
    for (index, row) in rows.iter().enumerate() {
        let top = HEADER + ROW * index as i32;
        area.draw_text(&row.name, &style, (8, top + 7))?;
        for holding in &row.holdings {
            let next = colours.len();
            let colour = *colours.entry(&*holding.process).or_insert(next);
            draw_bar(area, scale, holding, top, COLOURS[colour % COLOURS.len()])?;
        }
    }
    Ok(())
}

fn draw_bar(
    area: &Area<'_>,
    scale: &Scale,
    holding: &Holding,
    top: i32,
    colour: RGBColor,
) -> Drawn {
    let left = scale.pixel(holding.from);
    let right = scale
        .pixel(holding.until.unwrap_or(scale.until))
        .max(left + 1);
    let corners = [(left, top + 2), (right, top + ROW - 2)];
    area.draw(&Rectangle::new(corners, colour.mix(0.55).filled()))?;
    if right - left > WIDE {
        area.draw(&Rectangle::new(corners, WHITE))?; // neighbours can be told apart
    }
    if right - left > LETTER * holding.process.len() as i32 {
        let style = (FONT, 12).into_text_style(area);
        area.draw_text(&holding.process, &style, (left + 4, top + 7))?;
    }
    Ok(())
}
