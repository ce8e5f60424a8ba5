//! Where a report goes: a folder with the page, the results and the main table.

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::Builder;

use crate::report::groups::Group;
use crate::report::results::Results;
use crate::report::wins::Wins;
use crate::report::{main_table, page};

const PAGE: &str = "index.html";
const RESULTS: &str = "results.json";
const SUMMARY: &str = "summary.md";

/// The contents of `results.json`.
#[derive(Serialize)]
struct File<'a> {
    #[serde(flatten)]
    results: &'a Results,
    against_async: Wins,
    against_threads: Wins,
}

/// A folder in which a report can be written.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder, or `target/versus` in the workspace, and sees whether files can be written there.
    pub(crate) fn open(folder: Option<PathBuf>) -> Result<Self> {
        let folder = match folder {
            Some(folder) => folder,
            None => usual()?,
        };
        let context = || format!("can't write the report to {}", folder.display());
        fs::create_dir_all(&folder).with_context(context)?;
        for name in [PAGE, RESULTS, SUMMARY] {
            let path = folder.join(name);
            ensure!(!path.is_dir(), "{}: {name} is a folder", context());
        }
        Builder::new().tempfile_in(&folder).with_context(context)?;
        Ok(Self(folder))
    }

    pub(crate) fn page(&self) -> PathBuf {
        self.0.join(PAGE)
    }

    /// Writes all files, each at once, so that nobody sees half of one.
    pub(crate) fn write(&self, results: &Results) -> Result<()> {
        let json = serde_json::to_string_pretty(&File {
            results,
            against_async: Wins::against(Group::Async, results),
            against_threads: Wins::against(Group::Threads, results),
        })?;
        self.replace(RESULTS, &json)?;
        self.replace(PAGE, &page::page(results))?;
        self.replace(SUMMARY, &main_table::markdown(results))
    }

    fn replace(&self, name: &str, text: &str) -> Result<()> {
        let path = self.0.join(name);
        let replace = || -> Result<()> {
            let readable = fs::Permissions::from_mode(0o644);
            let mut file = Builder::new().permissions(readable).tempfile_in(&self.0)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        replace().with_context(|| format!("can't write {}", path.display()))
    }
}

/// Returns the usual place, whatever the working directory is.
fn usual() -> Result<PathBuf> {
    // Cargo knows where the workspace is now; else it is where it was compiled.
    let here = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let benches = here.filter(|path| path.ends_with("benches"));
    let benches = benches.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    ensure!(
        benches.is_dir(),
        "{} is gone, where this program was compiled: say by --out where the report goes",
        benches.display()
    );
    let workspace = benches.parent().unwrap_or(Path::new("."));
    Ok(workspace.join("target").join("versus"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_written_is_found_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::open(Some(file.join("report"))).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.starts_with("can't write the report to"), "{error}");
        fs::create_dir_all(folder.path().join("taken/index.html")).unwrap();
        let error = Folder::open(Some(folder.path().join("taken"))).unwrap_err();
        assert!(
            error.to_string().ends_with("index.html is a folder"),
            "{error}"
        );
    }

    #[test]
    fn a_report_replaces_the_last_one_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = Folder::open(Some(folder.path().join("new"))).unwrap();
        for date in ["yesterday", "today"] {
            let results = Results {
                date: date.to_owned(),
                ..Results::default()
            };
            target.write(&results).unwrap();
        }
        let mut names: Vec<_> = (fs::read_dir(folder.path().join("new")).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [PAGE, RESULTS, SUMMARY]);
        let page = fs::read_to_string(target.page()).unwrap();
        assert!(page.contains("today") && !page.contains("yesterday"));
    }
}
