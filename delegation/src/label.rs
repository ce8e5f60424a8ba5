//! Names and places for reports: `Label`, which each generator has, and `Link`, which reports
//! contain.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
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
            Self::Given(name) => short_name(name).to_string().into(),
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
    /// Makes a link for a report of something that is no generator. Of a type's name, it takes the last part.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::panic::Location;
    /// use yieldfrom_delegation::Link;
    ///
    /// assert_eq!(Link::new("program::fetch::{{closure}}", Location::caller()).call(), "fetch()");
    /// ```
    pub fn new(name: &str, at: &'static Location<'static>) -> Self {
        Self {
            name: short_name(name).to_string(),
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

    /// Returns the name as a call: `spin()`. A closure has no name to call it by: `main::{closure}`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Co, Generator, Result};
    /// fn spin(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    ///
    /// assert_eq!(Generator::new(spin).origin().call(), "spin()");
    /// ```
    pub fn call(&self) -> String {
        let parentheses = if self.name.ends_with(CLOSURE) {
            ""
        } else {
            "()"
        };
        format!("{}{parentheses}", self.name)
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

/// One link of a delegation chain, as [`Link`], for whoever collects very many of them: it is made without an allocation,
/// unless the program has given the name.
///
/// [`Generator::append_links`](crate::Generator::append_links) appends these.
#[derive(Clone, Debug)]
pub struct RawLink {
    name: Result<&'static str, String>,
    at: &'static Location<'static>,
}

impl RawLink {
    pub(crate) fn of_type(name: &'static str, at: &'static Location<'static>) -> Self {
        let name = Ok(name);
        Self { name, at }
    }

    pub(crate) fn of_label(name: &Name, at: &'static Location<'static>) -> Self {
        let name = match name {
            Name::Static(name) => Ok(*name),
            Name::Given(name) => Err(name.to_string()),
        };
        Self { name, at }
    }

    /// Returns the name of the body's type, which [`Link::new`] shortens; none if the program has given a name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use yieldfrom_delegation::{Co, Generator, Result};
    /// fn spin(co: &Co<i32>) -> Result<()> { co.yield_(1) }
    ///
    /// let mut links = Vec::new();
    /// Generator::new(spin).append_links(&mut links);
    /// assert!(links[0].type_name().unwrap().contains("::spin"));
    /// assert_eq!(links[0].to_link().name(), "spin");
    /// ```
    pub fn type_name(&self) -> Option<&'static str> {
        self.name.as_ref().ok().copied()
    }

    /// Returns the place where the body is suspended, or was made if it has not started.
    pub fn location(&self) -> &'static Location<'static> {
        self.at
    }

    /// Returns it with the name as reports show it.
    pub fn to_link(&self) -> Link {
        match &self.name {
            Ok(name) => Link::new(name, self.at),
            Err(name) => Link::new(name, self.at),
        }
    }
}

/// Has the link's name as one that was given.
impl From<Link> for RawLink {
    fn from(link: Link) -> Self {
        let (name, at) = (Err(link.name), link.at);
        Self { name, at }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}:{}", self.call(), self.file(), self.line())
    }
}

/// Stands in the name of a body that is shown as what it is: a closure, or a function.
///
/// Other bodies are those of generator functions, such as `fn spin() -> Generator<i32>`. These return a
/// closure, which has the name of the function.
pub(crate) struct AsGiven<F>(PhantomData<F>);

/// What `type_name` says of an [`AsGiven`], up to the other type.
const AS_GIVEN: &str = concat!(module_path!(), "::AsGiven<");

/// What is shown of a closure, after the name of the function in which it stands.
const CLOSURE: &str = "::{closure}";

/// The name of a body as reports show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ShortName<'a> {
    function: &'a str,
    is_closure: bool,
}

/// Allocates no memory: the report of an overflow must not.
impl fmt::Display for ShortName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function)?;
        f.write_str(if self.is_closure { CLOSURE } else { "" })
    }
}

impl<'a> From<ShortName<'a>> for Cow<'a, str> {
    fn from(name: ShortName<'a>) -> Self {
        if name.is_closure {
            name.to_string().into()
        } else {
            name.function.into()
        }
    }
}

/// Shortens the name of a type to the function's name, without path and parameters.
pub(crate) fn short_name(name: &str) -> ShortName<'_> {
    // A name that was shortened before stays as it is.
    if let Some(function) = name.strip_suffix(CLOSURE) {
        let (function, is_closure) = (last_part(function), true);
        return ShortName {
            function,
            is_closure,
        };
    }
    let given = name.strip_prefix(AS_GIVEN);
    let given = given.and_then(|rest| rest.strip_suffix('>'));
    let whole = given.unwrap_or(name);
    let mut function = whole;
    while let Some(outer) = function.strip_suffix("::{{closure}}") {
        function = outer;
    }
    ShortName {
        is_closure: given.is_some() && function.len() < whole.len(),
        function: last_part(function),
    }
}

/// Returns the last part of a path, without parameters.
fn last_part(name: &str) -> &str {
    if name.starts_with("fn(") || name.starts_with("for<") {
        return "fn"; // a pointer to a function
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
    use std::any::type_name;

    use super::{AsGiven, short_name};

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
            ("fn(&a::Co<b::C>) -> core::result::Result<i32>", "fn"),
            ("for<'a> fn(&'a a::Co) -> core::result::Result<i32>", "fn"),
            ("a name with spaces", "a name with spaces"),
            ("", ""),
        ];
        for (name, short) in cases {
            assert_eq!(short_name(name).to_string(), short, "{name}");
        }
    }

    #[test]
    fn closures_that_are_given_are_shown_as_closures() {
        fn name_of<F>(_: F) -> String {
            short_name(type_name::<AsGiven<F>>()).to_string()
        }
        const HERE: &str = "closures_that_are_given_are_shown_as_closures";
        assert_eq!(name_of(|| ()), format!("{HERE}::{{closure}}"));
        let nested = || || ();
        assert_eq!(name_of(nested()), format!("{HERE}::{{closure}}"));
        assert_eq!(name_of(name_of::<i32>), "name_of");
        let again = short_name(&name_of(|| ())).to_string();
        assert_eq!(again, name_of(|| ()));
    }
}
