//! The driver: follows a chain of delegations and resumes its innermost generator directly.
//!
//! A generator that delegates to another is suspended; its `down` points to the
//! delegate. Following `down` from the generator somebody operates on, the *root*,
//! leads to the *innermost* one, whose body runs. To find that one without the walk,
//! a root remembers it (`leaf`), and the innermost remembers whose it is (`root`).
//! Several generators may delegate to one: of those, only the one in the activation
//! that came through last is its `up`.
//!
//! The pointers obey four rules. Every unsafe block here cites one.
//!
//! 1. `p.down == d` only while the body of `p` is suspended in the `yield_from` that
//!    was given `d`. Its frame holds a handle of `d`, or borrows one, so that `d` is
//!    alive. `down` is cleared before the body of `p` is resumed.
//! 2. `d.up == p` only while `p.down == d`, so that `p` is alive: both are cleared
//!    together, and [`detach`] clears what is left when `p` dies.
//! 3. `r.leaf == l` exactly while `l.root == r`. Both are set and cleared together,
//!    also by [`detach`] when either dies; so both are alive.
//! 4. A node is alive while its body runs: the root of the activation, because the
//!    operation borrows a handle of it; the others by rule 1.
//!
//! Rule 1 holds as long as nobody's code runs while references to nodes are at hand, other
//! than in a switch. So what is dropped on the way, whose destructor may be anybody's, is kept
//! in [`Lost`] until the operation is over.
//!
//! Python marks every generator between root and innermost as running. Here only the
//! innermost is: whether another one is running follows from the links, see
//! [`is_running`], and is asked on slow paths only.
#![allow(
    unsafe_code,
    reason = "links are plain pointers: counting references would cost at every resume"
)]

mod close;

use std::any::Any;
use std::cell::Cell;
use std::ptr::{self, NonNull};
use std::thread;

pub(crate) use close::{Failure, close, throw_exit, unwind};

use crate::coroutine::{Message, Node, Payload, Resumed, Status};
use crate::error::{Error, Result};

/// What came of an operation.
pub(crate) enum Outcome<Y> {
    Yielded(Y),
    Returned,
    Raised(Error),
    Panicked(Payload),
    /// The root had ended before.
    Finished,
}

/// What an operation has to drop when it is over.
type Lost = Vec<Box<dyn Any>>;

/// Whom to resume, and with what.
type Next<'a, Y, S> = (&'a Node<Y, S>, Message<S>);

type Link<Y, S> = Cell<Option<NonNull<Node<Y, S>>>>;

fn points_to<Y, S>(link: &Link<Y, S>, node: &Node<Y, S>) -> bool {
    link.get() == Some(NonNull::from(node))
}

/// A resume that did not come to a yield at once.
pub(crate) enum Unfinished<'a, Y, S> {
    /// Nobody was resumed yet.
    Start(Message<S>),
    /// The innermost generator was, with this result.
    Resumed(&'a Node<Y, S>, Resumed<Y, S>),
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
    let Some(leaf) = root.leaf.get() else {
        return Err(Unfinished::Start(message));
    };
    // SAFETY: rule 3, and rule 4 from when it runs.
    let leaf = unsafe { leaf.as_ref() };
    if leaf.status() != Status::Suspended || thread::panicking() {
        return Err(Unfinished::Start(message));
    }
    match leaf.switch_calmly(message) {
        Resumed::Value(value) => Ok(value),
        resumed => Err(Unfinished::Resumed(leaf, resumed)),
    }
}

/// Brings a resume to its end.
#[inline]
pub(crate) fn finish<Y: 'static, S: Default + 'static>(
    root: &Node<Y, S>,
    unfinished: Unfinished<'_, Y, S>,
) -> Outcome<Y> {
    let mut lost = Lost::new();
    match unfinished {
        Unfinished::Start(message) => start(root, message, &mut lost),
        Unfinished::Resumed(leaf, resumed) => match advance(root, leaf, resumed, &mut lost) {
            Ok((leaf, message)) => run(root, leaf, message, &mut lost),
            Err(outcome) => outcome,
        },
    }
}

/// Resumes a root whose innermost generator is not known, or not to be resumed.
fn start<Y: 'static, S: Default + 'static>(
    root: &Node<Y, S>,
    message: Message<S>,
    lost: &mut Lost,
) -> Outcome<Y> {
    if root.status() == Status::Suspended {
        // The usual case, a body that has just got its stack: it does not delegate.
        root.up.set(None);
        return run(root, root, message, lost);
    }
    match locate(root) {
        Place::Closed => match message {
            Message::Throw(error) => Outcome::Raised(error),
            _ => Outcome::Finished,
        },
        Place::Running => Outcome::Raised(Error::already_executing()),
        Place::Lost => Outcome::Raised(Error::lost()),
        Place::At(leaf, obstacle) => {
            root.up.set(None);
            run(root, leaf, obstacle.replace(message, lost), lost)
        }
    }
}

