//! How the exceptions of scenarios travel in the library's errors.

use yieldfrom_delegation::Error;

use crate::language::exception::Exception;

type Predicate = fn(&Error) -> bool;

/// Makes the library's error, of the kinds that generators treat in their own way where the name is
/// one of those.
pub(crate) fn into_error(exception: Exception) -> Error {
    match (exception.name.as_str(), &exception.argument) {
        ("StopIteration", _) => Error::stop_iteration(exception),
        ("GeneratorExit", None) => Error::generator_exit(),
        ("GeneratorExit", Some(_)) => Error::generator_exit_with(exception),
        _ => Error::new(exception),
    }
}

/// Returns the exception that a scenario sees in an error of the library.
pub(crate) fn of_error(error: &Error) -> Exception {
    if let Some(own) = error.downcast_ref::<Exception>() {
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
        return Exception::with_text(name, text);
    }
    if error.is_generator_exit() {
        return Exception::new("GeneratorExit", None);
    }
    // Of what Python does not know: no stack to be had, for instance.
    Exception::with_text("SystemError", &error.to_string())
}
