//! `Owner`: the generator that a stack belongs to, as its slot notes it.

use std::cell::Cell;

use crate::label::Label;
use crate::status::Status;

/// The generator that a stack belongs to.
///
/// Both pointers are valid while the stack is in use: a generator gives its stack back before it is
/// freed, or is leaked together with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner {
    pub(super) label: *const Label,
    pub(super) status: *const Cell<Status>,
}

impl Owner {
    /// Returns the owner with this label and this status.
    ///
    /// # Safety
    ///
    /// Both must be parts of one object, with the status before the label. Each pointer must give
    /// access to the whole object. They must stay valid while the stack is in use.
    pub(crate) unsafe fn new(label: *const Label, status: *const Cell<Status>) -> Self {
        Self { label, status }
    }

    /// Gives the generator up if it is suspended: it is never resumed again.
    ///
    /// # Safety
    ///
    /// The stack must be in use by a generator of the calling thread.
    pub(super) unsafe fn give_up(self) {
        // SAFETY: the caller promises that the stack is in use, so the generator is alive.
        let status = unsafe { &*self.status };
        if matches!(status.get(), Status::Suspended | Status::Delegating) {
            status.set(Status::GivenUp);
        }
    }
}

/// The size of a stack, in 32 bits: exact below 2 GiB, and in steps of 64 KiB above.
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
