//! Tracebacks: where an error was made, and which delegations it has left since.
//!
//! An error collects this on its way out, so an error that is caught at once costs nothing more. Each holder
//! of a clone has a traceback of its own: the first frame that is added to a shared one makes a copy.
//! `GeneratorExit` and cancellations collect nothing, as they are part of how programs end.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::rc::Rc;
use std::sync::OnceLock;

use super::{Error, Raised, Repr};

type Line = &'static Location<'static>;

/// The parts of the paths of the standard library's files: `/rustc/...`, or the folder of a toolchain.
const STANDARD: [&str; 3] = [
    "/library/core/src/",
    "/library/std/src/",
    "/library/alloc/src/",
];

/// The folder of the library whose lines are not shown.
static HIDDEN: OnceLock<&str> = OnceLock::new();

/// Says that the lines of files in this folder mean nothing to the program. There is one such folder, that
/// of the event loop: the first one counts.
pub fn hide_lines_of(folder: &'static str) {
    HIDDEN.get_or_init(|| folder);
}

fn is_shown(line: Line) -> bool {
    let is_hidden = HIDDEN
        .get()
        .is_some_and(|folder| line.file().starts_with(folder));
    !is_hidden && !STANDARD.iter().any(|part| line.file().contains(part))
}

/// A frame of a [`traceback`](Error::traceback): Python's `traceback.FrameSummary`.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{Co, Error, Generator, Result};
///
/// fn fetch(_: &Co<i32>) -> Result<()> { Err(Error::msg("no answer")) }
///
/// let error = Generator::new(fetch).next().unwrap_err();
/// let frames = error.traceback();
/// let shown = format!("File {:?}, line {}, in fetch", file!(), line!() - 4);
/// assert_eq!((frames[0].name(), frames[0].to_string()), (Some("fetch"), shown));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameSummary {
    name: Option<Cow<'static, str>>,
    at: Line,
    is_exact: bool,
}

impl FrameSummary {
    /// Returns the name of the function or generator that the error has left. The line that made an error
    /// which has left no delegation since has no name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the source file.
    pub fn file(&self) -> &'static str {
        self.at.file()
    }

    /// Returns the line of the source file.
    pub fn line(&self) -> u32 {
        self.at.line()
    }

    /// Returns the place in the source.
    pub fn location(&self) -> &'static Location<'static> {
        self.at
    }

    /// Returns whether the error was raised at this line. Otherwise, this is the line at which the body was
    /// suspended last, and the error came later.
    pub fn is_exact(&self) -> bool {
        self.is_exact
    }
}

/// As a line of Python's tracebacks: `File "src/main.rs", line 14, in fetch`.
impl fmt::Display for FrameSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = if self.is_exact { "" } else { "after " };
        write!(f, "File {:?}, {after}line {}", self.file(), self.line())?;
        match &self.name {
            Some(name) => write!(f, ", in {name}"),
            None => Ok(()),
        }
    }
}

/// The traceback of an error.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// The innermost comes first.
    frames: Vec<FrameSummary>,
    /// The line at which the error is in the body that it leaves next.
    at: Option<Line>,
    /// Whether it was made at a line that is not shown, and has not come out of a delegation since.
    is_hidden: bool,
}

impl Trace {
    pub(super) fn begin(line: Line) -> Self {
        let at = is_shown(line).then_some(line);
        Self {
            frames: Vec::new(),
            at,
            is_hidden: at.is_none(),
        }
    }

    /// Goes on with the frames of an error of another thread.
    pub(super) fn of(mut frames: Vec<FrameSummary>, line: Line) -> Self {
        frames.reverse();
        let mut trace = Self {
            frames,
            ..Self::default()
        };
        trace.come_to(Some(line));
        trace
    }

    /// Adds a frame, unless its line is not shown. The error is at `last`, unless it knows better.
    fn leave(&mut self, name: Cow<'static, str>, last: Line) {
        let at = self.at.take();
        if at.is_none() && !is_shown(last) {
            return;
        }
        self.frames.push(FrameSummary {
            name: Some(name),
            at: at.unwrap_or(last),
            is_exact: at.is_some() || !mem::take(&mut self.is_hidden),
        });
    }

    /// Notes the line at which the error is from now on.
    fn come_to(&mut self, line: Option<Line>) {
        let line = line.filter(|line| is_shown(line));
        if self.at != line {
            self.frames.extend(self.unnamed());
            self.at = line;
        }
        self.is_hidden = false;
    }

