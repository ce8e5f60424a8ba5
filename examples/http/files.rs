//! The files of a server.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Where files come from.
#[derive(Clone, Debug)]
pub enum Files {
    /// Out of the program: the function returns the file of a path such as `us/us.gif`.
    Embedded(fn(&str) -> Option<&'static [u8]>),
    /// Out of a folder. Symbolic links are followed.
    Folder(PathBuf),
}

/// What there is at a path.
#[derive(Debug)]
pub enum Entry {
    /// A file that is in memory.
    Bytes(&'static [u8]),
    /// A file, and how long it is.
    File(File, u64),
    /// A folder: its path, which ends with a slash. It leads to this server in any case, however
    /// many slashes the request began with.
    Folder(String),
    /// Nothing, or nothing that could be served.
    Missing,
    /// It is there, but may not be read.
    Forbidden,
}

impl Files {
    /// Finds what there is at the path of a request, still with its percent signs.
    ///
    /// For a folder that is its `index.html`. A path cannot leave the folder of the files.
    ///
    /// # Errors
    ///
    /// What the system says, such as that there are no descriptors left.
    pub fn find(&self, path: &str) -> io::Result<Entry> {
        let Some(relative) = relative(path) else {
            return Ok(Entry::Missing);
        };
        match self {
            Self::Embedded(find) => {
                let found = relative.to_str().and_then(find);
                Ok(found.map_or(Entry::Missing, Entry::Bytes))
            }
            Self::Folder(folder) => match open(&folder.join(&relative), path) {
                Ok(Entry::Folder(_)) => Ok(Entry::Folder(path_of_folder(&relative))),
                Err(error) => refusal(error),
                found => found,
            },
        }
    }
}

fn open(file: &Path, path: &str) -> io::Result<Entry> {
    let about = file.metadata()?;
    if about.is_dir() && !path.ends_with('/') {
        return Ok(Entry::Folder(String::new()));
    }
    if about.is_dir() {
        return open(&file.join("index.html"), "");
    }
    // Opening anything else, such as a pipe, could take for ever.
    if !about.is_file() || path.ends_with('/') {
        return Ok(Entry::Missing);
    }
    let file = File::open(file)?;
    let length = file.metadata()?.len();
    Ok(Entry::File(file, length))
}

fn refusal(error: io::Error) -> io::Result<Entry> {
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::InvalidFilename => Ok(Entry::Missing),
        io::ErrorKind::PermissionDenied => Ok(Entry::Forbidden),
        _ => Err(error),
    }
}

/// Returns the path to ask for a folder.
///
/// One slash begins it. A browser would take what follows two for the name of another server.
fn path_of_folder(relative: &Path) -> String {
    let mut path = "/".to_owned();
    for part in relative.iter() {
        let part = part.to_string_lossy();
        path.extend(utf8_percent_encode(&part, PLAIN));
        path.push('/');
    }
    path
}

/// What needs percent signs in a part of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Returns the path of a file below the folder, or nothing if it leads out of it.
fn relative(path: &str) -> Option<PathBuf> {
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let mut relative = PathBuf::new();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            _ if part.contains(['\\', '\0']) => return None,
            _ => relative.push(part),
        }
    }
    Some(relative)
}
