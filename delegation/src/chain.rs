//! The driver: follows a chain of delegations and resumes its innermost generator directly.
//!
//! How the generators of a chain refer to each other, and under what rules, is told in
//! [`links`](crate::coroutine). While an operation uses references that it got by links,
//! nobody's code runs, other than in a switch. So what is dropped on the way, whose destructor
//! may be anybody's, is kept in [`Leftovers`] until the operation is over.
//!
//! Python marks every generator between root and innermost as running. Here only the
//! innermost is: whether another one is running follows from the links, see
//! [`is_running`], and is asked on slow paths only.

mod close;

use std::any::Any;
use std::ptr;
use std::thread;

pub(crate) use close::{close, throw_exit, unwind};

use crate::coroutine::{End, Message, Node, Resumed};
use crate::error::{Error, Result};
use crate::panics;
use crate::status::Status;

/// What an operation has to drop when it is over.
type Leftovers = Vec<Box<dyn Any>>;

/// The node to resume, and with what.
type NextResume<'a, Y, S> = (&'a Node<Y, S>, Message<S>);

/// A resume that did not come to a yield at once.
pub(crate) enum Unfinished<'a, Y, S> {
    /// Nobody was resumed yet.
    Start(Message<S>),
    /// The innermost generator was, with this result.
    Resumed(&'a Node<Y, S>, Resumed<'a, Y, S>),
}

/// Resumes the innermost generator of `root`, if it is known, until it yields.
///
/// All that is usual, and no more: this is copied into every program that resumes
/// a generator. The rest is [`finish`].
#[inline(always)]
pub(crate) fn resume<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    message: Message<S>,
) -> Result<Y, Unfinished<'_, Y, S>> {
    let Some(leaf) = root.leaf() else {
        return Err(Unfinished::Start(message));
    };
    if leaf.status() != Status::Suspended || thread::panicking() {
        return Err(Unfinished::Start(message));
    }
    match leaf.switch_calmly(message) {
        Resumed::Value(value) => Ok(value),
        resumed => Err(Unfinished::Resumed(leaf, resumed)),
    }
}

/// Brings a resume to its end.
#[inline(never)]
pub(crate) fn finish<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    unfinished: Unfinished<'_, Y, S>,
) -> Result<Y, End> {
    let mut leftovers = Leftovers::new();
    let outcome = match unfinished {
        Unfinished::Start(message) => start(root, message, &mut leftovers),
        Unfinished::Resumed(leaf, resumed) => match advance(root, leaf, resumed, &mut leftovers) {
            Ok((leaf, message)) => run(root, leaf, message, &mut leftovers),
            Err(outcome) => outcome,
        },
    };
    drop_leftovers(leftovers, outcome)
}

/// Drops what an operation has lost, and returns what it has come to.
#[inline]
fn drop_leftovers<T>(leftovers: Leftovers, outcome: T) -> T {
    if leftovers.is_empty() {
        return outcome;
    }
    panics::drop_each(leftovers, outcome)
}

/// Resumes a root whose innermost generator is not known, or not to be resumed.
fn start<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    message: Message<S>,
    leftovers: &mut Leftovers,
) -> Result<Y, End> {
    if root.status() == Status::Suspended {
        // The usual case, a body that has just got its stack: it does not delegate.
        root.make_root();
        return run(root, root, message, leftovers);
    }
    match locate(root) {
        (Some(leaf), obstacle) => {
            root.make_root();
            run(root, leaf, obstacle.replace(message, leftovers), leftovers)
        }
        (None, obstacle) => Err(obstacle.refuse(message)),
    }
}

/// Resumes `leaf`, the innermost of `root`, and goes on until `root` yields or has ended.
fn run<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    mut leaf: &'a Node<Y, S>,
    mut message: Message<S>,
    leftovers: &mut Leftovers,
) -> Result<Y, End> {
    loop {
        root.remember(leaf);
        let resumed = leaf.switch(message);
        match advance(root, leaf, resumed, leftovers) {
            Ok(next) => (leaf, message) = next,
            Err(outcome) => return outcome,
        }
    }
}

/// Decides what comes after `leaf` was resumed: what to resume next, or what `root` has come to.
#[inline(always)]
fn advance<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    leaf: &'a Node<Y, S>,
    resumed: Resumed<'a, Y, S>,
    leftovers: &mut Leftovers,
) -> Result<NextResume<'a, Y, S>, Result<Y, End>> {
    match resumed {
        Resumed::Value(value) => Err(Ok(value)),
        Resumed::Delegate(delegate, none) => Ok(enter(leaf, delegate, none, leftovers)),
        Resumed::Ended(end) if ptr::eq(leaf, root) => {
            root.forget();
            Err(Err(end))
        }
        Resumed::Ended(end) => Ok((leaf.leave(), end.into())),
    }
}