/// Resumes `leaf`, the innermost of `root`, and goes on until there is an outcome of `root`.
fn run<'a, Y: 'static, S: Default + 'static>(
    root: &'a Node<Y, S>,
    mut leaf: &'a Node<Y, S>,
    mut message: Message<S>,
    lost: &mut Lost,
) -> Outcome<Y> {
    loop {
        remember(root, leaf);
        let resumed = leaf.switch(message);
        match advance(root, leaf, resumed, lost) {
            Ok(next) => (leaf, message) = next,
            Err(outcome) => return outcome,
        }
    }
}

/// Decides what comes after `leaf` was resumed: whom to resume with what, or an outcome of `root`.
#[inline(always)]
fn advance<'a, Y: 'static, S: Default + 'static>(
    root: &'a Node<Y, S>,
    leaf: &'a Node<Y, S>,
    resumed: Resumed<Y, S>,
    lost: &mut Lost,
) -> Result<Next<'a, Y, S>, Outcome<Y>> {
    match resumed {
        Resumed::Value(value) => Err(Outcome::Yielded(value)),
        Resumed::Delegate(delegate, none) => Ok(enter(leaf, delegate, none, lost)),
        Resumed::Ended(end) if ptr::eq(leaf, root) => {
            forget(root);
            Err(end.into())
        }
        Resumed::Ended(end) => Ok((leave(leaf), end)),
    }
}

/// What a body's end is to its delegator, as an outcome.
impl<Y, S> From<Message<S>> for Outcome<Y> {
    fn from(end: Message<S>) -> Self {
        match end {
            Message::Returned => Self::Returned,
            Message::Throw(error) => Self::Raised(error),
            Message::Panic(payload) => Self::Panicked(payload),
            Message::Finished | Message::Unwind | Message::Next(_) | Message::Send(_) => {
                Self::Finished
            }
        }
    }
}

/// Begins the delegation of `from` to `delegate`, which gets `none` first; returns whom to resume
/// with what.
fn enter<'a, Y: 'static, S: Default + 'static>(
    from: &'a Node<Y, S>,
    delegate: NonNull<Node<Y, S>>,
    none: S,
    lost: &mut Lost,
) -> Next<'a, Y, S> {
    let message = Message::Next(none);
    // SAFETY: rule 1: the body of `from` is suspended in the `yield_from` that was given the
    // delegate.
    let delegate = unsafe { delegate.as_ref() };
    if delegate.status() == Status::Suspended {
        // The usual case, a fresh delegate: where it is is no question.
        from.set_delegating();
        link(from, delegate);
        return (delegate, message);
    }
    // `from` still counts as running here, so that delegating up the chain is found out.
    let place = locate(delegate);
    from.set_delegating();
    let (leaf, obstacle) = match place {
        Place::Closed => (from, Obstacle::Closed),
        Place::Running => (from, Obstacle::Running),
        Place::Lost => (from, Obstacle::Lost),
        Place::At(leaf, obstacle) => {
            link(from, delegate);
            (leaf, obstacle)
        }
    };
    (leaf, obstacle.replace(message, lost))
}

/// Where an operation on a generator ends up.
enum Place<'a, Y, S> {
    /// In this body.
    At(&'a Node<Y, S>, Obstacle),
    /// Nowhere: it runs.
    Running,
    /// Nowhere: it has ended.
    Closed,
    /// Nowhere: it must not be resumed any more.
    Lost,
}

/// Why a message does not reach the delegate of the body it ends up in.
enum Obstacle {
    None,
    /// Somebody else has driven the delegate to its end.
    Closed,
    /// Somebody else is running the delegate.
    Running,
    /// The delegate must not be resumed any more.
    Lost,
}

impl Obstacle {
    #[inline]
    fn replace<S: 'static>(self, message: Message<S>, lost: &mut Lost) -> Message<S> {
        match (self, message) {
            (Self::Closed, Message::Next(value) | Message::Send(value)) => {
                lost.push(Box::new(value));
                Message::Finished
            }
            (Self::Running, message) => {
                lost.push(Box::new(message));
                Message::Throw(Error::already_executing())
            }
            (Self::Lost, message) => {
                lost.push(Box::new(message));
                Message::Throw(Error::lost())
            }
            (_, message) => message,
        }
    }
}

