//! The flags, which are in the program: 194 pictures of the CIA World Factbook.

use include_dir::{Dir, include_dir};

use crate::codes::Code;

/// `gifs/README.md` says where they are from.
static GIFS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/flags/gifs");

/// Returns a file by its path, such as `br/br.gif`.
pub(crate) fn file(path: &str) -> Option<&'static [u8]> {
    GIFS.get_file(path).map(|file| file.contents())
}

/// Returns the flag of a country.
pub(crate) fn flag(cc: Code) -> Option<&'static [u8]> {
    file(&format!("{cc}/{cc}.gif", cc = cc.lower()))
}

/// Returns the codes of the countries whose flags there are.
pub(crate) fn codes() -> impl Iterator<Item = Code> {
    GIFS.dirs()
        .filter_map(|folder| Code::new(folder.path().to_str()?))
}
