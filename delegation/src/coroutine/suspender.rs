//! The body's end of the switch.
//!
//! A body may not suspend while a panic unwinds its thread. If it is its own panic, the thread's
//! panic count would travel with whoever runs next, and stay wrong for ever. The standard library
//! tells whether a thread panics, not how often, so a body that was resumed by a destructor
//! during another panic is refused as well. It gets an error each time. One that goes on
//! regardless, [`PATIENCE`] times, is unwound. One that catches that, and goes on as often again,
//! is given up. Otherwise the destructor that drives it would never return. Neither comes while the
//! body is being unwound for it: its destructors are refused as often as they ask.
//!
//! Code that is not the body's can get at its `Co`, through a scoped thread local. So each use asks
//! where it runs. Usually that is the body's own stack. If it is another one, that stack was resumed
//! by the body, or by a body that was, and all of them are suspended as one. Nothing else will do,
//! not even that the body's status is Running: below it, a body may have been suspended that has
//! resumed it, and then neither of them runs.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::panic::{self, Location};
use std::ptr::{self, NonNull};
use std::thread;

use super::{Frame, Mail, Message, Node, PATIENCE, Shared, Suspension, Switch};
use crate::error::{Error, Result};
use crate::stack::{self, StackSize};
use crate::status::Status;

/// The body's end of the switch.
pub(crate) struct Suspender<Y, S> {
    switch: NonNull<Switch>,
    node: NonNull<Node<Y, S>>,
    /// At least this many bytes below `switch` are the body's stack.
    reach: usize,
}

impl<Y: 'static, S: 'static> Suspender<Y, S> {
    pub(super) fn new(switch: &Switch, node: &Node<Y, S>, stack_size: StackSize) -> Self {
        Self {
            switch: NonNull::from(switch),
            node: NonNull::from(node),
            reach: stack::reach(stack_size),
        }
    }

    #[inline(always)]
    fn node(&self) -> &Node<Y, S> {
        // SAFETY: a body runs only while its node is alive (rule 4 of `links`), and this belongs
        // to the body.
        unsafe { self.node.as_ref() }
    }

    /// Notes where the body is about to suspend.
    #[inline(always)]
    pub(crate) fn set_location(&self, location: &'static Location<'static>) {
        self.node().location.set(location);
    }

    /// Suspends the body and returns what it is resumed with.
    #[inline(always)]
    pub(crate) fn suspend(&self, value: Y) -> Message<S> {
        let here = stack_pointer();
        // The event is made after the question, where it goes: it would be copied otherwise.
        if self.may_suspend(here) {
            self.switch_away(Suspension::Value(value), here)
        } else {
            self.switch_with_care(Suspension::Value(value))
        }
    }