/// Walks the chain of `start`, makes it the current one of all that are on it, and says where it
/// ends.
///
/// A delegation whose delegate cannot be resumed ends here.
fn locate<Y: 'static, S: 'static>(start: &Node<Y, S>) -> Place<'_, Y, S> {
    if start.status() == Status::Lost {
        return Place::Lost;
    }
    let mut last = start;
    let mut before = None;
    // The first on the chain that is running, if the last is: from there on, all `up` agree.
    let mut running = start;
    let mut before_running = None;
    while let Some(down) = down(last) {
        if !points_to(&down.up, last) {
            running = down;
            before_running = Some(last);
        }
        before = Some(last);
        last = down;
    }
    let (leaf, obstacle) = match (last.status(), before, before_running) {
        (Status::Created, ..) => unreachable!("operations and delegations start it first"),
        (Status::Closed, None, _) => return Place::Closed,
        (Status::Lost, None, _) => return Place::Lost,
        (Status::Lost, Some(delegator), _) => {
            unlink(delegator, last);
            (delegator, Obstacle::Lost)
        }
        (Status::Closed, Some(delegator), _) => {
            unlink(delegator, last);
            (delegator, Obstacle::Closed)
        }
        (Status::Running, _, None) => return Place::Running,
        (Status::Running, _, Some(delegator)) => {
            unlink(delegator, running);
            (delegator, Obstacle::Running)
        }
        (Status::Suspended | Status::Delegating, ..) => (last, Obstacle::None),
    };
    let mut node = start;
    while let Some(down) = down(node) {
        down.up.set(Some(NonNull::from(node)));
        node = down;
    }
    Place::At(leaf, obstacle)
}

/// Returns the delegate, for as long as the delegator stays suspended.
fn down<Y, S>(node: &Node<Y, S>) -> Option<&Node<Y, S>> {
    // SAFETY: rule 1.
    node.down.get().map(|down| unsafe { down.as_ref() })
}

/// Notes that `up` delegates to `down`, in this activation.
#[inline(always)]
fn link<Y, S>(up: &Node<Y, S>, down: &Node<Y, S>) {
    up.down.set(Some(NonNull::from(down)));
    down.up.set(Some(NonNull::from(up)));
}

/// Ends the delegation of `up` to `down`.
fn unlink<Y, S>(up: &Node<Y, S>, down: &Node<Y, S>) {
    up.down.set(None);
    if points_to(&down.up, up) {
        down.up.set(None);
    }
}

/// Notes that `leaf` is the innermost generator of `root`.
#[inline(always)]
fn remember<Y, S>(root: &Node<Y, S>, leaf: &Node<Y, S>) {
    if points_to(&root.leaf, leaf) {
        return;
    }
    forget(root);
    if let Some(other) = leaf.root.replace(Some(NonNull::from(root))) {
        // SAFETY: rule 3.
        unsafe { other.as_ref() }.leaf.set(None);
    }
    root.leaf.set(Some(NonNull::from(leaf)));
}

/// Forgets the innermost generator of `root`.
#[inline(always)]
fn forget<Y, S>(root: &Node<Y, S>) {
    if let Some(leaf) = root.leaf.take() {
        // SAFETY: rule 3.
        unsafe { leaf.as_ref() }.root.set(None);
    }
}

/// Clears all pointers to a node that is about to die.
pub(crate) fn detach<Y, S>(node: &Node<Y, S>) {
    forget(node);
    if let Some(root) = node.root.take() {
        // SAFETY: rule 3.
        unsafe { root.as_ref() }.leaf.set(None);
    }
    if let Some(down) = down(node) {
        unlink(node, down);
    }
}

/// Returns whether Python would call this generator running.
///
/// That is, whether its body runs, or that of the innermost of its chain was
/// reached through it.
pub(crate) fn is_running<Y: 'static, S: 'static>(node: &Node<Y, S>) -> bool {
    let mut last = node;
    while let Some(down) = down(last) {
        if !points_to(&down.up, last) {
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
        next = down(node);
    }
}

/// Ends the delegation to `node`, and returns who delegated.
fn leave<Y, S>(node: &Node<Y, S>) -> &Node<Y, S> {
    let up = node.up.get().expect("all but the root have a delegator");
    // SAFETY: rule 2.
    let up = unsafe { up.as_ref() };
    unlink(up, node);
    up
}
