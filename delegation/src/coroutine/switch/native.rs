//! A back end of this crate: a switch that the processor predicts.
//!
//! The code is the same in all directions. `Fiber::pointer` holds the stack pointer of the side that
//! does not run: of the body while it is suspended, and of the code that has resumed it while it runs.
//! A switch exchanges it with the stack pointer of the side that runs, and jumps to where the other
//! side stopped. A switch that *returned* there would cost more: the processor predicts a return by
//! the last call. That call was made on the other stack, so this return and the next one would be
//! mispredicted.
//!
//! A body can also hand over to another one: to a new delegate, or at its end to its delegator. The
//! other body then switches back to the code that has resumed this one.
//!
//! The assembly is inlined. It declares that it changes all registers, so the compiler saves those
//! that are in use around it, and no others. The assembly itself saves the two that it may not declare
//! (`rbx` and `rbp`, or `x19` and `x29`), and the address at which the side goes on. The files of the
//! processors say where. Control registers (`mxcsr`, `fpcr`, the rounding mode) belong to the thread,
//! as in corosensei.
//!
//! A fiber that was started and not resumed looks like a suspended one:
//!
//! ```text
//! base -  8   the address of the fiber: the anchor
//! base - 16   the argument of `Entry::enter`
//! below       what the first switch needs to enter `begin`, with 0 as its return address: there
//!             each backtrace ends
//! ```
//!
//! Nothing unwinds through a switch: [`Entry::enter`] catches all panics, and `begin` aborts the
//! process if one left it, because its ABI does not unwind.

#[cfg_attr(target_arch = "x86_64", path = "native/x86_64.rs")]
#[cfg_attr(target_arch = "aarch64", path = "native/aarch64.rs")]
mod processor;

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};

use processor::{BELOW_POINTER, FIRST_POINTER, prepare, switch};

use super::{Entry, Stop};
use crate::stack::Stack;

/// The distance from the base of a stack down to its anchor, and to the argument of `Entry::enter`.
const ANCHOR: usize = 8;
const ARGUMENT: usize = 16;

/// The first function on a stack.
type Begin = unsafe extern "C" fn(*const Fiber, usize) -> !;

/// What a side tells the other is the address of its fiber, and this bit if its body has ended.
const ENDED: usize = 1;

/// A stack on which a body runs, is suspended, or has ended; or none yet.
///
/// If this is dropped before [`take_stack`](Self::take_stack), the stack stays as it is for ever,
/// because live frames may be on it.
#[repr(C)]
pub(in super::super) struct Fiber {
    /// The stack pointer of the side that does not run.
    pointer: Cell<usize>,
    stack: Cell<Option<ManuallyDrop<Stack>>>,
}

