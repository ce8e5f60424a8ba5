//! The back end of the crate `corosensei`.

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use corosensei::{Coroutine, CoroutineResult, Yielder};

use super::{Entry, Stop};
use crate::stack::{PREFETCHED_LINES, Stack};

/// A coroutine of corosensei. Its result is that of [`Entry::enter`], always none, and nobody looks at
/// it. But if it had no result, the compiler would not inline the root of a body, which catches panics, and the processor
/// would mispredict every return above: a short life would take almost twice the time.
type Switchable = Coroutine<(), (), Option<NonNull<Fiber>>, Stack>;

/// The number of bytes that a switch uses below the noted stack pointer.
const BELOW_POINTER: usize = 32;

/// A stack on which a body runs, is suspended, or has ended; or none yet.
///
/// If this is dropped before [`take_stack`](Self::take_stack), the stack stays as it is for ever,
/// because live frames may be on it.
pub(in super::super) struct Fiber {
    // The stack pointer stands at the end of corosensei's struct. So it is near to the fields that
    // follow the fiber in a node.
    coroutine: UnsafeCell<Option<ManuallyDrop<Switchable>>>,
    /// The stack pointer of the suspended body, for `prefetch`.
    pointer: Cell<usize>,
}

impl Fiber {
    pub(in super::super) const fn new() -> Self {
        Self {
            coroutine: UnsafeCell::new(None),
            pointer: Cell::new(0),
        }
    }

    /// Prepares `stack`, so that the first resume runs `entry` on it.
    ///
    /// # Safety
    ///
    /// The fiber must have no stack, and must not move from now on. `entry` must stay valid until the
    /// fiber has ended.
    #[inline(always)]
    pub(in super::super) unsafe fn start<E: Entry + 'static>(
        &self,
        stack: Stack,
        entry: NonNull<E>,
    ) {
        let top = stack.base().get() - 64 * (PREFETCHED_LINES - 1);
        self.pointer.set(top + BELOW_POINTER);
        let coroutine = Coroutine::with_stack(stack, move |yielder, ()| {
            // SAFETY: `entry` is the pointer of `start`, and the yielder is that of this stack.
            unsafe { E::enter(entry, Anchor(NonNull::from(yielder))) }
        });
        // SAFETY: the fiber has no stack yet, so nothing refers to the content of the cell.
        unsafe { *self.coroutine.get() = Some(ManuallyDrop::new(coroutine)) };
    }

    /// Runs the body until it suspends or ends. Returns its own fiber, because no body hands over.
    ///
    /// # Safety
    ///
    /// The fiber must have been started. It must be suspended, not running and not ended.
    #[inline(always)]
    pub(in super::super) unsafe fn resume(&self) -> (Stop, NonNull<Self>) {
        // SAFETY: other functions touch the cell only before the start and after the end, and the
        // caller promises that no other resume is under way.
        let coroutine = unsafe { &mut *self.coroutine.get() };
        // SAFETY: the caller promises that `start` has filled the cell.
        let coroutine = unsafe { coroutine.as_mut().unwrap_unchecked() };
        let stop = match coroutine.resume(()) {
            CoroutineResult::Yield(()) => Stop::Suspended,
            CoroutineResult::Return(_) => Stop::Ended,
        };
        (stop, NonNull::from(self))
    }

    /// Whether [`hand_over`](Self::hand_over) can be called.
    pub(in super::super) const HANDS_OVER: bool = false;

    /// Is not called. corosensei switches back only to the code that has resumed a stack.
    ///
    /// # Safety
    ///
    /// It must not be called.
    pub(in super::super) unsafe fn hand_over(&self, _other: &Self) -> Stop {
        unreachable!("bodies do not hand over to each other")
    }

    /// Takes the stack of a body that has ended.
    ///
    /// # Safety
    ///
    /// The body must have ended, and switched away for the last time.
    pub(in super::super) unsafe fn take_stack(&self) -> Option<Stack> {
        // SAFETY: `resume` has come back for the last time, so nothing else refers to the content of
        // the cell.
        let ended = unsafe { (*self.coroutine.get()).take() };
        ended.map(|ended| ManuallyDrop::into_inner(ended).into_stack())
    }

    /// Returns the lowest address that a resume of the suspended body reads.
    #[inline(always)]
    pub(in super::super) fn top(&self) -> usize {
        self.pointer.get().wrapping_sub(BELOW_POINTER)
    }
}

/// The place near the base of a stack by which its body switches away: corosensei's yielder.
#[derive(Clone, Copy)]
pub(in super::super) struct Anchor(NonNull<Yielder<(), ()>>);

impl Anchor {
    #[inline(always)]
    pub(in super::super) fn addr(self) -> usize {
        self.0.addr().get()
    }

    /// Suspends the body. `here` is about the stack pointer. Returns when the body goes on.
    ///
    /// # Safety
    ///
    /// The calling code must run on the stack of `fiber`, to which this anchor belongs, or on a stack
    /// that code on that stack has resumed, directly or through others.
    #[inline(always)]
    pub(in super::super) unsafe fn suspend(self, fiber: &Fiber, here: usize) -> Stop {
        fiber.pointer.set(here);
        // SAFETY: the yielder lies at the base of the stack of the fiber, where a frame is live.
        unsafe { self.0.as_ref() }.suspend(());
        Stop::Suspended
    }

    /// Returns the stack pointer of the code that has resumed the stack with the anchor at `addr`.
    ///
    /// # Safety
    ///
    /// `addr` must be the address of the anchor of a stack whose fiber was resumed and has not come
    /// back.
    pub(in super::super) unsafe fn resumer(addr: usize) -> usize {
        // SAFETY: the first word of a yielder is that stack pointer.
        unsafe { ptr::with_exposed_provenance::<usize>(addr).read() }
    }
}
