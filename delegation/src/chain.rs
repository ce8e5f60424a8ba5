//! Operations along a chain of delegations. They resume the innermost generator directly.
//!
//! The module [`links`](crate::coroutine) tells how the generators of a chain refer to each other,
//! and by which rules. While an operation uses references from links, no user code runs. A switch runs
//! user code, so after it an operation uses the root and the node that has come back. User code
//! includes destructors. So values that an operation has to drop are kept in
//! [`Leftovers`] until the operation is over.
//!
//! Python marks every generator between the root and the innermost one as running. Here only the
//! innermost has that status. For the others it follows from the links, see [`is_running`]. Only
//! slow paths ask for it.

mod close;

use std::any::Any;
use std::ptr;
use std::thread;

pub(crate) use close::{close, throw_exit, unwind};

use crate::coroutine::{End, Message, Node, Resumed};
use crate::error::{Error, Result};
use crate::panics;
use crate::status::Status;

/// The values that an operation drops when it is over.
type Leftovers = Vec<Box<dyn Any>>;

/// The node to resume next, and the message for it.
type NextResume<'a, Y, S> = (&'a Node<Y, S>, Message<S>);

/// A resume that did not yield at once.
pub(crate) enum Unfinished<'a, Y, S> {
    /// No body was resumed yet.
    Start(Message<S>),
    /// The innermost generator was resumed. This one has come back, with this result.
    Resumed(&'a Node<Y, S>, Resumed<'a, Y, S>),
}

/// Resumes the innermost generator of `root` until it yields, if that generator is known.
///
/// This contains the usual case only, because the compiler copies it to every place that resumes a
/// generator. [`begin`] and [`go_on`] handle all other cases.
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
        (_, Resumed::Value(value)) => Ok(value),
        (leaf, resumed) => Err(Unfinished::Resumed(leaf, resumed)),
    }
}

/// Completes a resume that did not yield at once.
pub(crate) fn finish<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    unfinished: Unfinished<'a, Y, S>,
) -> Result<Y, End> {
    match unfinished {
        Unfinished::Start(message) => begin(root, message),
        Unfinished::Resumed(leaf, resumed) => go_on(root, leaf, resumed),
    }
}

/// Resumes a root whose innermost generator is not known, or cannot be resumed now.
#[inline(always)]
pub(crate) fn begin<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    message: Message<S>,
) -> Result<Y, End> {
    if root.status() == Status::Suspended && !thread::panicking() {
        // Usually, the body has just got its stack, and does not delegate. Then it needs no leftovers,
        // and goes on like any other resume. That saves a tenth of a short life.
        root.make_root();
        root.remember(root);
        return match root.switch_calmly(message) {
            (_, Resumed::Value(value)) => Ok(value),
            (leaf, resumed) => go_on(root, leaf, resumed),
        };
    }
    begin_anyhow(root, message)
}

#[inline(never)]
fn begin_anyhow<Y: 'static, S: 'static>(root: &Node<Y, S>, message: Message<S>) -> Result<Y, End> {
    let mut leftovers = Leftovers::new();
    let outcome = start(root, message, &mut leftovers);
    drop_leftovers(leftovers, outcome)
}

/// Goes on after a resume of `root` from which `leaf` has come back, with this result.
#[inline(always)]
pub(crate) fn go_on<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    leaf: &'a Node<Y, S>,
    resumed: Resumed<'a, Y, S>,
) -> Result<Y, End> {
    match resumed {
        // The usual end, which leaves nothing to drop.
        Resumed::Ended(end) if ptr::eq(leaf, root) => {
            root.forget();
            Err(end)
        }
        resumed => go_on_anyhow(root, leaf, resumed),
    }
}

#[inline(never)]
fn go_on_anyhow<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    leaf: &'a Node<Y, S>,
    resumed: Resumed<'a, Y, S>,
) -> Result<Y, End> {
    let mut leftovers = Leftovers::new();
    let outcome = match advance(root, leaf, resumed, &mut leftovers) {
        Ok((leaf, message)) => run(root, leaf, message, &mut leftovers),
        Err(outcome) => outcome,
    };
    drop_leftovers(leftovers, outcome)
}

/// Drops the leftovers of an operation, and returns its outcome.
#[inline]
fn drop_leftovers<T>(leftovers: Leftovers, outcome: T) -> T {
    if leftovers.is_empty() {
        return outcome;
    }
    panics::drop_each(leftovers, outcome)
}

