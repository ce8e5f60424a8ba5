//! The text of source lines, read where the files can be found. What cannot be read is left out.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// So many lines before and after a line are shown with it.
const AROUND: u32 = 2;
/// No source file is longer, in bytes.
const LONGEST_FILE: u64 = 8 << 20;
/// The longest line that is shown, in letters.
const LONGEST_LINE: usize = 300;

/// Returns the texts of these lines of a file, and of those around them.
pub(super) fn lines(file: &str, wanted: impl IntoIterator<Item = u32>) -> BTreeMap<u32, String> {
    let mut lines = BTreeMap::new();
    let Some(text) = read(file) else {
        return lines;
    };
    let all: Vec<&str> = text.lines().collect();
    for line in wanted {
        for line in line.saturating_sub(AROUND).max(1)..=line.saturating_add(AROUND) {
            if let Some(text) = all.get(line as usize - 1) {
                lines.insert(line, text.chars().take(LONGEST_LINE).collect());
            }
        }
    }
    lines
}

/// Reads a source file. Its path is one that the compiler was given: absolute, or relative to the folder of a workspace.
fn read(file: &str) -> Option<String> {
    let here = std::env::current_dir().ok();
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folders = [here, package];
    let folders = folders
        .iter()
        .flatten()
        .flat_map(|folder| folder.ancestors());
    let mut found = folders.map(|folder| folder.join(file));
    found.find_map(|path| read_file(&path))
}

fn read_file(path: &Path) -> Option<String> {
    // A device or a pipe might never end.
    let is_file = std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.len() <= LONGEST_FILE);
    let mut bytes = Vec::new();
    let file = is_file.then(|| File::open(path).ok()).flatten()?;
    file.take(LONGEST_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_with_those_around() {
        let found = lines(file!(), [1, 3]);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert_eq!(found[&4], "use std::fs::File;");
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        for file in ["no/such/file.rs", "/dev/zero", "", "src", "a\0b"] {
            assert!(lines(file, [1]).is_empty(), "{file}");
        }
        assert!(lines(file!(), [0, u32::MAX]).len() <= 2);
    }
}
