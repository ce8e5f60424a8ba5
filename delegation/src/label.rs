//! Names and places for reports: `Label`, which each generator has, and `Link`, which reports
//! contain.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::ops::Deref;
use std::panic::Location;

/// The name of a generator, and the place where it was made, for reports.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) name: Name,
    pub(crate) made_at: Cell<&'static Location<'static>>,
}

/// The name of a generator. Most names are those of types. This enum is one word smaller than a
/// `Cow`, which saves memory in each generator.
#[derive(Debug)]
pub(crate) enum Name {
    Static(&'static str),
    Given(Box<Cow<'static, str>>),
}

impl Name {
    /// Returns the name as reports show it.
    pub(crate) fn short(&self) -> Cow<'static, str> {
        match self {
            Self::Static(name) => short_name(name).into(),
            Self::Given(name) => short_name(name).to_owned().into(),
        }
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Given(name) => name,
        }
    }
}

/// One link of a delegation chain: the name of a body, and the line where it is suspended.
///
/// [`Generator::delegation_chain`](crate::Generator::delegation_chain) returns these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    name: String,
    at: &'static Location<'static>,
}

impl Link {
    pub(crate) fn new(name: &str, at: &'static Location<'static>) -> Self {
        Self {
            name: short_name(name).to_owned(),
            at,
        }
    }

    /// Returns the name of the body's function, or the name set by
    /// [`Builder::name`](crate::Builder::name).
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Co, Generator, Result};
    /// fn spin(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    ///
    /// assert_eq!(Generator::new(spin).delegation_chain()[0].name(), "spin");
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the source file in which the body is suspended, or was made if it has not started.
    pub fn file(&self) -> &'static str {
        self.at.file()
    }

    /// Returns the line where the body is suspended, or was made if it has not started.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::Generator;
    /// let g: Generator<i32> = Generator::new(|co| co.yield_(1)); let here = line!();
    /// assert_eq!(g.delegation_chain()[0].line(), here);
    /// ```
    pub fn line(&self) -> u32 {
        self.at.line()
    }

    /// Returns the place where the body is suspended, or was made if it has not started.
    pub fn location(&self) -> &'static Location<'static> {
        self.at
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}() at {}:{}", self.name, self.file(), self.line())
    }
}

/// Shortens the name of a type to the function's name, without path, closures and parameters.
pub(crate) fn short_name(name: &str) -> &str {
    let mut name = name;
    while let Some(outer) = name.strip_suffix("::{{closure}}") {
        name = outer;
    }
    let mut depth = 0usize;
    let mut start = 0;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'<' => depth += 1,
            b'>' => depth = depth.saturating_sub(1),
            b':' if depth == 0 => start = at + 1,
            _ => {}
        }
    }
    let last = &name[start..];
    match last.find('<') {
        Some(at) if at > 0 => &last[..at],
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn short_names_have_no_path_closures_or_parameters() {
        let cases = [
            ("taxi_sim::taxi_process::{{closure}}", "taxi_process"),
            ("a::main::{{closure}}::{{closure}}", "main"),
            ("<a::Fleet as b::Model>::drive::{{closure}}", "drive"),
            ("a::walk<alloc::vec::Vec<i32>>", "walk"),
            ("core::str::iter::Chars", "Chars"),
            ("alloc::vec::into_iter::IntoIter<u8>", "IntoIter"),
            ("a::f<g::{{closure}}>::{{closure}}", "f"),
            ("a name with spaces", "a name with spaces"),
            ("", ""),
        ];
        for (name, short) in cases {
            assert_eq!(short_name(name), short, "{name}");
        }
    }
}
