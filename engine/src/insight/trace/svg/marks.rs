//! The marks at the ends of tasks and generators. Each has a shape of its own, for those who see few colours.

use ::svg::node::element::{Group, Path, Title};

use super::super::recording::How;
use super::super::timeline::{Activity, StepEnd};
use super::{Picture, ROW, TOP, round};
use crate::kernel::Nanos;

/// How a row has ended, and when.
pub(super) struct Mark {
    pub(super) class: &'static str,
    row: usize,
    at: Nanos,
}

impl Picture<'_> {
    /// Returns the marks of the rows that are shown.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let ends = self.trace.events.iter().filter_map(|event| {
            let (Activity::Step { stop, .. } | Activity::Operation { stop, .. }) = &event.activity
            else {
                return None;
            };
            let StepEnd::Ended(how) = stop else {
                return None;
            };
            let (class, row) = (class(*how)?, self.row(event));
            (row < self.rows).then_some(Mark {
                class,
                row,
                at: event.end,
            })
        });
        ends.collect()
    }

    pub(super) fn mark(&self, mark: &Mark) -> Group {
        let x = self.left + self.axis.x(mark.at);
        let y = TOP + ROW * (mark.row as f64 + 0.5);
        let title = match mark.class {
            "result" => "ends with a result",
            "error" => "ends with an error",
            _ => "is cancelled",
        };
        let shape = shape(mark.class, x, y).map(|shape| shape.add(Title::new(title)));
        shape.into_iter().fold(Group::new(), Group::add)
    }
}

fn class(how: How) -> Option<&'static str> {
    match how {
        How::Result => Some("result"),
        How::Error | How::Panicked => Some("error"),
        How::Cancelled => Some("cancelled"),
        How::Waits | How::Yielded => None,
    }
}

/// Returns the mark of a class around a point: a diamond for a result, a cross for an error, a bar for a cancellation.
pub(super) fn shape(class: &str, x: f64, y: f64) -> Option<Path> {
    let (x, y) = (round(x), round(y));
    let path = match class {
        "result" => format!("M{x} {y}m0 -5l5 5l-5 5l-5 -5z"),
        "error" => format!("M{x} {y}m-5 -3l2 -2l3 3l3 -3l2 2l-3 3l3 3l-2 2l-3 -3l-3 3l-2 -2l3 -3z"),
        "cancelled" => format!("M{x} {y}m-2 -6h4v12h-4z"),
        _ => return None,
    };
    Some(Path::new().set("class", class).set("d", path))
}
