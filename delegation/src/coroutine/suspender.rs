//! The body's end of the switch.
//!
//! A body may not suspend while a panic unwinds its thread. If it is its own panic, the thread's
//! panic count would travel with whoever runs next, and stay wrong for ever. The standard library
//! tells whether a thread panics, not how often, so a body that was resumed by a destructor
//! during another panic is refused as well. It gets an error each time. One that goes on
//! regardless, [`PATIENCE`] times, is unwound. One that catches that, and goes on as often again,
//! is given up. Otherwise the destructor that drives it would never return.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{self, Location};
use std::ptr::NonNull;
use std::thread;

use super::{Event, Frame, Mail, Message, Node, PATIENCE, Shared, Switch};
use crate::error::{Error, Result};
use crate::status::Status;

/// The body's end of the switch.
pub(crate) struct Suspender<Y, S> {
    switch: NonNull<Switch>,
    node: NonNull<Node<Y, S>>,
}

impl<Y: 'static, S: 'static> Suspender<Y, S> {
    pub(super) fn new(switch: &Switch, node: &Node<Y, S>) -> Self {
        Self {
            switch: NonNull::from(switch),
            node: NonNull::from(node),
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
        self.switch(Event::Value(value))
    }

    /// Suspends the body until `delegate` has ended or cannot be entered.
    ///
    /// `none` is what the delegate is entered with.
    #[inline(always)]
    pub(crate) fn delegate<R: 'static>(&self, delegate: &Shared<Y, S, R>, none: S) -> Message<S> {
        // The borrow keeps the delegate alive while this frame exists: rule 1 of `links`.
        self.switch(Event::Delegate(NonNull::from(delegate.node()), none))
    }

    #[inline(always)]
    fn switch(&self, event: Event<Y, S>) -> Message<S> {
        if !self.is_running() || thread::panicking() {
            return self.refuse(event);
        }
        self.switch_away(event)
    }

    /// Returns whether the body runs, on the processor or below what does.
    ///
    /// Code that is not the body's can get at its `Co`, through a scoped thread local. Only while
    /// the body runs does everything that runs stand on top of it, so that its switch suspends
    /// all of that as one.
    #[inline(always)]
    fn is_running(&self) -> bool {
        self.node().status() == Status::Running
    }

    #[inline(always)]
    fn switch_away(&self, event: Event<Y, S>) -> Message<S> {
        self.node().leave_mail(Mail {
            event: ManuallyDrop::new(event),
        });
        self.note_context();
        // SAFETY: corosensei's yielder lies at the base of this body's stack, below which we run.
        unsafe { self.switch.as_ref() }.suspend(());
        // SAFETY: this is the one place after a resume.
        unsafe { self.node().take_message() }
    }

    /// Notes where on its stack the body is, for [`Node::prefetch`].
    #[inline(always)]
    fn note_context(&self) {
        #[cfg(target_arch = "x86_64")]
        {
            let pointer: usize;
            // SAFETY: copies a register, and does nothing else.
            unsafe {
                std::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
            }
            self.node().context.set(pointer);
        }
    }

    /// Answers a suspension that cannot be granted.
    #[cold]
    #[inline(never)]
    fn refuse(&self, event: Event<Y, S>) -> Message<S> {
        drop(event);
        if !self.is_running() {
            return Message::Throw(Error::not_running());
        }
        let patience = &self.node().patience;
        match patience.get() {
            0 => Message::Throw(Error::panicking()),
            1 => self.switch_away(Event::GiveUp),
            left => {
                patience.set(left - 1);
                if left == PATIENCE && cfg!(panic = "unwind") {
                    unwind()
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
        if !self.is_running() {
            return Err(Error::not_running());
        }
        struct Unlink<'a>(&'a Cell<Option<NonNull<Frame>>>, Option<NonNull<Frame>>);
        impl Drop for Unlink<'_> {
            #[inline(always)]
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let node = self.node();
        let outer = node.frame.get();
        let frame = Frame {
            name,
            called_at: node.location.get(),
            outer,
        };
        node.frame.set(Some(NonNull::from(&frame)));
        let _unlink = Unlink(&node.frame, outer);
        delegate()
    }
}

/// What unwinds a body that refuses to end.
pub(super) struct ForcedUnwind;

/// Unwinds the body from here, without a message on standard error.
#[cold]
pub(crate) fn unwind() -> ! {
    panic::resume_unwind(Box::new(ForcedUnwind))
}
