//! Every public item has an example that runs, or says where there is one.

use std::fs;
use std::path::{Path, PathBuf};

const KINDS: [&str; 6] = ["fn ", "struct ", "enum ", "trait ", "type ", "const "];

/// What nobody outside can name: it is public in a private module.
const HIDDEN: [&str; 3] = ["Sealed", "Wrapped", "Target"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the name of the public item that a line begins, and whether it is a function.
fn public_item(line: &str) -> Option<(&str, bool)> {
    let mut rest = line.trim_start().strip_prefix("pub ")?;
    if rest.starts_with("const fn ") {
        rest = &rest["const ".len()..];
    }
    let kind = KINDS.iter().find(|kind| rest.starts_with(**kind))?;
    let name = rest[kind.len()..]
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    (!name.is_empty() && !HIDDEN.contains(&name)).then_some((name, *kind == "fn "))
}

/// Returns the doc comment that stands above a line, also above attributes of several lines.
fn comment_above<'a>(lines: &[&'a str], line: usize) -> Vec<&'a str> {
    let above = lines[..line].iter().rev().map(|line| line.trim());
    let attributes = |line: &&str| line.starts_with("///") || line.starts_with("#[");
    let mut comment: Vec<_> = above
        .take_while(attributes)
        .filter(|line| line.starts_with("///") || line.starts_with("#[doc = "))
        .collect();
    comment.reverse();
    comment
}

/// Tells whether a comment leads to an example: of a type, a link to the function that returns it
/// does.
fn has_example(comment: &[&str], is_function: bool) -> bool {
    let links = |line: &str| {
        ["See [", "See the [", "see [", "What [`"]
            .iter()
            .any(|it| line.contains(it))
    };
    let section = comment.iter().position(|line| *line == "/// # Examples");
    section.is_some_and(|section| {
        let below = &comment[section..];
        below
            .iter()
            .any(|line| line.starts_with("/// ```") || line.starts_with("#[doc = ") || links(line))
    }) || (!is_function && comment.iter().any(|line| links(line)))
}

#[test]
fn every_public_item_has_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace");
    let mut files = Vec::new();
    sources(&root.join("delegation/src"), &mut files);
    sources(&root.join("engine/src"), &mut files);
    let (mut count, mut bare) = (0, Vec::new());
    for path in files {
        let text = fs::read_to_string(&path).expect("readable");
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in lines.iter().enumerate() {
            let Some((name, is_function)) = public_item(line) else {
                continue;
            };
            count += 1;
            if !has_example(&comment_above(&lines, n), is_function) {
                let path = path.strip_prefix(root).expect("below the root").display();
                bare.push(format!(
                    "{path}:{}: {name} has no example, and no \"See\"",
                    n + 1
                ));
            }
        }
    }
    assert!(
        count > 400 && bare.is_empty(),
        "of {count}:\n{}",
        bare.join("\n")
    );
}
