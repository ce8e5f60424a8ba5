//! The file that a trace goes into.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Trace;
use crate::errors::describe;
use yieldfrom_delegation::Result;

/// A file for a trace, opened before the run: if it cannot be written, the program knows before.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, TraceFile};
///
/// # let path = std::env::temp_dir().join("yieldfrom-doc-file.json");
/// let file = TraceFile::create(&path)?;
/// let event_loop = EventLoop::builder().trace(None).build()?;
/// let result = event_loop.run_until_complete(|_: &Co| Ok(42));
/// file.write(&event_loop.stop_trace()?)?;
/// assert_eq!(result?, 42);
/// # std::fs::remove_file(path)?;
///
/// let error = TraceFile::create("/no/such/folder/run.json").unwrap_err();
/// assert!(error.to_string().contains("/no/such/folder/run.json"));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Debug)]
pub struct TraceFile {
    file: File,
    path: PathBuf,
}

impl TraceFile {
    /// Creates the file, or empties it.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let name = path.display();
        let file = File::create(&path)
            .map_err(|error| describe(error, format!("create the trace file {name}")))?;
        Ok(Self { file, path })
    }

    /// Writes a trace into it: as a picture if the name ends with `.svg`, otherwise as a Chrome
    /// trace.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file: the disk is full, for example.
    pub fn write(self, trace: &Trace) -> Result<()> {
        let extension = self.path.extension();
        match extension.is_some_and(|extension| extension.eq_ignore_ascii_case("svg")) {
            true => self.write_by(|out| trace.svg(out)),
            false => self.write_by(|out| trace.chrome(out)),
        }
    }

    pub(super) fn write_by(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<()> {
        let mut out = BufWriter::new(self.file);
        let written = write(&mut out).and_then(|()| out.flush());
        let name = self.path.display();
        Ok(written.map_err(|error| describe(error, format!("write the trace file {name}")))?)
    }
}
