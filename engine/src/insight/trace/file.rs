//! How a trace is written, and the file that it goes into.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::{Trace, chrome, svg};
use crate::errors::{AtCaller, describe};
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
    #[track_caller]
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
    #[track_caller]
    pub fn write(self, trace: &Trace) -> Result<()> {
        let extension = self.path.extension();
        let written = match extension.is_some_and(|it| it.eq_ignore_ascii_case("svg")) {
            true => self.write_by(|out| trace.svg(out)),
            false => self.write_by(|out| trace.chrome(out)),
        };
        written.at_caller()
    }

    fn write_by(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let mut out = BufWriter::new(self.file);
        let written = write(&mut out).and_then(|()| out.flush());
        let name = self.path.display();
        Ok(written.map_err(|error| describe(error, format!("write the trace file {name}")))?)
    }
}

impl Trace {
    /// Writes it into a file: as a picture if the name ends with `.svg`, otherwise as a Chrome trace.
    ///
    /// To find out before the run that the file cannot be written, open it then: see
    /// [`TraceFile::create`].
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file: it cannot be created, or the disk is full.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        TraceFile::create(path)?.write(self)
    }

    /// Writes it into a file as a Chrome trace, whatever the name: JSON for Perfetto or
    /// `chrome://tracing`.
    ///
    /// # Errors
    ///
    /// As [`write`](Trace::write).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::builder().trace(None).build()?;
    /// # let path = std::env::temp_dir().join("yieldfrom-write.trace");
    /// event_loop.stop_trace()?.write_chrome(&path)?;
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn write_chrome(&self, path: impl AsRef<Path>) -> Result<()> {
        TraceFile::create(path)?
            .write_by(|out| self.chrome(out))
            .at_caller()
    }

    /// Writes it into a file as a picture, whatever the name.
    ///
    /// # Errors
    ///
    /// As [`write`](Trace::write).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::builder().trace(None).build()?;
    /// # let path = std::env::temp_dir().join("yieldfrom-write.picture");
    /// event_loop.stop_trace()?.write_svg(&path)?;
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn write_svg(&self, path: impl AsRef<Path>) -> Result<()> {
        TraceFile::create(path)?
            .write_by(|out| self.svg(out))
            .at_caller()
    }

    /// Writes the Chrome trace to `out`.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::builder().trace(None).build()?;
    /// let mut json = Vec::new();
    /// event_loop.stop_trace()?.chrome(&mut json)?;
    /// assert!(json.starts_with(b"{\"displayTimeUnit\":\"ms\""));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn chrome(&self, out: &mut dyn Write) -> io::Result<()> {
        chrome::write(self, out)
    }

    /// Writes the picture to `out`.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom::EventLoop;
    /// let event_loop = EventLoop::builder().trace(None).build()?;
    /// let mut picture = Vec::new();
    /// event_loop.stop_trace()?.svg(&mut picture)?;
    /// assert!(picture.starts_with(b"<svg"));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn svg(&self, out: &mut dyn Write) -> io::Result<()> {
        svg::write(self, out)
    }
}
