//! A picture: the mean wait over the load, simulated and exact, with a panel for each patience.

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::erlang::exact;
use crate::results::Summary;
use crate::statistics::Interval;
use crate::study::{Patience, Point, Study};

const WIDTH: u32 = 900;
/// The height of a panel.
const HEIGHT: u32 = 420;
/// How many pieces a curve has.
const PIECES: u32 = 200;

/// They differ for the colour-blind as well (the palette of Okabe and Ito).
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// The points of one panel: those with one patience.
struct Panel<'a> {
    study: &'a Study,
    patience: Patience,
    summaries: Vec<&'a Summary>,
}

/// Returns the picture as SVG.
pub(super) fn mean_wait(study: &Study, summaries: &[Summary]) -> Result<String> {
    let mut svg = String::new();
    let size = (WIDTH, HEIGHT * study.patience.len() as u32);
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = draw(&area, study, summaries);
    drawn.map_err(|error| anyhow!("draw the plot: {error}"))?;
    drop(area);
    Ok(svg)
}

fn draw(area: &Area<'_>, study: &Study, summaries: &[Summary]) -> Drawn {
    area.fill(&WHITE)?;
    let panels = area.split_evenly((study.patience.len(), 1));
    for (panel, &patience) in panels.iter().zip(&study.patience) {
        let of_panel = summaries
            .iter()
            .filter(|summary| summary.point.patience == patience);
        Panel {
            study,
            patience,
            summaries: of_panel.collect(),
        }
        .draw(panel)?;
    }
    area.present()?;
    Ok(())
}

impl Panel<'_> {
    fn title(&self) -> String {
        match self.patience {
            Patience::Forever => "M/M/c".to_owned(),
            Patience::Mean(mean) => format!("Bank with reneging: the mean patience is {mean}"),
        }
    }

    /// Returns the lowest and the highest load, with some space.
    fn loads(&self) -> (f64, f64) {
        let lowest = self
            .study
            .loads
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let highest = self.study.loads.iter().copied().fold(0.0, f64::max);
        let space = ((highest - lowest) * 0.05).max(highest * 0.02);
        ((lowest - space).max(0.0), highest + space)
    }

    /// Returns what the axis of the wait has to reach.
    fn highest(&self) -> f64 {
        let simulated = self.summaries.iter().filter_map(|summary| summary.found[0]);
        let simulated = simulated.map(|found| found.mean + found.half_width.unwrap_or(0.0));
        let exact = self.summaries.iter().filter_map(|summary| summary.exact[0]);
        simulated.chain(exact).fold(1e-9, f64::max) * 1.05
    }

    fn draw(&self, area: &Area<'_>) -> Drawn {
        let (from, to) = self.loads();
        let mut chart = ChartBuilder::on(area)
            .caption(self.title(), ("sans-serif", 20))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(from..to, 0.0..self.highest())?;
        let mut mesh = chart.configure_mesh();
        let wait = "mean wait (in mean service times)";
        mesh.light_line_style(WHITE)
            .x_desc("load")
            .y_desc(wait)
            .draw()?;
        for (index, &servers) in self.study.servers.iter().enumerate() {
            self.draw_servers(&mut chart, servers, COLOURS[index % COLOURS.len()])?;
        }
        let mut legend = chart.configure_series_labels();
        legend.position(SeriesLabelPosition::UpperLeft);
        legend.background_style(WHITE).border_style(BLACK).draw()?;
        Ok(())
    }

    /// Draws the exact curve of a number of servers, and the simulated means with their intervals.
    fn draw_servers(&self, chart: &mut Chart<'_, '_>, servers: u32, colour: RGBColor) -> Drawn {
        let name = match servers {
            1 => "1 server".to_owned(),
            _ => format!("{servers} servers"),
        };
        let key = move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour);
        let curve = LineSeries::new(self.curve(servers), colour);
        chart.draw_series(curve)?.label(name).legend(key);
        let intervals = self.intervals(servers);
        chart.draw_series(intervals.map(|(load, [low, mean, high])| {
            ErrorBar::new_vertical(load, low, mean, high, colour.filled(), 8)
        }))?;
        Ok(())
    }

    /// Returns the exact curve as far as it is inside of the picture.
    fn curve(&self, servers: u32) -> Vec<(f64, f64)> {
        let ((from, to), highest) = (self.loads(), self.highest());
        let Some(example) = self.summaries.first() else {
            return Vec::new();
        };
        let loads =
            (0..=PIECES).map(|piece| from + (to - from) * f64::from(piece) / f64::from(PIECES));
        let of = |load| {
            exact(&Point {
                servers,
                load,
                ..example.point
            })
            .map(|exact| (load, exact.mean_wait))
        };
        loads
            .filter(|load| *load > 0.0)
            .filter_map(of)
            .filter(|(_, wait)| *wait <= highest)
            .collect()
    }

    /// Returns the simulated means with the ends of their intervals.
    fn intervals(&self, servers: u32) -> impl Iterator<Item = (f64, [f64; 3])> {
        let of_servers = self
            .summaries
            .iter()
            .filter(move |summary| summary.point.servers == servers);
        of_servers.filter_map(|summary| {
            let Interval { mean, half_width } = summary.found[0]?;
            let half_width = half_width.unwrap_or(0.0);
            Some((
                summary.point.load,
                [mean - half_width, mean, mean + half_width],
            ))
        })
    }
}