impl Fiber {
    pub(in super::super) const fn new() -> Self {
        Self {
            pointer: Cell::new(0),
            stack: Cell::new(None),
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
        let base = stack.base().get();
        self.stack.set(Some(ManuallyDrop::new(stack)));
        // SAFETY: a new stack is mapped for at least a page below its base, and nothing uses it.
        unsafe {
            word(base - ANCHOR).write(self.address());
            word(base - ARGUMENT).write(entry.as_ptr().expose_provenance());
            prepare(base - FIRST_POINTER, begin::<E>);
        }
        self.pointer.set(base - FIRST_POINTER);
    }

    /// Runs the body until it suspends or ends, or another one to which it has handed over. Returns the
    /// fiber of the body that has switched back. If that is another one, this fiber may be gone.
    ///
    /// # Safety
    ///
    /// The fiber must have been started. It must be suspended, not running and not ended.
    #[inline(always)]
    pub(in super::super) unsafe fn resume(&self) -> (Stop, NonNull<Self>) {
        // SAFETY: the fiber is suspended, so its pointer is that of a side that was left; `self` is not
        // used after the switch.
        let told = unsafe { switch(&self.pointer, self.pointer.get(), self, 0) };
        let fiber = NonNull::new(ptr::with_exposed_provenance_mut(told & !ENDED));
        // SAFETY: `told` comes from `Anchor::suspend` or `begin`, which tell the address of a fiber.
        (stop(told), unsafe { fiber.unwrap_unchecked() })
    }

    /// Whether [`hand_over`](Self::hand_over) can be called.
    pub(in super::super) const HANDS_OVER: bool = true;

    /// Suspends the body, and runs that of `other` in its place. Returns when the body goes on: it says
    /// whether `other` has handed back at its end.
    ///
    /// # Safety
    ///
    /// The calling code must run on the stack of this fiber. `other` must have been started, and be
    /// suspended.
    #[inline(always)]
    pub(in super::super) unsafe fn hand_over(&self, other: &Self) -> Stop {
        // SAFETY: the caller's promise.
        stop(unsafe { self.replace(other, 0) })
    }

    /// Makes `other` run in place of this fiber, and switch back to where this one would have.
    ///
    /// # Safety
    ///
    /// As for [`hand_over`](Self::hand_over).
    #[inline(always)]
    unsafe fn replace(&self, other: &Self, told: usize) -> usize {
        let target = other.pointer.replace(self.pointer.get());
        // SAFETY: the caller promises that `other` is suspended, so `target` is a side that was left.
        unsafe { switch(&self.pointer, target, other, told) }
    }

    /// Returns the address. `start` has exposed the memory of the whole generator, of which the fiber is
    /// a part.
    #[inline(always)]
    fn address(&self) -> usize {
        ptr::from_ref(self).expose_provenance()
    }

    /// Takes the stack of a body that has ended.
    ///
    /// # Safety
    ///
    /// The body must have ended, and switched away for the last time.
    pub(in super::super) unsafe fn take_stack(&self) -> Option<Stack> {
        self.stack.take().map(ManuallyDrop::into_inner)
    }

    /// Returns the lowest address that a resume of the suspended body reads.
    #[inline(always)]
    pub(in super::super) fn top(&self) -> usize {
        self.pointer.get().wrapping_sub(BELOW_POINTER)
    }
}

/// The first function on a stack. The first switch jumps here, and passes the fiber.
unsafe extern "C" fn begin<E: Entry>(fiber: *const Fiber, _told: usize) -> ! {
    // SAFETY: the fiber does not move and outlives its body.
    let fiber = unsafe { &*fiber };
    // SAFETY: the fiber has the stack that `start` has put there, and it is only read here.
    let stack = unsafe { &*fiber.stack.as_ptr() };
    let base = stack.as_ref().map_or(0, |stack| stack.base().get());
    // SAFETY: `start` has written the words, and only frames below them were made since.
    let argument = unsafe { word(base - ARGUMENT).read() };
    let entry = NonNull::new(ptr::with_exposed_provenance_mut(argument));
    // SAFETY: it is the pointer of `start`, which is not null, and this is its stack.
    let next = unsafe { E::enter(entry.unwrap_unchecked(), Anchor(base - ANCHOR)) };
    let told = fiber.address() | ENDED;
    match next {
        // SAFETY: this body runs, and `enter` returns the fiber of one that is suspended.
        Some(next) => unsafe { fiber.replace(next.as_ref(), told) },
        // SAFETY: the code that has resumed this body is suspended in `resume`.
        None => unsafe { switch(&fiber.pointer, fiber.pointer.get(), fiber, told) },
    };
    unreachable!("a body that has ended is not resumed")
}

fn stop(told: usize) -> Stop {
    if told & ENDED == 0 {
        Stop::Suspended
    } else {
        Stop::Ended
    }
}

fn word(address: usize) -> *mut usize {
    ptr::with_exposed_provenance_mut(address)
}

/// The place near the base of a stack that names its fiber, by its address.
#[derive(Clone, Copy)]
pub(in super::super) struct Anchor(usize);

impl Anchor {
    #[inline(always)]
    pub(in super::super) fn addr(self) -> usize {
        self.0
    }

    /// Suspends the body. `here` is about the stack pointer. Returns when the body goes on: it says
    /// whether its delegate has handed over to it at its end.
    ///
    /// # Safety
    ///
    /// The calling code must run on the stack of `fiber`, to which this anchor belongs, or on a stack
    /// that code on that stack has resumed, directly or through others.
    #[inline(always)]
    pub(in super::super) unsafe fn suspend(self, fiber: &Fiber, _here: usize) -> Stop {
        // SAFETY: the body runs, so the code that has resumed it is suspended in `resume`.
        let told = unsafe { switch(&fiber.pointer, fiber.pointer.get(), fiber, fiber.address()) };
        stop(told)
    }

    /// Returns the stack pointer of the code that has resumed the stack with the anchor at `addr`.
    ///
    /// # Safety
    ///
    /// `addr` must be the address of the anchor of a stack whose fiber was resumed and has not come
    /// back.
    pub(in super::super) unsafe fn resumer(addr: usize) -> usize {
        // SAFETY: `start` has written the address of a fiber there, which is alive while it runs.
        let fiber = unsafe { &*ptr::with_exposed_provenance::<Fiber>(word(addr).read()) };
        fiber.pointer.get()
    }
}
