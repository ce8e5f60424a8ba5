//! `Suspender`: how a body switches away from its stack.
//!
//! A body cannot suspend while a panic unwinds its thread. The standard library counts the panics
//! of each thread, and if a body suspended during a panic of its own, the count would stay wrong
//! for ever. The library tells only that a thread panics, not how often. So the same holds for a
//! body that a destructor resumes during another panic.
//!
//! A refused suspension returns an error. After [`PATIENCE`] refusals, the body is unwound. If the
//! body catches that, it is given up after the same number again. Otherwise the destructor that
//! drives it would never return. While the body is being unwound, its destructors are refused
//! without limit.
//!
//! Other code can get the `Co` of a body, for example through a scoped thread local. So each use
//! checks the stack that it runs on. Usually this is the body's own stack. If it is another one,
//! the body must have resumed that stack, directly or through other bodies. Then all of them
//! suspend as one. The status Running is not enough: the body may have been resumed by another body
//! that is suspended now, and then neither of them runs.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{self, Location};
use std::ptr::NonNull;
use std::thread;

use super::{Anchor, Fiber, Frame, Mail, Message, Node, PATIENCE, Shared, Stop, Suspension};
use crate::error::{Error, Result};
use crate::label::short_name;
use crate::stack::{self, StackSize};
use crate::status::Status;

/// The part of a [`Co`](crate::Co) that switches stacks.
pub(crate) struct Suspender<Y, S> {
    anchor: Anchor,
    node: NonNull<Node<Y, S>>,
    /// At least this many bytes below `anchor` belong to the stack of the body.
    reach: usize,
}

impl<Y: 'static, S: 'static> Suspender<Y, S> {
    pub(super) fn new(anchor: Anchor, node: &Node<Y, S>, stack_size: StackSize) -> Self {
        Self {
            anchor,
            node: NonNull::from(node),
            reach: stack::reach(stack_size),
        }
    }

    #[inline(always)]
    fn node(&self) -> &Node<Y, S> {
        // SAFETY: a body, to which this belongs, runs only while its node is alive (rule 4 of
        // `links`).
        unsafe { self.node.as_ref() }
    }

    #[inline(always)]
    pub(crate) fn generator_address(&self) -> *const () {
        self.node.as_ptr().cast_const().cast()
    }

