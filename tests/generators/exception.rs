//! The exceptions of scenarios, and how they travel in the library's errors.

use std::fmt;

use yieldfrom_delegation::Error;

use super::value::{Trouble, Value};

type Predicate = fn(&Error) -> bool;

/// An exception as a scenario sees it: a name and at most one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) argument: Option<Value>,
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

impl Exception {
    pub(crate) fn new(name: &str, argument: Option<Value>) -> Self {
        Self {
            name: name.to_owned(),
            argument,
        }
    }

    fn with_text(name: &str, text: &str) -> Self {
        Self::new(name, Some(Value::from(text.to_owned())))
    }

    /// Returns how an operator's trouble is raised, unless no exception stands for it.
    pub(crate) fn of_trouble(trouble: &Trouble) -> Result<Self, &'static str> {
        match trouble {
            Trouble::BadOperand => Ok(Self::with_text("TypeError", "bad operand")),
            Trouble::ZeroDivision => Ok(Self::with_text("ZeroDivisionError", "division by zero")),
            Trouble::TooLarge(what) => Err(what),
        }
    }

    /// Makes the library's error, of the kinds that generators treat in their own way where the
    /// name is one of those.
    pub(crate) fn into_error(self) -> Error {
        match (self.name.as_str(), &self.argument) {
            ("StopIteration", _) => Error::stop_iteration(self),
            ("GeneratorExit", None) => Error::generator_exit(),
            ("GeneratorExit", Some(_)) => Error::generator_exit_with(self),
            _ => Error::new(self),
        }
    }

    /// Returns the exception that a scenario sees in an error of the library.
    pub(crate) fn of(error: &Error) -> Self {
        if let Some(own) = error.downcast_ref::<Self>() {
            return own.clone();
        }
        let known: [(Predicate, &str, &str); 5] = [
            (
                Error::is_already_executing,
                "ValueError",
                "generator already executing",
            ),
            (
                Error::is_just_started,
                "TypeError",
                "can't send non-None value to a just-started generator",
            ),
            (
                Error::is_ignored_exit,
                "RuntimeError",
                "generator ignored GeneratorExit",
            ),
            (
                Error::is_raised_stop_iteration,
                "RuntimeError",
                "generator raised StopIteration",
            ),
            (Error::is_no_send, "AttributeError", "iterator has no send"),
        ];
        if let Some((_, name, text)) = known.iter().find(|(is, ..)| is(error)) {
            return Self::with_text(name, text);
        }
        if error.is_generator_exit() {
            return Self::new("GeneratorExit", None);
        }
        // Of what Python does not know: no stack to be had, for instance.
        Self::with_text("SystemError", &error.to_string())
    }

    /// Returns whether a handler for `name` handles this.
    pub(crate) fn is_handled_by(&self, name: &str) -> bool {
        match name {
            "BaseException" => true,
            "Exception" => self.name != "GeneratorExit",
            _ => self.name == name,
        }
    }
}
