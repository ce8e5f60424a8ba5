//! One coroutine: a body on a stack of its own, and the switch to it and back.
//!
//! A [`Node`] is the part of a generator that chains deal with, and does not depend on the result
//! type. [`Shared`] adds the body and its result. The module [`switch`] has the switch itself.
//! Nodes are counted and never move. Their fields are cells, so shared references to them suffice.
//! The module [`links`] holds the references from node to node, except `leaf`.
#![allow(unsafe_code, reason = "switches stacks")]

mod body;
mod links;
mod memory;
mod message;
mod suspender;
mod switch;

use std::cell::{Cell, UnsafeCell};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::thread;

pub(crate) use body::Shared;
pub(crate) use message::{End, Message, Resumed};
pub(crate) use suspender::{Suspender, unwind};

use links::Links;
use message::Suspension;
use suspender::ForcedUnwind;
use switch::{Anchor, Entry, Fiber, Stop};

use crate::error::{Error, Result};
use crate::label::Label;
use crate::stack::{Owner, Stack, StackSize, prefetch};
use crate::status::Status;

/// The value that crosses in a switch: a message into the body, and a suspension or the end out of
/// it.
union Mail<Y, S> {
    message: ManuallyDrop<Message<S>>,
    suspension: ManuallyDrop<Suspension<Y, S>>,
    end: ManuallyDrop<End>,
}

/// The number of refused suspensions after which a body is unwound. After the same number again it
/// is given up. This concerns only bodies that are resumed while their thread panics.
const PATIENCE: u16 = 10_000;

/// A delegation that runs on the stack of its delegator. Frames form a list, from inner to outer.
pub(crate) struct Frame {
    pub(crate) name: &'static str,
    pub(crate) called_at: &'static Location<'static>,
    pub(crate) outer: Option<NonNull<Frame>>,
}

const _: () = assert!(
    std::mem::offset_of!(Node<(), ()>, fiber) == 0,
    "a pointer to a fiber is one to its node"
);

/// The node whose body has come back from a switch, and the reason.
pub(crate) type ComeBack<'a, Y, S> = (&'a Node<Y, S>, Resumed<'a, Y, S>);

/// The part of a generator that does not depend on the types of its body and result.
// The fields that a resume reads lie together, in few cache lines: from the stack pointer, which
// the fiber of corosensei has at its end, to the mail.
#[repr(C)]
pub(crate) struct Node<Y, S> {
    fiber: Fiber,
    /// The innermost node of the chain, which an operation on this generator resumes, if it is
    /// known.
    leaf: Cell<Option<NonNull<Self>>>,
    status: Cell<Status>,
    /// True if `frame` may point to a stack that is gone.
    tangled: Cell<bool>,
    /// The number of suspensions that this body may still try in vain before it is given up. After
    /// half of them it is unwound. 0 means without limit: the thread did not panic when the body
    /// was resumed.
    patience: Cell<u16>,
    /// The number of references, see [`Shared`].
    handles: Cell<u32>,
    /// The place in the source where the body is suspended.
    location: Cell<&'static Location<'static>>,
    /// What the body is resumed with, or what it suspends or ends with. The side that goes on takes it
    /// first.
    mail: UnsafeCell<MaybeUninit<Mail<Y, S>>>,
    frame: Cell<Option<NonNull<Frame>>>,
    links: Links<Y, S>,
    label: Label,
}

impl<Y: 'static, S: 'static> Node<Y, S> {
    fn new(label: Label) -> Self {
        Self {
            leaf: Cell::new(None),
            status: Cell::new(Status::Created),
            tangled: Cell::new(false),
            patience: Cell::new(0),
            location: label.made_at.clone(),
            mail: UnsafeCell::new(MaybeUninit::uninit()),
            fiber: Fiber::new(),
            frame: Cell::new(None),
            handles: Cell::new(1),
            links: Links::new(),
            label,
        }
    }

    #[inline(always)]
    pub(crate) fn status(&self) -> Status {
        self.status.get()
    }

    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    pub(crate) fn set_made_at(&self, place: &'static Location<'static>) {
        self.label.made_at.set(place);
        if self.status() == Status::Created {
            self.location.set(place);
        }
    }

    pub(crate) fn location(&self) -> &'static Location<'static> {
        self.location.get()
    }

    /// Marks a running body as suspended in a delegation to another generator.
    #[inline]
    pub(crate) fn set_delegating(&self) {
        debug_assert_eq!(self.status(), Status::Running);
        self.status.set(Status::Delegating);
    }

