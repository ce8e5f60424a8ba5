//! Values over time, and histograms.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::simulation::statistics::{Histogram, Series};

pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

const SIZE: (u32, u32) = (960, 420);
const FONT: &str = "sans-serif";
/// Colours that can be told apart, also by those who see few.
pub(super) const COLOURS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// Draws on a white page, and returns the SVG text, or why it could not be drawn.
pub(super) fn page(
    size: (u32, u32),
    draw: impl FnOnce(&Area<'_>) -> Drawn,
) -> Result<String, String> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = area
        .fill(&WHITE)
        .map_err(Into::into)
        .and_then(|()| draw(&area));
    let drawn = drawn.and_then(|()| area.present().map_err(Into::into));
    drop(area);
    drawn.map(|()| svg).map_err(|error| error.to_string())
}

/// Makes a range of the axis that is not empty, or says that it cannot.
pub(super) fn axis(from: f64, until: f64) -> Result<Range<f64>, String> {
    match ((until - from).is_finite(), until > from) {
        (false, _) => Err(format!(
            "the numbers from {from} to {until} cannot be drawn"
        )),
        (true, true) => Ok(from..until),
        (true, false) => Ok(from..from + 1.0),
    }
}

pub(super) fn over_time(
    title: &str,
    until: f64,
    series: &[(&str, &Series)],
) -> Result<String, String> {
    let begin = series
        .iter()
        .map(|(_, series)| series.begin())
        .reduce(f64::min);
    let top = series
        .iter()
        .map(|(_, series)| series.max())
        .fold(1.0, f64::max);
    let bottom = series
        .iter()
        .map(|(_, series)| series.min())
        .fold(0.0, f64::min);
    let (times, values) = (
        axis(begin.unwrap_or(0.0), until)?,
        axis(bottom, top * 1.05)?,
    );
    page(SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, (FONT, 20))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(56)
            .build_cartesian_2d(times.clone(), values)?;
        chart
            .configure_mesh()
            .x_desc("time")
            .light_line_style(TRANSPARENT)
            .draw()?;
        for ((name, series), colour) in series.iter().zip(COLOURS.iter().cycle()) {
            let line = LineSeries::new(steps(series, &times), colour.stroke_width(2));
            let key = move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2));
            chart.draw_series(line)?.label(*name).legend(key);
        }
        let labels = &mut chart.configure_series_labels();
        labels
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK.mix(0.3))
            .draw()?;
        Ok(())
    })
}

/// Returns the corners of a line that has steps, in a span of time.
fn steps(series: &Series, times: &Range<f64>) -> Vec<(f64, f64)> {
    let mut corners = Vec::new();
    let mut before = None;
    for &(time, value) in series.changes() {
        if time > times.end {
            break;
        }
        corners.extend(before.map(|before| (time, before)));
        corners.push((time, value));
        before = Some(value);
    }
    corners.extend(before.map(|last| (times.end, last)));
    corners
}

pub(super) fn histogram(title: &str, what: &str, histogram: &Histogram) -> Result<String, String> {
    let bins = histogram.bins();
    let (low, high) = (
        bins.first().map_or(0.0, |bin| bin.low),
        bins.last().map_or(1.0, |bin| bin.high),
    );
    let top = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1);
    let (values, counts) = (axis(low, high)?, axis(0.0, top as f64 * 1.05)?);
    page(SIZE, |area| {
        let mut chart = ChartBuilder::on(area)
            .caption(title, (FONT, 20))
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(56)
            .build_cartesian_2d(values, counts)?;
        let mesh = &mut chart.configure_mesh();
        mesh.x_desc(what)
            .y_desc("count")
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .draw()?;
        for bin in bins {
            let corners = [(bin.low, 0.0), (bin.high, bin.count as f64)];
            let bar = Rectangle::new(corners, COLOURS[0].mix(0.7).filled());
            let outline = Rectangle::new(corners, WHITE);
            chart.draw_series([bar])?;
            chart.draw_series([outline])?;
        }
        Ok(())
    })
}
