//! How a chain ends before its bodies do: `GeneratorExit`, and what is left when they ignore it.

use std::{mem, ptr};

use super::{Leftovers, drop_leftovers, finish, locate, resume, run, start};
use crate::coroutine::{End, Message, Node};
use crate::error::{Error, Result};
use crate::status::Status;

/// Throws `GeneratorExit` into `root` as PEP 380 has it: its delegates are closed first, innermost
/// first.
///
/// `exit` reaches the body of `root` unless the closing of its delegate fails: then that error
/// does.
pub(crate) fn throw_exit<Y: 'static, S: 'static>(root: &Node<Y, S>, exit: Error) -> Result<Y, End> {
    if root.status() == Status::Suspended {
        // No delegate to be closed first.
        return resume(root, Message::Throw(exit)).or_else(|unfinished| finish(root, unfinished));
    }
    let mut leftovers = Leftovers::new();
    let outcome = close_delegates_and_throw(root, exit, &mut leftovers);
    drop_leftovers(leftovers, outcome)
}

fn close_delegates_and_throw<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    exit: Error,
    leftovers: &mut Leftovers,
) -> Result<Y, End> {
    let (Some(mut node), obstacle) = locate(root) else {
        return start(root, Message::Throw(exit), leftovers);
    };
    root.make_root();
    let mut failure = obstacle.error().map(Message::Throw);
    while !ptr::eq(node, root) {
        let message = failure.unwrap_or_else(|| Message::Throw(Error::generator_exit()));
        let mut outcome = run(node, node, message, leftovers);
        failure = judge(&mut outcome).err().map(Message::from);
        leftovers.push(Box::new(outcome));
        node = node.leave();
    }
    let message = match failure {
        None => Message::Throw(exit),
        Some(failure) => {
            leftovers.push(Box::new(exit));
            failure
        }
    };
    run(root, root, message, leftovers)
}

/// Closes `root` and its delegates, innermost first.
///
/// Fails with what a body raised or panicked with.
pub(crate) fn close<Y: 'static, S: 'static>(root: &Node<Y, S>) -> Result<(), End> {
    judge(&mut throw_exit(root, Error::generator_exit()))
}

/// Unwinds the bodies of `root` and its delegates, innermost first, until one of them goes on all
/// the same.
pub(crate) fn unwind<Y: 'static, S: 'static>(root: &Node<Y, S>) {
    let (Some(mut node), _) = locate(root) else {
        return;
    };
    root.make_root();
    let mut leftovers = Leftovers::new();
    loop {
        let outcome = run(node, node, Message::Unwind, &mut leftovers);
        let refused = outcome.is_ok();
        leftovers.push(Box::new(outcome));
        if refused || ptr::eq(node, root) {
            return drop_leftovers(leftovers, ());
        }
        node = node.leave();
    }
}

/// Decides whether a body that got `GeneratorExit` has complied.
///
/// The outcome is left to the caller, who knows when it may be dropped.
fn judge<Y>(outcome: &mut Result<Y, End>) -> Result<(), End> {
    match outcome {
        Ok(_) => Err(End::Raised(Error::ignored_exit())),
        Err(End::Raised(error)) if !error.is_generator_exit() => Err(End::Raised(error.clone())),
        Err(End::Panicked(_)) => mem::replace(outcome, Err(End::Finished)).map(drop),
        Err(_) => Ok(()),
    }
}