    /// Notes the place where the body is about to suspend.
    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.node().location()
    }

    #[inline(always)]
    pub(crate) fn set_location(&self, location: &'static Location<'static>) {
        self.node().location.set(location);
    }

    /// Suspends the body, and returns the message that resumes it.
    #[inline(always)]
    pub(crate) fn suspend(&self, value: Y) -> Message<S> {
        let here = stack::pointer();
        // Each branch makes the suspension in its place. Otherwise it would be copied.
        if self.may_suspend(here) {
            self.switch_away(Suspension::Value(value), here)
        } else {
            self.switch_with_care(Suspension::Value(value))
        }
    }

    /// Suspends the body until `delegate` has ended or cannot be resumed. `is_fresh` says that it was
    /// never resumed.
    ///
    /// `none` is the value for the first resume of the delegate.
    #[inline(always)]
    pub(crate) fn delegate<R: 'static>(
        &self,
        delegate: &Shared<Y, S, R>,
        none: S,
        is_fresh: bool,
    ) -> Message<S> {
        // The borrow keeps the delegate alive while this frame exists: rule 1 of `links`.
        let (here, delegate) = (stack::pointer(), delegate.node());
        let suspension = |none| Suspension::Delegate(NonNull::from(delegate), none);
        if !self.may_suspend(here) {
            return self.switch_with_care(suspension(none));
        }
        if Fiber::HANDS_OVER && is_fresh && self.node().enter_directly(delegate) {
            return self.hand_over(delegate, none);
        }
        self.switch_away(suspension(none), here)
    }

    /// Runs a fresh delegate in place of this body, past the operation that resumes the chain: that
    /// saves a third of the delegation.
    #[inline(always)]
    fn hand_over(&self, delegate: &Node<Y, S>, none: S) -> Message<S> {
        let node = self.node();
        node.set_delegating();
        delegate.status.set(Status::Running);
        delegate.leave_mail(Mail {
            message: ManuallyDrop::new(Message::Next(none)),
        });
        // SAFETY: this body runs, on its own stack, which `may_suspend` has checked; the delegate has got
        // its stack and was not resumed yet.
        let stop = unsafe { node.fiber.hand_over(&delegate.fiber) };
        self.go_on(stop, Some(delegate))
    }

    /// Returns the message with which this body goes on: the end of the delegate that has handed back
    /// to it, or the one that was left. Only a delegate hands back, and the caller's borrow keeps it alive
    /// until this has taken its end.
    #[inline(always)]
    fn go_on(&self, stop: Stop, delegate: Option<&Node<Y, S>>) -> Message<S> {
        debug_assert!(
            stop == Stop::Suspended || delegate.is_some(),
            "only delegates hand back"
        );
        match delegate {
            Some(delegate) if stop == Stop::Ended => delegate.end().into(),
            // SAFETY: no delegate has handed back, so the body was resumed with a message; this is the
            // only place that runs then, other than the beginning of a body.
            _ => unsafe { self.node().take_message() },
        }
    }

    /// Returns whether the body may suspend at the stack address `here`.
    #[inline(always)]
    fn may_suspend(&self, here: usize) -> bool {
        self.is_on_own_stack(here) && !thread::panicking()
    }

    /// Returns whether `here` is on the body's own stack. Near the end of the stack it returns
    /// false.
    ///
    /// If so, the body runs, because only its own code and its callees use its stack.
    #[inline(always)]
    fn is_on_own_stack(&self, here: usize) -> bool {
        self.anchor.addr().wrapping_sub(here) < self.reach
    }

    /// Returns whether the body runs: on this stack, or on one that has resumed this one.
    #[cold]
    #[inline(never)]
    pub(crate) fn is_running(&self) -> bool {
        let own = self.anchor.addr();
        let Some(base) = stack::base_of(own) else {
            return false;
        };
        let mut address = stack::pointer();
        while let Some(here) = stack::base_of(address) {
            if here == base {
                return true;
            }
            // SAFETY: on each stack, the anchor lies equally far below the base; the stack at `here`
            // was resumed, because we run on it or it has resumed another stack that runs.
            address = unsafe { Anchor::resumer(here - (base - own)) };
        }
        false
    }

    #[inline(always)]
    fn switch_away(&self, suspension: Suspension<Y, S>, here: usize) -> Message<S> {
        let delegate = match &suspension {
            // SAFETY: the caller of `delegate` borrows it until the body goes on.
            Suspension::Delegate(delegate, _) => Some(unsafe { delegate.as_ref() }),
            _ => None,
        };
        self.node().leave_mail(Mail {
            suspension: ManuallyDrop::new(suspension),
        });
        // SAFETY: the callers have checked that the body runs, here or on a stack that it has resumed.
        let stop = unsafe { self.anchor.suspend(&self.node().fiber, here) };
        self.go_on(stop, delegate)
    }

    /// Suspends the body if it runs and may suspend, also from another stack.
    #[cold]
    #[inline(never)]
    fn switch_with_care(&self, suspension: Suspension<Y, S>) -> Message<S> {
        if !self.is_running() {
            drop(suspension);
            return Message::Throw(Error::not_running());
        }
        if thread::panicking() {
            drop(suspension);
            return self.refuse();
        }
        self.switch_away(suspension, stack::pointer())
    }

    /// Refuses a suspension, because a panic unwinds the thread.
    fn refuse(&self) -> Message<S> {
        let patience = &self.node().patience;
        match patience.get() {
            0 => Message::Throw(Error::panicking()),
            // This is a destructor that the forced unwinding runs. A suspension or a panic here
            // would be worse.
            _ if ForcedUnwind::is_under_way(self.node.addr().get()) => {
                Message::Throw(Error::panicking())
            }
            1 => self.switch_away(Suspension::GiveUp, stack::pointer()),
            left => {
                patience.set(left - 1);
                if left == PATIENCE && cfg!(panic = "unwind") {
                    panic::resume_unwind(Box::new(ForcedUnwind::begin(self.node.addr().get())))
                }
                Message::Throw(Error::panicking())
            }
        }
    }

    /// Runs `delegate` on this stack, with a frame that reports show.
    #[inline(always)]
    pub(crate) fn on_same_stack<R>(
        &self,
        name: &'static str,
        delegate: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        if self.node().status() != Status::Running {
            return Err(Error::not_running());
        }
        let node = self.node();
        let outer = node.frame.get();
        let called_at = node.location.get();
        let frame = Frame {
            name,
            called_at,
            outer,
        };
        let frame = NonNull::from(&frame);
        node.frame.set(Some(frame));
        let _unlink = Unlink { node, frame, outer };
        let mut result = delegate();
        // A result is not moved for this, as a match of it would.
        if matches!(&result, Err(error) if error.is_traced()) {
            result = result.map_err(|error| self.leave_frame(error, name, called_at));
        }
        result
    }

    /// Adds a delegation on this stack to the traceback of an error that leaves it.
    #[cold]
    #[inline(never)]
    fn leave_frame(
        &self,
        mut error: Error,
        name: &'static str,
        called_at: &'static Location<'static>,
    ) -> Error {
        error.leave(short_name(name).into(), self.location());
        error.come_to(Some(called_at));
        error
    }
}

/// Unlinks a frame when the delegation is over.
struct Unlink<'a, Y, S> {
    node: &'a Node<Y, S>,
    frame: NonNull<Frame>,
    outer: Option<NonNull<Frame>>,
}

impl<Y, S> Drop for Unlink<'_, Y, S> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.node.frame.get() != Some(self.frame) {
            tangle(&self.node.tangled);
        }
        self.node.frame.set(self.outer);
    }
}

/// Notes that a frame ended before the frames that were linked after it.
///
/// Only a delegation on the stack of another body can do this.
#[cold]
#[inline(never)]
fn tangle(tangled: &Cell<bool>) {
    tangled.set(true);
}

/// The payload that unwinds a body which does not end.
pub(super) struct ForcedUnwind {
    /// The address of the node whose body was refused too often, if that is the reason. It is only
    /// compared.
    refused: Option<usize>,
}

thread_local! {
    /// The nodes whose bodies are being unwound because they were refused too often.
    static REFUSED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl ForcedUnwind {
    fn begin(node: usize) -> Self {
        let _ = REFUSED.try_with(|refused| refused.borrow_mut().push(node));
        Self {
            refused: Some(node),
        }
    }

    /// Returns whether the body of this node is being unwound and has not caught the payload.
    fn is_under_way(node: usize) -> bool {
        REFUSED.try_with(|refused| refused.borrow().contains(&node)) == Ok(true)
    }
}

impl Drop for ForcedUnwind {
    /// Notes that the unwinding is over: code has caught the payload.
    fn drop(&mut self) {
        let Some(node) = self.refused else { return };
        let _ = REFUSED.try_with(|refused| refused.borrow_mut().retain(|other| *other != node));
    }
}

/// Unwinds the body from here, without a message on standard error.
#[cold]
pub(crate) fn unwind() -> ! {
    panic::resume_unwind(Box::new(ForcedUnwind { refused: None }))
}
