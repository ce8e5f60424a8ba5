//! How a chain ends before its bodies do: `GeneratorExit`, and what is left when they ignore it.

use std::{mem, ptr};

use super::{Lost, Obstacle, Outcome, Place, finish, leave, locate, resume, run, start};
use crate::coroutine::{Message, Node, Payload, Status};
use crate::error::{Error, Result};

/// Throws `GeneratorExit` into `root` as PEP 380 has it: its delegates are closed first, innermost
/// first.
///
/// `exit` reaches the body of `root` unless the closing of its delegate fails: then that error
/// does.
pub(crate) fn throw_exit<Y: 'static, S: Default + 'static>(
    root: &Node<Y, S>,
    exit: Error,
) -> Outcome<Y> {
    if root.status() == Status::Suspended {
        // No delegate to be closed first.
        return match resume(root, Message::Throw(exit)) {
            Ok(value) => Outcome::Yielded(value),
            Err(unfinished) => finish(root, unfinished),
        };
    }
    let mut lost = Lost::new();
    let Place::At(mut node, obstacle) = locate(root) else {
        return start(root, Message::Throw(exit), &mut lost);
    };
    root.up.set(None);
    let mut failure = match obstacle {
        Obstacle::Running => Some(Failure::Error(Error::already_executing())),
        Obstacle::Lost => Some(Failure::Error(Error::lost())),
        Obstacle::None | Obstacle::Closed => None,
    };
    while !ptr::eq(node, root) {
        let message =
            failure.map_or_else(|| Message::Throw(Error::generator_exit()), Message::from);
        let mut outcome = run(node, node, message, &mut lost);
        failure = judge(&mut outcome).err();
        lost.push(Box::new(outcome));
        node = leave(node);
    }
    let message = match failure {
        None => Message::Throw(exit),
        Some(failure) => {
            lost.push(Box::new(exit));
            failure.into()
        }
    };
    run(root, root, message, &mut lost)
}

/// Closes `root` and its delegates, innermost first.
pub(crate) fn close<Y: 'static, S: Default + 'static>(root: &Node<Y, S>) -> Result<(), Failure> {
    judge(&mut throw_exit(root, Error::generator_exit()))
}

/// Unwinds the bodies of `root` and its delegates, innermost first, until one of them goes on all
/// the same.
pub(crate) fn unwind<Y: 'static, S: Default + 'static>(root: &Node<Y, S>) {
    let Place::At(mut node, _) = locate(root) else {
        return;
    };
    root.up.set(None);
    let mut lost = Lost::new();
    loop {
        let outcome = run(node, node, Message::Unwind, &mut lost);
        let refused = matches!(outcome, Outcome::Yielded(_));
        lost.push(Box::new(outcome));
        if refused || ptr::eq(node, root) {
            return;
        }
        node = leave(node);
    }
}

/// Why a close failed.
pub(crate) enum Failure {
    Error(Error),
    Panic(Payload),
}

impl<S> From<Failure> for Message<S> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Error(error) => Self::Throw(error),
            Failure::Panic(payload) => Self::Panic(payload),
        }
    }
}

/// Decides whether a body that got `GeneratorExit` has complied.
///
/// The outcome is left to the caller, who knows when it may be dropped.
fn judge<Y>(outcome: &mut Outcome<Y>) -> Result<(), Failure> {
    match mem::replace(outcome, Outcome::Finished) {
        Outcome::Panicked(payload) => return Err(Failure::Panic(payload)),
        other => *outcome = other,
    }
    match outcome {
        Outcome::Yielded(_) => Err(Failure::Error(Error::ignored_exit())),
        Outcome::Raised(error) if !error.is_generator_exit() => Err(Failure::Error(error.clone())),
        _ => Ok(()),
    }
}