    /// Runs the body with `message` until it suspends or ends. Bodies may hand over to each other
    /// meanwhile, so this returns the node whose body has come back.
    ///
    /// # Panics
    ///
    /// Panics if the body is not suspended.
    #[inline(always)]
    pub(crate) fn switch(&self, message: Message<S>) -> ComeBack<'_, Y, S> {
        let patience = if thread::panicking() { 2 * PATIENCE } else { 0 };
        self.patience.set(patience);
        self.switch_calmly(message)
    }

    /// Does the same as [`switch`](Self::switch), for a thread that is not panicking.
    ///
    /// If the body delegates, its status stays Running, because the delegation has not begun yet.
    #[inline(always)]
    pub(crate) fn switch_calmly(&self, message: Message<S>) -> ComeBack<'_, Y, S> {
        let status = self.status.get();
        assert!(
            matches!(status, Status::Suspended | Status::Delegating),
            "resumed while {status:?}"
        );
        self.status.set(Status::Running);
        self.leave_mail(Mail {
            message: ManuallyDrop::new(message),
        });
        // SAFETY: the status was Suspended or Delegating, which it is only after `start` and before
        // `end`, while the fiber is suspended.
        let (stop, fiber) = unsafe { self.fiber.resume() };
        // From here on `self` may be gone: its delegator may have gone on, and dropped it.
        // SAFETY: a fiber is the first field of its node, and bodies hand over to those with the same
        // types only; this one has run until now, so rule 4 of `links` has kept its node alive.
        let node = unsafe { fiber.cast::<Self>().as_ref() };
        if stop == Stop::Ended {
            return (node, Resumed::Ended(node.end()));
        }
        // SAFETY: a body leaves a suspension before it switches away, and only this line takes it.
        let resumed = match unsafe { node.take_suspension() } {
            Suspension::Value(value) => {
                node.status.set(Status::Suspended);
                Resumed::Value(value)
            }
            Suspension::Delegate(delegate, none) => {
                // SAFETY: rule 1 of `links`: the body is suspended in the `yield_from` that was given
                // the delegate.
                Resumed::Delegate(unsafe { delegate.as_ref() }, none)
            }
            Suspension::GiveUp => {
                node.status.set(Status::GivenUp);
                Resumed::Ended(End::Raised(Error::panicking()))
            }
        };
        (node, resumed)
    }

    /// Ends the delegation to a body that has ended, if its delegator can go on at once. Returns the fiber
    /// of the delegator, which counts as running now.
    #[inline(always)]
    fn hand_back(&self) -> Option<NonNull<Fiber>> {
        if !Fiber::HANDS_OVER || thread::panicking() {
            return None;
        }
        let up = self.leave_directly()?;
        up.status.set(Status::Running);
        Some(NonNull::from(&up.fiber))
    }

    /// Returns the end of a body that fails with this error, which leaves it.
    #[inline(always)]
    fn fail(&self, error: Error) -> End {
        End::Raised(if error.is_traced() {
            self.trace(error)
        } else {
            error
        })
    }

    /// Adds the body to the traceback of an error that leaves it, and the line of the delegator to which it
    /// comes.
    #[cold]
    #[inline(never)]
    fn trace(&self, error: Error) -> Error {
        let mut error = error.leaving_body();
        error.leave(self.label.name.short(), self.location());
        error.come_to(self.up().map(Self::location));
        error
    }

    /// Gives back the stack of a body that has ended, and returns its end.
    #[inline(never)]
    fn end(&self) -> End {
        self.status.set(Status::Closed);
        self.frame.set(None);
        // SAFETY: the body has ended.
        drop(unsafe { self.fiber.take_stack() });
        // SAFETY: a body leaves its end before it switches away for the last time.
        unsafe { ManuallyDrop::into_inner((*self.mail.get()).assume_init_read().end) }
    }

    /// Takes a stack, on which `switch` will run `entry`.
    ///
    /// # Safety
    ///
    /// `entry` must stay valid until the body has ended.
    unsafe fn start<E: Entry + 'static>(
        &self,
        stack_size: StackSize,
        entry: NonNull<E>,
    ) -> Result<()> {
        debug_assert_eq!(self.status(), Status::Created);
        let node = ptr::from_ref(self);
        // SAFETY: the pointer comes from `self`, and the fields are not read here.
        let owner = unsafe { Owner::new(&raw const (*node).label, &raw const (*node).status) };
        let stack = Stack::acquire(stack_size, owner)?;
        // SAFETY: the status is Created, so the fiber has no stack; nodes never move; the rest is the
        // caller's promise.
        unsafe { self.fiber.start(stack, entry) };
        self.status.set(Status::Suspended);
        Ok(())
    }

    /// Leaves the mail that the other side takes.
    #[inline(always)]
    fn leave_mail(&self, mail: Mail<Y, S>) {
        // SAFETY: nothing has a reference into the cell, because taking moves the content out.
        unsafe { (*self.mail.get()).write(mail) };
    }

    /// Takes the message that the body was resumed with.
    ///
    /// # Safety
    ///
    /// Only the body may call this, once after each resume that has left a message.
    #[inline(always)]
    unsafe fn take_message(&self) -> Message<S> {
        // SAFETY: the side that resumes has left a message, and nothing else takes it.
        unsafe { ManuallyDrop::into_inner((*self.mail.get()).assume_init_read().message) }
    }

    /// Takes the suspension that the body has left.
    ///
    /// # Safety
    ///
    /// Only the side to which the body has switched back may call this, once after it has suspended.
    #[inline(always)]
    unsafe fn take_suspension(&self) -> Suspension<Y, S> {
        // SAFETY: the body has left a suspension, and nothing else takes it.
        unsafe { ManuallyDrop::into_inner((*self.mail.get()).assume_init_read().suspension) }
    }

    /// Calls `visit` with each delegation on this body's own stack, the innermost first.
    ///
    /// If frames once ended in the wrong order, it visits none. Code on another stack can cause
    /// that, when it delegates by the `Co` of this body.
    pub(crate) fn for_each_frame(&self, mut visit: impl FnMut(&Frame)) {
        if self.tangled.get() {
            return;
        }
        let mut next = self.frame.get();
        while let Some(frame) = next {
            // SAFETY: the guard in `Suspender::on_same_stack` unlinks each frame before it ends,
            // and in order, because nothing is tangled; so a linked frame is alive, on the stack of
            // this body or of another body that has not ended.
            let frame = unsafe { frame.as_ref() };
            visit(frame);
            next = frame.outer;
        }
    }

    /// Fetches the part of the stack that a resume will touch into the cache.
    #[inline]
    pub(crate) fn prefetch(&self) {
        let top: *const u8 = ptr::without_provenance(self.fiber.top());
        for line in 0..crate::stack::PREFETCHED_LINES {
            prefetch(top.wrapping_add(64 * line));
        }
    }
}

impl<Y, S> Drop for Node<Y, S> {
    fn drop(&mut self) {
        self.detach();
    }
}