/// Begins the delegation of `from` to `delegate`, which gets `none` first; returns what to resume
/// with what.
#[inline]
fn enter<'a, Y: 'static, S: 'static>(
    from: &'a Node<Y, S>,
    delegate: &'a Node<Y, S>,
    none: S,
    leftovers: &mut Leftovers,
) -> NextResume<'a, Y, S> {
    let message = Message::Next(none);
    if delegate.status() == Status::Suspended {
        // The usual case, a fresh delegate: where it is is no question.
        from.set_delegating();
        from.link(delegate);
        return (delegate, message);
    }
    enter_started(from, delegate, message, leftovers)
}

/// Begins a delegation to a generator that may be anywhere in its life.
#[inline(never)]
fn enter_started<'a, Y: 'static, S: 'static>(
    from: &'a Node<Y, S>,
    delegate: &'a Node<Y, S>,
    message: Message<S>,
    leftovers: &mut Leftovers,
) -> NextResume<'a, Y, S> {
    // `from` still counts as running here, so that delegating up the chain is found out.
    let (leaf, obstacle) = locate(delegate);
    from.set_delegating();
    if leaf.is_some() {
        from.link(delegate);
    }
    (leaf.unwrap_or(from), obstacle.replace(message, leftovers))
}

/// Why a message does not reach the generator that it is for.
#[derive(Clone, Copy)]
enum Obstacle {
    None,
    /// Somebody else has driven it to its end.
    Closed,
    /// Somebody else is running it.
    Running,
    /// It must not be resumed any more.
    GivenUp,
}

impl Obstacle {
    /// Returns the error that the delegator gets, or whoever operates on the generator itself.
    fn error(self) -> Option<Error> {
        match self {
            Self::None | Self::Closed => None,
            Self::Running => Some(Error::already_executing()),
            Self::GivenUp => Some(Error::given_up()),
        }
    }

    /// Returns what the delegator gets in place of its delegate.
    #[inline]
    fn replace<S: 'static>(self, message: Message<S>, leftovers: &mut Leftovers) -> Message<S> {
        if let Some(error) = self.error() {
            leftovers.push(Box::new(message));
            return Message::Throw(error);
        }
        match (self, message) {
            (Self::Closed, Message::Next(value) | Message::Send(value)) => {
                leftovers.push(Box::new(value));
                Message::Finished
            }
            (_, message) => message,
        }
    }

    /// Returns what an operation comes to that finds its own generator like this.
    fn refuse<S>(self, message: Message<S>) -> End {
        match (self.error(), message) {
            (Some(error), _) | (None, Message::Throw(error)) => End::Raised(error),
            (None, _) => End::Finished,
        }
    }
}

/// Walks the chain of `start` and makes it the current one of all that are on it. Returns the body
/// that it ends in, and why that body's own delegate cannot be resumed, if it cannot.
///
/// Without a body, it is `start` itself that cannot be resumed.
fn locate<Y: 'static, S: 'static>(start: &Node<Y, S>) -> (Option<&Node<Y, S>>, Obstacle) {
    if start.status() == Status::GivenUp {
        return (None, Obstacle::GivenUp);
    }
    let mut last = start;
    let mut before = None;
    // The last that another activation has not come through: below it all run, if the last does.
    let mut outside = None;
    while let Some(down) = last.down() {
        if !down.is_entered_from(last) {
            outside = Some(last);
        }
        before = Some(last);
        last = down;
    }
    let (body, obstacle) = match last.status() {
        Status::Created => unreachable!("operations and delegations start it first"),
        Status::Suspended | Status::Delegating => (Some(last), Obstacle::None),
        Status::Closed => (before, Obstacle::Closed),
        Status::GivenUp => (before, Obstacle::GivenUp),
        Status::Running => (outside, Obstacle::Running),
    };
    if let Some(body) = body {
        // Its delegation ends, if it has one: the delegate cannot be resumed.
        body.unlink();
        start.claim_chain();
    }
    (body, obstacle)
}

/// Returns whether Python would call this generator running.
///
/// That is, whether its body runs, or that of the innermost of its chain was
/// reached through it.
pub(crate) fn is_running<Y: 'static, S: 'static>(node: &Node<Y, S>) -> bool {
    let mut last = node;
    while let Some(down) = last.down() {
        if !down.is_entered_from(last) {
            return false;
        }
        last = down;
    }
    last.status() == Status::Running
}

/// Calls `visit` with the generators of a chain, outermost first.
pub(crate) fn for_each_node<Y, S>(node: &Node<Y, S>, mut visit: impl FnMut(&Node<Y, S>)) {
    let mut next = Some(node);
    while let Some(node) = next {
        visit(node);
        next = node.down();
    }
}
