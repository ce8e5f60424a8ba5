//! The switch for x86-64.
//!
//! Below the stack pointer of a suspended side lie three words. They stand in the red zone, which
//! the compiler leaves free around the assembly, and which signal handlers do not touch:
//!
//! ```text
//! pointer -  8   rbp
//! pointer - 16   rbx
//! pointer - 24   the address at which the side goes on
//! ```

use std::arch::asm;
use std::cell::Cell;

use super::{Begin, Fiber, word};

/// The number of bytes that a switch uses below the stack pointer.
pub(super) const BELOW_POINTER: usize = 24;

/// The distance from the base of a stack down to the stack pointer at the first switch. A function is
/// entered with a stack pointer that is 8 above a multiple of 16.
pub(super) const FIRST_POINTER: usize = 24;

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
    // SAFETY: the caller promises that the other side has left its three words. This side leaves its
    // own, so that it finds all that the compiler relies on when it goes on at label 2: its stack
    // pointer and the two registers. All other registers are declared to change.
    unsafe {
        asm!(
            // Note where this side goes on, and the registers that cannot be declared.
            "lea rax, [rip + 2f]",
            "mov [rsp - 8], rbp",
            "mov [rsp - 16], rbx",
            "mov [rsp - 24], rax",
            "mov [rdx], rsp",
            // Take those of the other side, and go on there. `fiber` and `told` stay in rdi and rsi.
            "mov rsp, rcx",
            "mov rbp, [rcx - 8]",
            "mov rbx, [rcx - 16]",
            "jmp qword ptr [rcx - 24]",
            "2:",
            in("rdx") own,
            in("rcx") target,
            inout("rdi") fiber => _,
            inout("rsi") told => received,
            out("r12") _, out("r13") _, out("r14") _, out("r15") _,
            clobber_abi("sysv64"),
        );
    }
    received
}

/// Prepares a stack so that the first switch to `pointer` enters `begin` as a call would.
///
/// # Safety
///
/// The words at `pointer` and below it must be writable, and not used by anything else.
#[inline(always)]
pub(super) unsafe fn prepare(pointer: usize, begin: Begin) {
    // SAFETY: the caller promises that the words are free.
    unsafe {
        word(pointer).write(0);
        word(pointer - 8).write(0);
        word(pointer - 16).write(0);
        word(pointer - 24).write(begin as *const () as usize);
    }
}
