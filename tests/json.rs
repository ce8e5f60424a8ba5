//! JSON whose every part knows on which line it stands.
//!
//! serde_json names the line of a syntax error, but a value that was parsed has
//! forgotten where it came from. Here values are read one level at a time from the
//! text they borrow, so that a complaint about any of them can name its line.

use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;

/// Why a text is not what it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

impl std::error::Error for Malformed {}

/// A text with the places of its line ends.
#[derive(Debug)]
pub struct Text<'a> {
    text: &'a str,
    line_ends: Vec<usize>,
}

impl<'a> Text<'a> {
    /// Prepares a text for reading.
    ///
    /// # Errors
    ///
    /// The bytes are not UTF-8.
    pub fn new(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let ends = |bytes: &[u8]| {
            bytes
                .iter()
                .enumerate()
                .filter(|(_, b)| **b == b'\n')
                .map(|(i, _)| i)
                .collect()
        };
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                text,
                line_ends: ends(bytes),
            }),
            Err(error) => {
                let before: Vec<usize> = ends(&bytes[..error.valid_up_to()]);
                Err(Malformed {
                    line: before.len() + 1,
                    message: "not UTF-8".to_owned(),
                })
            }
        }
    }

    /// Reads the text as one JSON value.
    ///
    /// # Errors
    ///
    /// The text is not JSON.
    pub fn json(&'a self) -> Result<Json<'a>, Malformed> {
        let raw = serde_json::from_str(self.text).map_err(|error| positioned(&error, 1))?;
        Ok(Json { text: self, raw })
    }
}

/// Restates an error of a part that begins on line `first`.
fn positioned(error: &serde_json::Error, first: usize) -> Malformed {
    let mut message = error.to_string();
    // The line is told apart, and is not the one that serde_json has counted within the part.
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    Malformed {
        line: first + error.line().saturating_sub(1),
        message,
    }
}

/// A part of a text that is a JSON value.
#[derive(Clone, Copy, Debug)]
pub struct Json<'a> {
    text: &'a Text<'a>,
    raw: &'a RawValue,
}

/// What kind of value a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// Any number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

impl<'a> Json<'a> {
    /// Returns the line on which the value begins.
    pub fn line(self) -> usize {
        // The part borrows from the text, so that addresses tell where in it.
        let offset = self.raw.get().as_ptr().addr() - self.text.text.as_ptr().addr();
        self.text.line_ends.partition_point(|end| *end < offset) + 1
    }

    /// Complains about this value.
    pub fn error(self, message: impl Into<String>) -> Malformed {
        Malformed {
            line: self.line(),
            message: message.into(),
        }
    }

    /// Returns the kind of the value.
    pub fn kind(self) -> Kind {
        match self.raw.get().as_bytes().first() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'"') => Kind::String,
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            _ => Kind::Number,
        }
    }

    fn expect(self, kind: Kind) -> Result<(), Malformed> {
        let found = self.kind();
        if found == kind {
            Ok(())
        } else {
            Err(self.error(format!("expected {kind}, found {found}")))
        }
    }

    fn read<T: serde::Deserialize<'a>>(self, kind: Kind) -> Result<T, Malformed> {
        self.expect(kind)?;
        serde_json::from_str(self.raw.get()).map_err(|error| positioned(&error, self.line()))
    }

    /// Reads an integer of 64 bits.
    ///
    /// # Errors
    ///
    /// It is something else, or does not fit.
    pub fn integer(self) -> Result<i64, Malformed> {
        self.expect(Kind::Number)?;
        let digits = self.raw.get();
        digits
            .parse()
            .map_err(|_| self.error(format!("expected an integer of 64 bits, found {digits}")))
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn boolean(self) -> Result<bool, Malformed> {
        self.read(Kind::Bool)
    }

    /// Reads a string.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn string(self) -> Result<String, Malformed> {
        self.read(Kind::String)
    }

    /// Reads the items of an array.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn array(self) -> Result<Vec<Self>, Malformed> {
        let items: Vec<&'a RawValue> = self.read(Kind::Array)?;
        Ok(items.into_iter().map(|raw| Self { raw, ..self }).collect())
    }

    /// Reads the entries of an object.
    ///
    /// # Errors
    ///
    /// It is something else.
    pub fn object(self) -> Result<Object<'a>, Malformed> {
        let entries: HashMap<String, &'a RawValue> = self.read(Kind::Object)?;
        let entries = entries
            .into_iter()
            .map(|(key, raw)| (key, Self { raw, ..self }))
            .collect();
        Ok(Object {
            whole: self,
            entries,
        })
    }
}

/// The entries of an object. Of equal keys the last one counts.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    whole: Json<'a>,
    entries: HashMap<String, Json<'a>>,
}

impl<'a> Object<'a> {
    /// Returns the object as a value.
    pub fn whole(&self) -> Json<'a> {
        self.whole
    }

    /// Returns the value of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<Json<'a>> {
        self.entries.get(key).copied()
    }

    /// Returns the value of a key, unless it is absent or null.
    pub fn optional(&self, key: &str) -> Option<Json<'a>> {
        self.get(key).filter(|value| value.kind() != Kind::Null)
    }

    /// Returns the value of a key that must be there.
    ///
    /// # Errors
    ///
    /// It is not there.
    pub fn required(&self, key: &str) -> Result<Json<'a>, Malformed> {
        self.get(key)
            .ok_or_else(|| self.whole.error(format!("missing key '{key}'")))
    }

    /// Returns all entries, in no particular order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.entries
            .iter()
            .map(|(key, value)| (key.as_str(), *value))
    }
}
