//! A recording as a page that plays it: one file, with the data inside.

mod data;
mod names;
mod sources;

use std::io::{self, Write};

use super::{Trace, player};

/// Writes the page.
pub(super) fn write(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let title = program();
    player::write_page(out, &title, |out| data::write(trace, &title, out))
}

/// Returns the name of the program.
fn program() -> String {
    let path = std::env::args_os().next().map(std::path::PathBuf::from);
    let name = path.as_deref().and_then(std::path::Path::file_stem);
    name.map_or_else(|| "program".into(), |name| name.to_string_lossy().into())
}
