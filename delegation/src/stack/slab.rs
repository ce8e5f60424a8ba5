//! Slabs: mappings of address space, and the layout of a slot.
//!
//! ```text
//! limit                                                        limit + size
//! | guard page |            stack, growing down       <- base | head | colour |
//! ```
//!
//! The head takes two words above the base. It notes the owner of the slot, for the report of an
//! overflow, and shares a cache line with data that a switch touches. The colour is a gap of 0 to
//! 31 cache lines. Without it, the busiest lines of all stacks would compete for a few sets of the
//! cache.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use corosensei::stack::{STACK_ALIGNMENT, StackPointer};

use super::owner::{Owner, StackSize};
use super::{PREFETCHED_LINES, fetch};
use crate::error::{Error, Result};
use crate::label::Label;

/// The smallest size of a stack in bytes, with the guard page: 16 KiB, or two pages where pages are
/// larger than 8 KiB. It is enough for small bodies that neither print nor panic.
pub const MIN_SIZE: usize = 16 << 10;

/// The largest size of a stack. No address space has room for a larger one.
pub(super) const MAX_SIZE: usize = if usize::BITS == 64 { 1 << 46 } else { 1 << 30 };

const COLOUR_BITS: u32 = 5;
const FIBONACCI: usize = 0x9E37_79B9_7F4A_7C15_u64 as usize;
const CACHE_LINE: usize = 64;

/// No system has smaller pages.
const SMALLEST_PAGE: usize = 4096;
const _: () = assert!(
    (CACHE_LINE << COLOUR_BITS) + STACK_ALIGNMENT <= SMALLEST_PAGE,
    "head and colour are in the last page"
);

/// Returns the size of a page.
#[inline]
pub(super) fn page_size() -> usize {
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    match SIZE.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: sysconf has no preconditions.
            let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            let size = usize::try_from(size).expect("the system knows the size of its pages");
            SIZE.store(size, Ordering::Relaxed);
            size
        }
        size => size,
    }
}

/// Returns the size of a slot for a stack of this size, or an error if the size is not allowed.
pub(super) fn checked_size(size: usize) -> Result<usize> {
    let page = page_size();
    let smallest = MIN_SIZE.max(2 * page);
    if (smallest..=MAX_SIZE).contains(&size) {
        return Ok(slot_size(size));
    }
    let largest = MAX_SIZE;
    Err(Error::stack(format!(
        "can't make a stack of {size} bytes: set a stack size from {smallest} to {largest} bytes"
    )))
}

/// A mapping that is cut into slots.
#[derive(Debug)]
pub(super) struct Slab {
    pub(super) start: usize,
    pub(super) slots: usize,
    pub(super) slot_size: usize,
}

impl Slab {
    /// Maps address space for `slots` slots of `slot_size` bytes.
    pub(super) fn map(slots: usize, slot_size: usize) -> io::Result<Self> {
        let len = slots
            .checked_mul(slot_size)
            .ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        #[cfg(target_os = "linux")]
        // Since Linux 6.7, this says that there are to be no huge pages.
        let flags = flags | libc::MAP_STACK;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new anonymous mapping, at an address that the system chooses, touches nothing
        // that exists.
        let start = unsafe { libc::mmap(ptr::null_mut(), len, protection, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            start: start.expose_provenance(),
            slots,
            slot_size,
        })
    }

    /// Tells a kernel before Linux 6.7 as well that there are to be no huge pages. One would turn the one
    /// page that most stacks need into 2 MiB.
    #[cfg(target_os = "linux")]
    pub(super) fn refuse_huge_pages(&self) {
        let start: *mut libc::c_void = ptr::with_exposed_provenance_mut(self.start);
        // SAFETY: the range is that of `map`, and the advice changes no content.
        unsafe { libc::madvise(start, self.len(), libc::MADV_NOHUGEPAGE) };
    }

    pub(super) fn len(&self) -> usize {
        self.slots * self.slot_size
    }

    pub(super) fn end(&self) -> usize {
        self.start + self.len()
    }

    pub(super) fn contains(&self, address: usize) -> bool {
        (self.start..self.end()).contains(&address)
    }

    /// Gives the address space back.
    ///
    /// # Safety
    ///
    /// No slot may be in use, now or later.
    pub(super) unsafe fn unmap(self) {
        let start: *mut libc::c_void = ptr::with_exposed_provenance_mut(self.start);
        // SAFETY: the range is that of `map`, and the caller promises that nothing uses it.
        unsafe { libc::munmap(start, self.len()) };
    }
}