    fn unnamed(&self) -> Option<FrameSummary> {
        self.at.map(|at| FrameSummary {
            name: None,
            at,
            is_exact: true,
        })
    }

    /// Returns the frames, the outermost first.
    fn frames(&self) -> Vec<FrameSummary> {
        let frames = self
            .unnamed()
            .into_iter()
            .chain(self.frames.iter().rev().cloned());
        frames.collect()
    }
}

/// The first line of a traceback.
pub(super) const HEADING: &str = "Traceback (most recent call last):";

/// Shows a traceback as Python does, or nothing if there is none.
pub(super) fn show_traceback(frames: &[FrameSummary], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if !frames.is_empty() {
        writeln!(f, "{HEADING}")?;
    }
    for same in frames.chunk_by(PartialEq::eq) {
        for frame in same.iter().take(MOST_REPEATED) {
            writeln!(f, "  {frame}")?;
        }
        match same.len().saturating_sub(MOST_REPEATED) {
            0 => {}
            1 => f.write_str("  [Previous line repeated 1 more time]\n")?,
            more => writeln!(f, "  [Previous line repeated {more} more times]")?,
        }
    }
    Ok(())
}

/// Of frames that are the same, as in a recursion, so many are shown.
const MOST_REPEATED: usize = 3;

impl Error {
    /// Returns where the error was made, and the delegations that it has left since: the outermost comes
    /// first, as in Python's tracebacks.
    ///
    /// A frame is a delegation: a generator, a coroutine, or a function that was given to `yield_from`. Its
    /// line is that of the `?` that made the error, of [`new`](Error::new), [`msg`](Error::msg) or
    /// [`bail!`](crate::bail), or of the `yield_from` out of which it came. Functions that are simply called
    /// have no frames. Where the standard library made the error, as in `map_err(Error::from)`, the line is
    /// not known, and the one of the body's last suspension is shown with the word "after".
    ///
    /// A clone has a traceback of its own: an error that several tasks wait for has, for each of them, what
    /// it had when it was given to it. Cancellations and `GeneratorExit` have none.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom_delegation::{Co, Generator, Result};
    ///
    /// fn inner(_: &Co<i32>) -> Result<i32> { Ok("x".parse()?) }
    /// fn outer(co: &Co<i32>) -> Result<i32> { co.yield_from(inner) }
    ///
    /// let error = Generator::new(outer).next().unwrap_err();
    /// let frames = error.traceback();
    /// let names: Vec<_> = frames.iter().map(|frame| frame.name().unwrap()).collect();
    /// assert_eq!(names, ["outer", "inner"]);
    /// let here = line!() - 7;
    /// assert_eq!([frames[0].line(), frames[1].line()], [here + 1, here]);
    /// ```
    pub fn traceback(&self) -> Vec<FrameSummary> {
        self.0.trace.frames()
    }

    /// Returns whether this error collects a traceback.
    #[inline(always)]
    pub(crate) fn is_traced(&self) -> bool {
        !matches!(self.0.repr, Repr::GeneratorExit(_) | Repr::Cancelled)
    }

    /// Gives an error that a library has made in a function the line that called this function, unless the
    /// traceback has begun. A library needs it only if it has its own lines hidden, by [`hide_lines_of`].
    #[doc(hidden)]
    #[cold]
    #[must_use]
    pub fn made_for(mut self, line: &'static Location<'static>) -> Self {
        if self.0.trace.is_hidden && is_shown(line) {
            self.come_to(Some(line));
        }
        self
    }

    /// Notes that the error leaves a delegation, which was suspended at `last`.
    pub(crate) fn leave(&mut self, name: Cow<'static, str>, last: Line) {
        self.trace_mut().leave(name, last);
    }

    /// Notes that the error has come to this line, or to a place that is not known.
    pub(crate) fn come_to(&mut self, line: Option<Line>) {
        self.trace_mut().come_to(line);
    }

    fn trace_mut(&mut self) -> &mut Trace {
        if Rc::get_mut(&mut self.0).is_none() {
            let original = match &self.0.repr {
                Repr::Given(original) => original.clone(),
                _ => self.clone(),
            };
            let (repr, trace) = (Repr::Given(original), self.0.trace.clone());
            self.0 = Rc::new(Raised { repr, trace });
        }
        let raised = Rc::get_mut(&mut self.0).expect("there is no weak reference, nor another one");
        &mut raised.trace
    }
}
