//! The switch for 64-bit ARM.
//!
//! At the stack pointer of a suspended side lie four words. Linux has no red zone there, so the
//! switch makes room for them:
//!
//! ```text
//! pointer + 24   the link register
//! pointer + 16   the address at which the side goes on
//! pointer +  8   x19
//! pointer        x29
//! ```

use std::arch::asm;
use std::cell::Cell;

use super::{Begin, Fiber, word};

/// The number of bytes that a switch uses below the stack pointer.
pub(super) const BELOW_POINTER: usize = 0;

/// The distance from the base of a stack down to the stack pointer at the first switch. The four
/// words above it are free again when the first function is entered.
pub(super) const FIRST_POINTER: usize = 48;

/// Leaves the stack pointer of this side in `own`, and switches to the side with the stack pointer
/// `target`. Returns what the side tells that switches back.
///
/// The other side gets `fiber` and `told`. For the first switch, these are the arguments of its first
/// function.
///
/// # Safety
///
/// `target` must be the stack pointer of a side that [`prepare`] or this function has left, and that
/// nothing has resumed since.
#[inline(always)]
pub(super) unsafe fn switch(
    own: *const Cell<usize>,
    target: usize,
    fiber: *const Fiber,
    told: usize,
) -> usize {
    let received;
    // SAFETY: the caller promises that the other side has left its four words. This side leaves its
    // own, so that it finds all that the compiler relies on when it goes on at label 2: its stack
    // pointer and the two registers. All other registers are declared to change.
    unsafe {
        asm!(
            // Note where this side goes on, and the registers that cannot be declared.
            "adr x9, 2f",
            "stp x29, x19, [sp, #-32]!",
            "stp x9, x30, [sp, #16]",
            "mov x10, sp",
            "str x10, [x2]",
            // Take those of the other side, and go on there. `fiber` and `told` stay in x0 and x1. At
            // the first switch, the link register is the return address of the first function.
            "mov sp, x3",
            "ldp x9, x30, [sp, #16]",
            "ldp x29, x19, [sp], #32",
            "br x9",
            "2:",
            in("x2") own,
            in("x3") target,
            inout("x0") fiber => _,
            inout("x1") told => received,
            out("x20") _, out("x21") _, out("x22") _, out("x23") _, out("x24") _,
            out("x25") _, out("x26") _, out("x27") _, out("x28") _,
            out("v8") _, out("v9") _, out("v10") _, out("v11") _,
            out("v12") _, out("v13") _, out("v14") _, out("v15") _,
            clobber_abi("C"),
        );
    }
    received
}

/// Prepares a stack so that the first switch to `pointer` enters `begin` as a call would.
///
/// # Safety
///
/// The words at `pointer` and above it must be writable, and not used by anything else.
#[inline(always)]
pub(super) unsafe fn prepare(pointer: usize, begin: Begin) {
    // SAFETY: the caller promises that the words are free.
    unsafe {
        word(pointer).write(0);
        word(pointer + 8).write(0);
        word(pointer + 16).write(begin as *const () as usize);
        word(pointer + 24).write(0);
    }
}
