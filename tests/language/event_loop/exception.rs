//! How the exceptions of scenarios travel in the library's errors.

use yieldfrom::{
    Error, InvalidStateError, QueueEmpty, QueueFull, RuntimeError, TimeoutError, TypeError,
    ValueError,
};

use crate::language::exception::Exception;

const CANCELLED: &str = "CancelledError";

/// Makes an error for a coroutine to raise.
pub(crate) fn into_error(exception: Exception) -> Error {
    if exception.name == "StopIteration" {
        Error::stop_iteration(exception)
    } else {
        // A cancellation, too: the library's has no place for an argument.
        Error::new(exception)
    }
}

/// Makes an error that means to tasks and futures what it means to asyncio's.
pub(crate) fn for_futures(error: Error) -> Error {
    match error.downcast_ref::<Exception>() {
        Some(exception) if exception.name == CANCELLED => Error::cancelled(),
        _ => error,
    }
}

/// Returns the exception that a scenario sees in an error of the library.
pub(crate) fn of_error(error: &Error) -> Exception {
    if let Some(own) = error.downcast_ref::<Exception>() {
        return own.clone();
    }
    let known = [
        (error.is_cancelled(), CANCELLED),
        (error.is::<TimeoutError>(), "TimeoutError"),
        (error.is::<InvalidStateError>(), "InvalidStateError"),
        (error.is::<RuntimeError>(), "RuntimeError"),
        (error.is_raised_stop_iteration(), "RuntimeError"),
        (error.is::<ValueError>(), "ValueError"),
        (error.is::<TypeError>(), "TypeError"),
        (error.is::<QueueEmpty>(), "QueueEmpty"),
        (error.is::<QueueFull>(), "QueueFull"),
    ];
    match known.iter().find(|(is, _)| *is) {
        Some((_, name)) => Exception::new(name, None),
        // Of what Python does not know: no stack to be had, for instance.
        None => Exception::with_text("SystemError", &error.to_string()),
    }
}
