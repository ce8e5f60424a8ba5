//! Makes the programs of the guide into modules of the binary `guide`, and a table of the outputs that
//! the pages show, with which `it/repository/guide.rs` compares.
//!
//! Each page becomes a file of Rust. A line of a program has the same number there as in the page, so an
//! error of the compiler and a panic name the line of the page.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PAGES: &str = "../engine/src/guide";
/// A page as well: what a reader meets first must run.
const README: &str = "../README.md";

/// The languages of blocks that are no programs.
const SHOWN: [&str; 3] = ["console", "python", "toml"];

/// What stands between two fences.
struct Block<'a> {
    language: &'a str,
    /// The index of the line of the opening fence.
    opens: usize,
    lines: Vec<&'a str>,
    /// No prose stands between the block before and this one.
    continues: bool,
}

/// A program of a page.
struct Program {
    /// The page and the line of the opening fence, such as `generators.md:10`.
    name: String,
    /// Where the generated module is.
    path: String,
    output: String,
}

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={PAGES}");
    println!("cargo::rerun-if-changed={README}");
    if let Err(message) = generate() {
        println!("cargo::error={message}");
    }
}

fn generate() -> Result<(), String> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let (mut modules, mut programs) = (String::new(), Vec::new());
    for page in pages().map_err(|error| format!("{PAGES}: {error}"))? {
        let text = fs::read_to_string(&page).map_err(|error| format!("{page:?}: {error}"))?;
        let name = page.file_name().expect("a file").to_string_lossy();
        let stem = &name.trim_end_matches(".md").to_lowercase();
        let blocks = blocks(&text);
        let source = out.join(stem).with_extension("rs");
        write(&source, &module(&blocks, text.lines().count()))?;
        modules += &format!("mod {stem} {{ include!({source:?}); }}\n");
        programs.extend(programs_of(&name, stem, &blocks)?);
    }
    let table = rows(&programs, |it| format!("({:?}, {})", it.name, it.path));
    modules += &format!("const PROGRAMS: &[Program] = &{table};\n");
    write(&out.join("programs.rs"), &modules)?;
    let outputs = rows(&programs, |it| format!("({:?}, {:?})", it.name, it.output));
    write(&out.join("outputs.rs"), &outputs)
}

fn pages() -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(PAGES)?.map(|entry| Ok(entry?.path()));
    let mut pages = entries.collect::<io::Result<Vec<_>>>()?;
    pages.retain(|page| page.extension().is_some_and(|it| it == "md"));
    pages.push(README.into());
    pages.sort();
    Ok(pages)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{path:?}: {error}"))
}

/// Returns an array expression with a row for each program.
fn rows(programs: &[Program], row: impl Fn(&Program) -> String) -> String {
    let rows: Vec<_> = programs.iter().map(row).collect();
    format!("[{}]", rows.join(",\n"))
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let (mut blocks, mut open, mut continues) = (Vec::new(), None::<Block<'_>>, false);
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(language)) => {
                open = Some(Block {
                    language,
                    opens: index,
                    lines: Vec::new(),
                    continues,
                });
            }
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                continues = true;
            }
            (Some(block), None) => block.lines.push(line),
            (None, None) => continues &= line.trim().is_empty(),
        }
    }
    blocks.extend(open);
    blocks
}

/// Returns the file for a page: its programs, each a module where the page has the block.
fn module(blocks: &[Block<'_>], length: usize) -> String {
    let mut lines = vec![String::new(); length];
    for block in blocks.iter().filter(|block| block.language == "rust") {
        let (opening, closing) = wrapping(block);
        let code = block.lines.iter().map(|line| (*line).to_owned());
        let all = [opening].into_iter().chain(code).chain([closing]);
        for (line, text) in lines[block.opens..].iter_mut().zip(all) {
            *line = text;
        }
    }
    lines.join("\n")
}

/// Returns the lines that stand in place of a program's fences. A program without a `main` is the body
/// of one.
fn wrapping(block: &Block<'_>) -> (String, String) {
    let mut opening = format!("pub(crate) mod line_{} {{ ", block.opens + 1);
    opening += "pub(crate) fn run() -> std::process::ExitCode { \
                std::process::Termination::report(main()) }";
    if block.lines.iter().any(|line| line.starts_with("fn main()")) {
        return (opening, "}".to_owned());
    }
    opening += " fn main() -> yieldfrom::Result<()> {";
    (opening, "Ok(()) } }".to_owned())
}

/// Returns the programs of a page, each with the output that is shown below it.
///
/// # Errors
///
/// A block that would be neither run nor compared.
fn programs_of(page: &str, stem: &str, blocks: &[Block<'_>]) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    let mut before = None;
    for block in blocks {
        let line = block.opens + 1;
        match block.language {
            "rust" => programs.push(Program {
                name: format!("{page}:{line}"),
                path: format!("{stem}::line_{line}::run"),
                output: String::new(),
            }),
            "text" if before == Some("rust") && block.continues => {
                let program = programs.last_mut().expect("the block before is one");
                program.output = block.lines.iter().map(|it| format!("{it}\n")).collect();
            }
            "text" => {
                return Err(format!(
                    "{PAGES}/{page}:{line}: no program is above this text"
                ));
            }
            other if SHOWN.contains(&other) => {}
            other => {
                return Err(format!(
                    "{PAGES}/{page}:{line}: a block of `{other}` is not known"
                ));
            }
        }
        before = Some(block.language);
    }
    Ok(programs)
}
