//! The table for the terminal.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use super::POINT;
use crate::results::{MEASURES, Summary};
use crate::statistics::{CONFIDENCE, Interval};
use crate::study::{Patience, Point};

/// What the table of a model shows.
struct Model {
    title: &'static str,
    exact: &'static str,
    /// How many columns say which point it is.
    parameters: usize,
    measures: usize,
}

/// Nobody leaves, which is no news, and has no patience.
const MMC: Model = Model {
    title: "M/M/c",
    exact: "exact (Erlang C)",
    parameters: 2,
    measures: 3,
};
const BANK: Model = Model {
    title: "Bank with reneging (M/M/c+M)",
    exact: "exact (Erlang A)",
    parameters: 3,
    measures: 4,
};

fn model_of(point: &Point) -> &'static Model {
    match point.patience {
        Patience::Forever => &MMC,
        Patience::Mean(_) => &BANK,
    }
}

/// Returns a table for each model that there is, and how often the exact values are in their intervals.
pub(super) fn of(summaries: &[Summary]) -> String {
    let mut text = String::new();
    for model in [&MMC, &BANK] {
        let is_of_it = |summary: &&Summary| model_of(&summary.point).title == model.title;
        let summaries: Vec<&Summary> = summaries.iter().filter(is_of_it).collect();
        if !summaries.is_empty() {
            text += &format!("{}\n\n{}\n\n", model.title, table(&summaries, model));
        }
    }
    text + &agreement(summaries)
}

fn table(summaries: &[&Summary], model: &Model) -> Table {
    let mut table = Table::new();
    let mut header = POINT[..model.parameters].to_vec();
    for (index, name) in MEASURES[..model.measures].iter().enumerate() {
        header.extend([*name, if index == 0 { model.exact } else { "exact" }]);
    }
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for summary in summaries {
        table.add_row(row(summary, model));
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn row(summary: &Summary, model: &Model) -> Vec<String> {
    let mut row = summary.point.fields()[..model.parameters].to_vec();
    let measures = summary.found.iter().zip(summary.exact);
    for (found, exact) in measures.take(model.measures) {
        row.push(found.map_or_else(|| "missing".to_owned(), |found| interval(&found)));
        row.push(match exact {
            Some(exact) => format!("{exact:.4}"),
            None if summary.point.is_unstable() => "unstable".to_owned(),
            None => "none".to_owned(),
        });
    }
    row
}

fn interval(found: &Interval) -> String {
    let mean = found.mean;
    match found.half_width {
        Some(half_width) => format!("{mean:.4} ± {half_width:.4}"),
        None => format!("{mean:.4}"),
    }
}

/// Returns how many exact values are where one expects most of them.
fn agreement(summaries: &[Summary]) -> String {
    let shown = |summary: &Summary| model_of(&summary.point).measures;
    let agreements = summaries
        .iter()
        .flat_map(|summary| summary.agreements().into_iter().take(shown(summary)));
    let known: Vec<bool> = agreements.flatten().collect();
    let inside = known.iter().filter(|is_inside| **is_inside).count();
    format!(
        "± is the half-width of the confidence interval of {} %. It holds the exact value in {inside} of {} cases.\n",
        CONFIDENCE * 100.0,
        known.len()
    )
}
