//! The results, as files and on the terminal.

mod csv;
mod plot;
mod table;

use std::fs::{self, Permissions};
use std::io::{ErrorKind, Write, stdout};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::options::Options;
use crate::results::Results;

/// The names of a point's fields.
const POINT: [&str; 3] = ["servers", "load", "patience"];

/// Writes the files and prints the table.
pub(crate) fn write(results: &Results, options: &Options) -> Result<()> {
    let summaries = results.summaries();
    let files = [
        ("replications.csv", csv::replications(results)?),
        ("summary.csv", csv::summary(&summaries)?),
        (
            "wait.svg",
            plot::mean_wait(&results.study, &summaries)?.into_bytes(),
        ),
    ];
    for (name, bytes) in &files {
        let path = options.out.join(name);
        replace(&path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    if options.quiet {
        return Ok(());
    }
    let [first, second, third] = files.map(|(name, _)| name);
    let (table, folder) = (table::of(&summaries), options.out.display());
    say(&format!(
        "{table}\n{folder} has {first}, {second} and {third}\n"
    ))
}

/// Prints a text on standard output, unless nobody reads it.
pub(crate) fn say(text: &str) -> Result<()> {
    match stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("print the results")
        }
        _ => Ok(()),
    }
}

/// Puts a file into its place when it is whole, so that a kill leaves the old file or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("it is in no folder")?;
    fs::create_dir_all(folder)?;
    let mut maker = tempfile::Builder::new();
    maker
        .prefix(".experiment-")
        .permissions(Permissions::from_mode(0o666)); // less what the umask says
    let mut file = maker.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}
