//! The legend: what the colours and marks mean that are in the picture.

use std::collections::HashSet;

use ::svg::node::element::{Group, Rectangle};

use super::{LETTER, MARGIN, marks, round, text};

const ENTRIES: [(&str, &str); 16] = [
    ("operation", "next, send, ..."),
    ("step", "step"),
    ("callback", "callback"),
    ("failed", "panic"),
    ("sleep", "sleep"),
    ("task", "task or future"),
    ("sync", "lock, queue, ..."),
    ("io", "socket, stream"),
    ("job", "job"),
    ("other", "other wait"),
    ("turn", "turn of the loop"),
    ("idle", "idle"),
    ("wakes", "who wakes or drives whom"),
    ("result", "ends with a result"),
    ("error", "ends with an error"),
    ("cancelled", "is cancelled"),
];

/// Where the first line of the legend stands, and how far the next one is below.
const TOP: f64 = 38.0;
const LINE: f64 = 15.0;

/// Draws the entries of these kinds, up to `right`.
pub(super) fn draw(kinds: &HashSet<&'static str>, right: f64) -> Group {
    let shown = ENTRIES.iter().filter(|(class, _)| kinds.contains(class));
    let (mut x, mut y) = (MARGIN, TOP);
    shown.fold(Group::new(), |group, (class, name)| {
        let width = 14.0 + LETTER * name.len() as f64 + 18.0;
        if x + width > right {
            (x, y) = (MARGIN, y + LINE);
        }
        let (left, top) = (x, y);
        x += width;
        let group = match marks::shape(class, left + 5.0, top + 5.0) {
            Some(mark) => group.add(mark),
            None => group.add(square(class, left, top)),
        };
        group.add(text(name, left + 14.0, top + 9.0).set("class", "small"))
    })
}

fn square(class: &str, left: f64, top: f64) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", round(left))
        .set("y", top)
        .set("width", 10.0)
        .set("height", 10.0)
}
