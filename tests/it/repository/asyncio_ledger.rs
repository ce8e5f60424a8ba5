//! `tests/ASYNCIO.md` names tests, and the guide asyncio's names: all of them exist. And every file
//! of tests is compiled.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use super::source_files::{read, sources};

/// What a row says that names no test.
const REASONS: [&str; 5] = [
    "**Types**",
    "**Python**",
    "**Private**",
    "**Differs**",
    "**Missing**",
];

fn tests() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the names of the functions that are marked as tests.
fn tests_of(text: &str) -> impl Iterator<Item = &str> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    (0..lines.len())
        .filter(move |&i| lines[i] == "#[test]")
        .filter_map(|i| {
            let next = text.lines().skip(i + 1).map(str::trim);
            let line = next.into_iter().find(|line| !line.starts_with("#["))?;
            line.strip_prefix("fn ")?.split('(').next()
        })
}

/// Calls `visit` with each module of the integration binary that is reachable by `mod` lines, and
/// its file.
fn modules(file: &Path, module: &str, visit: &mut impl FnMut(&str, &Path)) {
    visit(module, file);
    let folder = match module {
        "it" => file.parent().expect("a file has a folder").to_owned(),
        _ => file.with_extension(""),
    };
    for line in read(file).lines() {
        let line = line.trim_start_matches("pub(crate) ");
        if let Some(name) = line
            .strip_prefix("mod ")
            .and_then(|rest| rest.strip_suffix(';'))
        {
            let path = folder.join(name).with_extension("rs");
            modules(&path, &format!("{module}::{name}"), visit);
        }
    }
}

fn integration_tests() -> HashSet<String> {
    let mut all = HashSet::new();
    modules(&tests().join("it/main.rs"), "it", &mut |module, file| {
        let text = read(file);
        all.extend(tests_of(&text).map(|name| format!("{module}::{name}")));
    });
    all
}

#[test]
fn every_file_of_tests_is_compiled() {
    let (mut there, mut compiled) = (Vec::new(), HashSet::new());
    sources(&tests().join("it"), &mut there);
    modules(&tests().join("it/main.rs"), "it", &mut |_, file| {
        compiled.insert(file.to_owned());
    });
    assert!(compiled.len() > 50, "the modules were found");
    there.retain(|path| !compiled.contains(path));
    assert!(there.is_empty(), "no `mod` line leads to {there:?}");
}

/// Returns the cells of each row of behaviour.
fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cells = rows.map(|line| {
        let line = line.trim_start_matches('|').trim_end_matches('|');
        line.split('|').map(str::trim).collect::<Vec<_>>()
    });
    cells.filter(|cells| !matches!(cells[0], "behaviour" | "---"))
}

/// Returns what stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Tells whether a reference leads to something, if it is one.
fn leads_somewhere(reference: &str, known: &HashSet<String>, waits: &str) -> Option<bool> {
    let (kind, rest) = reference.split_once(['/', ':'])?;
    Some(match kind {
        "it" => known.contains(reference),
        "scenarios" => ["json", "trace"].iter().all(|extension| {
            let scenario = tests().join("scenarios").join(rest);
            scenario.with_extension(extension).exists()
        }),
        "combined" => waits.contains(&format!("\"{rest}\"")),
        "program" => {
            let (file, name) = rest.split_once("::")?;
            let (module, _) = file.split_once('/')?;
            let of = |path: String| fs::read_to_string(tests().join(path)).unwrap_or_default();
            let runs = of(format!("it/event_loop/{module}.rs"));
            let mut words = runs.split(|c: char| !c.is_alphanumeric() && c != '_');
            of(format!("bin/{file}.rs")).contains(&format!("fn {name}("))
                && words.any(|word| word == name)
        }
        "unit" => {
            let (file, name) = rest.split_once("::")?;
            let source = tests().parent()?.join("engine/src").join(file);
            fs::read_to_string(source).is_ok_and(|text| tests_of(&text).any(|test| test == name))
        }
        _ => return None,
    })
}

#[test]
fn whatever_the_ledger_names_exists() {
    let (text, known) = (read(&tests().join("ASYNCIO.md")), integration_tests());
    let waits = read(&tests().join("language/event_loop/directed/waits.rs"));
    assert!(known.len() > 500, "the tests were found");
    let mut wrong = Vec::new();
    let mut count = 0;
    for row in rows(&text) {
        let [behaviour, _, here] = row[..] else {
            wrong.push(format!("{} has {} columns", row[0], row.len()));
            continue;
        };
        let mut named = REASONS.iter().any(|reason| here.starts_with(reason));
        for reference in quoted(here) {
            match leads_somewhere(reference, &known, &waits) {
                Some(true) => named = true,
                Some(false) => wrong.push(format!("{behaviour}: there is no {reference}")),
                None => {}
            }
        }
        if !named {
            wrong.push(format!("{behaviour}: neither a test nor a reason"));
        }
        count += 1;
    }
    assert!(
        count > 300 && wrong.is_empty(),
        "{count} rows; {}",
        wrong.join("\n")
    );
}

/// Returns the words of the first column of the tables in a text.
fn first_column(text: &str) -> HashSet<&str> {
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cells = rows.filter_map(|line| line.trim_start_matches('|').split(" | ").next());
    cells
        .flat_map(|cell| cell.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect()
}

#[test]
fn the_guide_has_every_name_of_asyncio() {
    let names = read(&tests().join("reference/asyncio_names.txt"));
    let folder = tests()
        .parent()
        .expect("the workspace")
        .join("engine/src/guide");
    let page = read(&folder.join("coming_from_asyncio.md"));
    let (_, tables) = page
        .split_once("# Every name of Python 3.4")
        .expect("the heading");
    let (tables, _) = tables
        .split_once("# Names of later versions")
        .expect("the heading");
    let found = first_column(tables);
    let missing: Vec<&str> = names.lines().filter(|name| !found.contains(name)).collect();
    assert!(
        names.lines().count() > 150 && missing.is_empty(),
        "{missing:?}"
    );
}
