//! Closes and unwinds chains: `GeneratorExit`, and the forced unwinding of bodies that ignore it.

use std::{mem, ptr};

use super::{Leftovers, drop_leftovers, finish, locate, resume, run, start};
use crate::coroutine::{End, Message, Node};
use crate::error::{Error, Result};
use crate::status::Status;

/// Throws `GeneratorExit` into `root`. As PEP 380 says, its delegates are closed first, beginning
/// with the innermost.
///
/// The body of `root` gets `exit`. If the closing of its delegate fails, the body gets that error
/// instead.
pub(crate) fn throw_exit<Y: 'static, S: 'static>(root: &Node<Y, S>, exit: Error) -> Result<Y, End> {
    if root.status() == Status::Suspended {
        // There is no delegate to close first.
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

/// Closes `root` and its delegates, beginning with the innermost.
///
/// Returns the error or panic of a body as the error.
pub(crate) fn close<Y: 'static, S: 'static>(root: &Node<Y, S>) -> Result<(), End> {
    judge(&mut throw_exit(root, Error::generator_exit()))
}

/// Unwinds the bodies of `root` and its delegates, beginning with the innermost. It stops at a body
/// that suspends again instead of ending.
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

/// Checks that a body has ended after `GeneratorExit`, by returning or by passing it on.
///
/// The outcome stays with the caller, because only the caller knows when it may be dropped.
fn judge<Y>(outcome: &mut Result<Y, End>) -> Result<(), End> {
    match outcome {
        Ok(_) => Err(End::Raised(Error::ignored_exit())),
        Err(End::Raised(error)) if !error.is_generator_exit() => Err(End::Raised(error.clone())),
        Err(End::Panicked(_)) => mem::replace(outcome, Err(End::Finished)).map(drop),
        Err(_) => Ok(()),
    }
}
