//! Whose a stack is: what its slot notes of the generator, for others than that generator.

use std::cell::Cell;

use crate::label::Label;
use crate::status::Status;

/// The generator that a stack belongs to.
///
/// Both pointers are good for as long as the stack is in use: a generator gives its stack back
/// before it dies, or is leaked together with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(super) label: *const Label,
    pub(super) status: *const Cell<Status>,
}

impl Owner {
    /// Names the generator with this label and this status.
    ///
    /// # Safety
    ///
    /// Both must be parts of one object, the status before the label, to which either pointer
    /// gives access as a whole; and stay there for as long as the stack is in use.
    pub(crate) unsafe fn new(label: *const Label, status: *const Cell<Status>) -> Self {
        Self { label, status }
    }

    /// Has nobody resume the generator any more, if it is suspended.
    ///
    /// # Safety
    ///
    /// The stack must be in use, by a generator of the calling thread.
    pub(super) unsafe fn give_up(self) {
        // SAFETY: by the caller's promise the generator is alive.
        let status = unsafe { &*self.status };
        if matches!(status.get(), Status::Suspended | Status::Delegating) {
            status.set(Status::GivenUp);
        }
    }
}

/// A stack's size in 32 bits: exact below 2 GiB, and in steps of 64 KiB above.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackSize(u32);

impl StackSize {
    const LARGE: u32 = 1 << 31;
    const STEP: usize = 1 << 16;

    pub(crate) fn new(bytes: usize) -> Self {
        Self(match u32::try_from(bytes) {
            Ok(exact) if exact < Self::LARGE => exact,
            _ => {
                let steps = u32::try_from(bytes.div_ceil(Self::STEP)).unwrap_or(u32::MAX);
                steps | Self::LARGE
            }
        })
    }

    pub(crate) fn bytes(self) -> usize {
        if self.0 < Self::LARGE {
            self.0 as usize
        } else {
            (self.0 - Self::LARGE) as usize * Self::STEP
        }
    }
}
