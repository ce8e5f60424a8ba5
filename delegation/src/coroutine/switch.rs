//! The switch between two stacks: one face for two back ends.
//!
//! [`Fiber`] is the side that resumes a body, and [`Anchor`] is the side of the body. Neither carries
//! a value. The code that resumes a body leaves it in the mail of the body's node, and a body leaves it
//! in the mail of its own node. A value of several words would be copied on its way through a back end. And a read, in
//! one piece, of what was written in two a moment ago stalls the processor for longer than the switch
//! takes.
//!
//! The crate `corosensei` is the back end on every processor. With the feature `native-switch`, this
//! crate's own takes its place where there is one. Neither keeps the registers of Intel's APX, which
//! the compiler uses only if it is told that the processor has them.

#[cfg_attr(
    all(
        feature = "native-switch",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    path = "switch/native.rs"
)]
#[cfg_attr(
    not(all(
        feature = "native-switch",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    path = "switch/corosensei.rs"
)]
mod back_end;

use std::ptr::NonNull;

pub(super) use back_end::{Anchor, Fiber};

/// The code that runs on a stack of its own.
pub(super) trait Entry {
    /// Runs from the first resume of a fiber to its end. It must not unwind. Returns a suspended fiber
    /// to hand over to, or none for the code that has resumed this one.
    ///
    /// # Safety
    ///
    /// `this` must be the pointer that the fiber was started with. `anchor` must be that of the stack
    /// on which this runs.
    unsafe fn enter(this: NonNull<Self>, anchor: Anchor) -> Option<NonNull<Fiber>>;
}

/// The reason why a resume comes back, or a suspension.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The other side has switched here, and is suspended.
    Suspended,
    /// [`Entry::enter`] has returned: the body that has switched here has ended.
    Ended,
}
