//! A recording as a page that plays it: one file, with the data inside.

mod data;
mod names;
mod sources;

use std::io::{self, Write};

use super::Trace;

/// The page, with places for the title and for the data.
const PAGE: &str = include_str!("player.html");

/// Writes the page.
pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let title = program();
    let (before, after) = PAGE
        .split_once("{{recording}}")
        .expect("the page has a place for the data");
    write_part(before, &title, out)?;
    data::write(trace, &title, out)?;
    write_part(after, &title, out)
}

fn write_part(part: &str, title: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(part.replace("{{title}}", &escaped(title)).as_bytes())
}

/// Returns the name of the program.
fn program() -> String {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(std::path::Path::file_stem);
    name.map_or_else(|| "program".into(), |name| name.to_string_lossy().into())
}

/// Returns a text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