/// A piece of a slab: the space for one stack, with its guard.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) limit: usize,
    pub(super) size: usize,
}

/// Returns the size of a slot for a stack of `asked` bytes. It is an odd number of pages.
///
/// If stacks were a power of two apart, the pages that they use would compete for a few sets of the
/// caches for addresses, and so would the entries of the page table. A switch among 10,000
/// coroutines then took half as long again.
#[inline]
pub(super) fn slot_size(asked: usize) -> usize {
    let page = page_size();
    (asked.div_ceil(page) | 1) * page
}

/// The data above the base of a stack in use.
#[repr(C)]
struct Head {
    label: *const Label,
    /// The distance in bytes from the status of the owner up to the label. A second pointer has no
    /// room.
    status: u32,
    /// The size that was asked for.
    asked: StackSize,
}

const _: () = assert!(
    size_of::<Head>() <= STACK_ALIGNMENT,
    "it lies above the base"
);

/// Writes the head of the stack in a slot, and returns the base.
#[inline]
pub(super) fn prepare(slot: &Slot, owner: Owner, asked: StackSize) -> StackPointer {
    let base = base_of(slot.limit, slot.size);
    // SAFETY: the slot is taken, so the words above its base are mapped and writable, and nothing
    // else uses them (rule 1 of `pool`).
    unsafe {
        head(base).write(Head {
            label: owner.label,
            status: (owner.label.addr() - owner.status.addr()) as u32,
            asked,
        });
    }
    StackPointer::new(base).expect("no slab is mapped at address 0")
}

/// Returns the size that was asked for.
///
/// # Safety
///
/// `base` must be that of a slot that is taken and was prepared.
#[inline]
pub(super) unsafe fn asked_of(base: usize) -> usize {
    // SAFETY: the caller promises that `prepare` has written the head.
    unsafe { (*head(base)).asked }.bytes()
}

/// Returns the end of the slot with this base.
#[inline]
pub(super) fn end_of(base: usize) -> usize {
    // A slot ends with a page, whatever the size of pages. A mask takes one instruction, and a division
    // by the size of a page took twenty cycles at each end of a generator.
    (base | (SMALLEST_PAGE - 1)) + 1
}

/// Returns the base of the stack in a slot.
#[inline]
pub(super) fn base_of(limit: usize, size: usize) -> usize {
    // A multiplicative hash spreads neighbours as well as a division by the size would, and it is
    // faster.
    let colour = (limit >> 12).wrapping_mul(FIBONACCI) >> (usize::BITS - COLOUR_BITS);
    limit + size - CACHE_LINE * colour - STACK_ALIGNMENT
}

#[inline]
fn head(base: usize) -> *mut Head {
    ptr::with_exposed_provenance_mut(base)
}

/// Returns the owner of a slot that was taken once, and the size that was asked for.
///
/// # Safety
///
/// The slot must have been taken at least once, and its slab must still be mapped.
pub(super) unsafe fn owner_of(limit: usize, size: usize) -> (Owner, usize) {
    // SAFETY: `prepare` has written the head when the slot was taken.
    let head = unsafe { head(base_of(limit, size)).read() };
    let status = head.label.wrapping_byte_sub(head.status as usize).cast();
    // SAFETY: these are the two pointers that `prepare` was given.
    (
        unsafe { Owner::new(head.label, status) },
        head.asked.bytes(),
    )
}

/// Fetches the part of free slots of one size that the first resumes will touch into the cache.
///
/// After a crowd, free slots follow each other in no order, and the processor does not know their pages.
/// A prefetch waits until the page is found. The processor looks for several pages at a time if the
/// prefetches stand side by side: then a million first resumes take half of the time.
#[inline(never)]
pub(super) fn prefetch(limits: &[usize], size: usize) {
    for line in 0..PREFETCHED_LINES {
        for &limit in limits {
            let address = base_of(limit, size) - CACHE_LINE * line;
            fetch::prefetch(ptr::without_provenance::<u8>(address));
        }
    }
}

/// Writes to the place of the head, so that the system provides the page at the upper end.
pub(super) fn touch(slot: &Slot) {
    // SAFETY: the slot is taken, so the word is mapped and writable, and nothing else uses it (rule
    // 1 of `pool`).
    unsafe {
        head(base_of(slot.limit, slot.size))
            .cast::<usize>()
            .write_volatile(0)
    };
}