    /// Suspends the body until `delegate` has ended or cannot be entered.
    ///
    /// `none` is what the delegate is entered with.
    #[inline(always)]
    pub(crate) fn delegate<R: 'static>(&self, delegate: &Shared<Y, S, R>, none: S) -> Message<S> {
        // The borrow keeps the delegate alive while this frame exists: rule 1 of `links`.
        let (here, delegate) = (stack_pointer(), NonNull::from(delegate.node()));
        if self.may_suspend(here) {
            self.switch_away(Suspension::Delegate(delegate, none), here)
        } else {
            self.switch_with_care(Suspension::Delegate(delegate, none))
        }
    }

    /// Returns whether nothing forbids the body to suspend `here`.
    #[inline(always)]
    fn may_suspend(&self, here: usize) -> bool {
        self.is_on_own_stack(here) && !thread::panicking()
    }

    /// Returns whether `here` is on the body's own stack, if not too close to its end.
    ///
    /// Then the body runs: nothing but its own code, and what that calls, is on its stack.
    #[inline(always)]
    fn is_on_own_stack(&self, here: usize) -> bool {
        self.switch.addr().get().wrapping_sub(here) < self.reach
    }

    /// Returns whether the body runs, on this stack or below it.
    #[cold]
    #[inline(never)]
    fn is_running(&self) -> bool {
        let own = self.switch.addr().get();
        let Some(base) = stack::base_of(own) else {
            return false;
        };
        let mut address = stack_pointer();
        while let Some(here) = stack::base_of(address) {
            if here == base {
                return true;
            }
            let link = ptr::with_exposed_provenance::<usize>(here - (base - own));
            // SAFETY: on each stack, corosensei's yielder lies equally far below the base, and its
            // first word is the stack pointer of whatever resumed that stack. `here` is the base
            // of a stack that runs, so it was resumed: it is the stack that we are on, or one that
            // resumed another stack that runs.
            address = unsafe { link.read() };
        }
        false
    }

    #[inline(always)]
    fn switch_away(&self, suspension: Suspension<Y, S>, here: usize) -> Message<S> {
        self.node().leave_mail(Mail {
            suspension: ManuallyDrop::new(suspension),
        });
        self.node().context.set(here);
        // SAFETY: corosensei's yielder lies at the base of this body's stack, below which we run.
        unsafe { self.switch.as_ref() }.suspend(());
        // SAFETY: this is the one place after a resume.
        unsafe { self.node().take_message() }
    }

    /// Suspends the body if it may be suspended all the same, from another stack.
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
        self.switch_away(suspension, stack_pointer())
    }

    /// Answers a suspension that cannot be granted, as a panic unwinds the thread.
    fn refuse(&self) -> Message<S> {
        let patience = &self.node().patience;
        match patience.get() {
            0 => Message::Throw(Error::panicking()),
            // In a destructor that this very unwinding runs, to suspend or to panic would be worse.
            _ if ForcedUnwind::is_under_way(self.node.addr().get()) => {
                Message::Throw(Error::panicking())
            }
            1 => self.switch_away(Suspension::GiveUp, stack_pointer()),
            left => {
                patience.set(left - 1);
                if left == PATIENCE && cfg!(panic = "unwind") {
                    panic::resume_unwind(Box::new(ForcedUnwind::begin(self.node.addr().get())))
                }
                Message::Throw(Error::panicking())
            }
        }
    }

    /// Runs `delegate` on this stack, linked so that a report of the chain shows it.
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
        let frame = Frame {
            name,
            called_at: node.location.get(),
            outer,
        };
        let frame = NonNull::from(&frame);
        node.frame.set(Some(frame));
        let _unlink = Unlink { node, frame, outer };
        delegate()
    }
}

/// Takes a frame off its body's list when the delegation is over.
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

/// Notes that a frame went away before those that were linked after it.
///
/// Only a delegation on the stack of another body can do so.
#[cold]
#[inline(never)]
fn tangle(tangled: &Cell<bool>) {
    tangled.set(true);
}

/// Returns where on its stack the caller is.
#[inline(always)]
fn stack_pointer() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let pointer: usize;
        // SAFETY: copies a register, and does nothing else.
        unsafe {
            std::arch::asm!("mov {}, rsp", out(reg) pointer, options(pure, nomem, nostack, preserves_flags));
        }
        pointer
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let local = 0u8;
        ptr::from_ref(std::hint::black_box(&local)).addr()
    }
}

/// What unwinds a body that refuses to end.
pub(super) struct ForcedUnwind {
    /// The node whose body was refused too often, if that is why. Not to be followed.
    refused: Option<usize>,
}

thread_local! {
    /// The nodes whose bodies were refused too often, while they are unwound for that.
    static REFUSED: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

impl ForcedUnwind {
    fn begin(node: usize) -> Self {
        let _ = REFUSED.try_with(|refused| refused.borrow_mut().push(node));
        Self {
            refused: Some(node),
        }
    }

    /// Returns whether the body of this node is unwound, and has not caught that.
    fn is_under_way(node: usize) -> bool {
        REFUSED.try_with(|refused| refused.borrow().contains(&node)) == Ok(true)
    }
}

impl Drop for ForcedUnwind {
    /// The unwinding is over: it was caught.
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
