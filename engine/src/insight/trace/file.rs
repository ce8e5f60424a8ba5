//! How a trace is written, and the file that it goes into.

mod replaced;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Trace, chrome, html, svg};
use crate::errors::{AtCaller, describe};
use replaced::Target;
use yieldfrom_delegation::Result;

/// A form of a trace, by the end of a file's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) enum Format {
    Chrome,
    Picture,
    Page,
}

impl Format {
    /// Returns the form that goes into a file of this name, if the name ends like one.
    pub(in crate::insight) fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        match &*end {
            "json" => Some(Self::Chrome),
            "svg" => Some(Self::Picture),
            "html" | "htm" => Some(Self::Page),
            _ => None,
        }
    }

    fn write(self, trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Chrome => trace.chrome(out),
            Self::Picture => trace.svg(out),
            Self::Page => trace.html(out),
        }
    }
}

/// A file for a trace, tried before the run: if it cannot be written, the program knows before.
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
    target: Target,
    path: PathBuf,
}

impl TraceFile {
    /// Finds out whether the file can be written. It is written by [`write`](TraceFile::write), as a whole: until
    /// that has succeeded, what was in the file before stays.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file.
    #[track_caller]
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_owned();
        let target = Target::try_out(&path).map_err(|error| {
            let name = path.display();
            describe(error, format!("create the trace file {name}"))
        })?;
        Ok(Self { target, path })
    }

    /// Writes a trace into it: as a picture if the name ends with `.svg`, as a page that plays it if the name ends
    /// with `.html`, otherwise as a Chrome trace.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file: the disk is full, for example. A file that was there before is as it
    /// was then.
    #[track_caller]
    pub fn write(self, trace: &Trace) -> Result<()> {
        let format = Format::of(&self.path).unwrap_or(Format::Chrome);
        self.write_as(format, trace).at_caller()
    }

    fn write_as(self, format: Format, trace: &Trace) -> Result<()> {
        let written = self.target.write(|out| format.write(trace, out));
        let name = self.path.display();
        Ok(written.map_err(|error| describe(error, format!("write the trace file {name}")))?)
    }
}

impl Trace {
    /// Writes it into a file: as a picture if the name ends with `.svg`, as a page that plays it if the name ends
    /// with `.html`, otherwise as a Chrome trace.
    ///
    /// To find out before the run that the file cannot be written, try it then: see
    /// [`TraceFile::create`].
    ///
    /// # Errors
    ///
    /// An [`io::Error`] that names the file: it cannot be created, or the disk is full. A file that was there before
    /// is as it was then.
    #[track_caller]
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        TraceFile::create(path)?.write(self)
    }

    /// Writes it into a file as a page that plays the run step by step, whatever the name.
    ///
    /// The page is one file that needs no network. It has the text of the source lines that occur, where the files
    /// can be read when this is called.
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
    /// # let path = std::env::temp_dir().join("yieldfrom-write.page");
    /// event_loop.stop_trace()?.write_html(&path)?;
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn write_html(&self, path: impl AsRef<Path>) -> Result<()> {
        TraceFile::create(path)?
            .write_as(Format::Page, self)
            .at_caller()
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
            .write_as(Format::Chrome, self)
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
            .write_as(Format::Picture, self)
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

    /// Writes the page to `out`: see [`write_html`](Trace::write_html).
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
    /// let mut page = Vec::new();
    /// event_loop.stop_trace()?.html(&mut page)?;
    /// assert!(page.starts_with(b"<!DOCTYPE html>"));
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn html(&self, out: &mut dyn Write) -> io::Result<()> {
        html::write(self, out)
    }
}
