//! Exceptions as scenarios see them.

use std::fmt;

use super::value::Value;

/// A name and at most one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) argument: Option<Value>,
}

impl Exception {
    pub(crate) fn new(name: &str, argument: Option<Value>) -> Self {
        Self {
            name: name.to_owned(),
            argument,
        }
    }

    pub(crate) fn with_text(name: &str, text: &str) -> Self {
        Self::new(name, Some(Value::from(text.to_owned())))
    }

    /// Returns whether a handler for `name` handles this; `exits` are what is not an `Exception`.
    pub(crate) fn is_handled_by(&self, name: &str, exits: &[&str]) -> bool {
        match name {
            "BaseException" => true,
            "Exception" => !exits.contains(&self.name.as_str()),
            _ => self.name == name,
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.argument {
            Some(argument) => write!(f, "{}({argument})", self.name),
            None => write!(f, "{}()", self.name),
        }
    }
}

impl std::error::Error for Exception {}