/// Resumes a root as [`begin`] does, whatever its status and its delegates are.
fn start<Y: 'static, S: 'static>(
    root: &Node<Y, S>,
    message: Message<S>,
    leftovers: &mut Leftovers,
) -> Result<Y, End> {
    match locate(root) {
        (Some(leaf), obstacle) => {
            root.make_root();
            run(root, leaf, obstacle.replace(message, leftovers), leftovers)
        }
        (None, obstacle) => Err(obstacle.refuse(message)),
    }
}

/// Resumes `leaf`, the innermost generator of `root`, and continues until `root` yields or ends.
fn run<'a, Y: 'static, S: 'static>(
    root: &'a Node<Y, S>,
    mut leaf: &'a Node<Y, S>,
    mut message: Message<S>,
    leftovers: &mut Leftovers,
) -> Result<Y, End> {
    loop {
        root.remember(leaf);
        let (innermost, resumed) = leaf.switch(message);
        match advance(root, innermost, resumed, leftovers) {
            Ok(next) => (leaf, message) = next,
            Err(outcome) => return outcome,
        }
    }
}

/// Returns the next node to resume after `leaf`, or the outcome of `root` as the error.
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

/// Begins the delegation of `from` to `delegate`, which is resumed with `none`. Returns the node to
/// resume, and the message for it.
#[inline]
fn enter<'a, Y: 'static, S: 'static>(
    from: &'a Node<Y, S>,
    delegate: &'a Node<Y, S>,
    none: S,
    leftovers: &mut Leftovers,
) -> NextResume<'a, Y, S> {
    let message = Message::Next(none);
    if delegate.status() == Status::Suspended {
        // This is the usual case: a new delegate does not delegate yet, so it is the innermost.
        from.set_delegating();
        from.link(delegate);
        return (delegate, message);
    }
    enter_started(from, delegate, message, leftovers)
}

/// Begins a delegation to a generator with any status.
#[inline(never)]
fn enter_started<'a, Y: 'static, S: 'static>(
    from: &'a Node<Y, S>,
    delegate: &'a Node<Y, S>,
    message: Message<S>,
    leftovers: &mut Leftovers,
) -> NextResume<'a, Y, S> {
    // `from` still has the status Running here, so `locate` notices a delegation up the chain.
    let (leaf, obstacle) = locate(delegate);
    from.set_delegating();
    if leaf.is_some() {
        from.link(delegate);
    }
    (leaf.unwrap_or(from), obstacle.replace(message, leftovers))
}

/// The reason why a message cannot reach its generator.
#[derive(Clone, Copy)]
enum Obstacle {
    None,
    /// Other code has driven it to its end.
    Closed,
    /// It is running already.
    Running,
    /// It was given up, and must not be resumed.
    GivenUp,
}

impl Obstacle {
    /// Returns the error that the delegator gets, or the caller of an operation on the generator.
    fn error(self) -> Option<Error> {
        match self {
            Self::None | Self::Closed => None,
            Self::Running => Some(Error::already_executing()),
            Self::GivenUp => Some(Error::given_up()),
        }
    }

    /// Returns the message that the delegator gets because its delegate cannot be resumed.
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

    /// Returns the end of an operation on a generator that has this obstacle itself.
    fn refuse<S>(self, message: Message<S>) -> End {
        match (self.error(), message) {
            (Some(error), _) | (None, Message::Throw(error)) => End::Raised(error),
            (None, _) => End::Finished,
        }
    }
}

/// Walks the chain of `start`, and makes it the current chain of all generators on it. Returns the
/// last body that can be resumed. If the delegate of that body cannot be resumed, the obstacle
/// tells why.
///
/// If there is no such body, the obstacle concerns `start` itself.
fn locate<Y: 'static, S: 'static>(start: &Node<Y, S>) -> (Option<&Node<Y, S>>, Obstacle) {
    if start.status() == Status::GivenUp {
        return (None, Obstacle::GivenUp);
    }
    let mut last = start;
    let mut before = None;
    // The last node whose delegate was entered from elsewhere. If the innermost body runs, the
    // nodes below this one run as well.
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
        // If this body delegates, its delegation ends here, because the delegate cannot be resumed.
        body.unlink();
        start.claim_chain();
    }
    (body, obstacle)
}

/// Returns whether this generator is running in the sense of Python.
///
/// It is if its body runs, or if the innermost body of its chain runs and was reached through it.
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

/// Calls `visit` with each generator of a chain, the outermost first.
pub(crate) fn for_each_node<Y, S>(node: &Node<Y, S>, mut visit: impl FnMut(&Node<Y, S>)) {
    let mut next = Some(node);
    while let Some(node) = next {
        visit(node);
        next = node.down();
    }
}
