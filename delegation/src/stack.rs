//! Stacks: how many bytes, where from, and what becomes of them.
//!
//! A thread takes address space in *slabs*, one mapping each, and cuts them in
//! *slots* of one size: a guard page below, the stack above it. A slot costs memory
//! only for the pages that were touched, usually one. A slot that was given back is
//! the next to be taken, with its pages as they are: reusing it makes no system call.
//! When far fewer slots are in use than once were, the pages of idle ones are
//! given back to the system in batches: while stacks are taken, and while the
//! thread rests.
//!
//! A thread's pool is made with its first stack. Its end is how this crate learns that the
//! thread destroys its thread locals: from then on no generator of the thread is resumed, as its
//! body may have borrowed a thread local that is gone.
//!
//! Guards are installed in batches with `MADV_GUARD_INSTALL` where the kernel has it
//! (Linux 6.13), so that a slab stays one mapping however many stacks it holds.
//! Elsewhere each guard is a mapping of its own, made with `mprotect`; as a process
//! that runs out of mappings hangs, their number is limited to less than half of
//! `vm.max_map_count`. Setting the environment variable `YIELDFROM_STACK_GUARD` to
//! `mprotect` forces this.
#![allow(unsafe_code, reason = "maps memory")]

mod available;
mod guard;
mod overflow;
mod owner;
mod pool;
mod rest;
mod slab;

pub(crate) use owner::{Owner, StackSize};
pub use rest::rest;

use corosensei::stack::StackPointer;

use crate::error::{Error, Result};

/// The size of a generator's stack in bytes, guard page included, unless
/// [`Builder::stack_size`](crate::Builder::stack_size) sets another.
///
/// # Examples
///
/// ```
/// assert_eq!(yieldfrom_delegation::stack::DEFAULT_SIZE, 256 * 1024);
/// ```
pub const DEFAULT_SIZE: usize = 256 << 10;

/// The smallest size that a stack can have. Enough for small bodies that neither print nor panic.
///
/// # Examples
///
/// ```
/// assert_eq!(yieldfrom_delegation::stack::MIN_SIZE, 16384);
/// ```
pub const MIN_SIZE: usize = 16 << 10;

/// How many cache lines above the stack pointer of a suspended body a resume touches, as a rule.
pub(crate) const PREFETCHED_LINES: usize = 3;

/// What stacks the calling thread has: see [`stats`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Stacks that generators hold.
    pub live: usize,
    /// Stacks that were given back and keep their memory.
    pub idle: usize,
    /// Stacks that were given back and whose memory was given back to the system.
    pub released: usize,
    /// Slabs: mappings, unless guards are made with `mprotect`.
    pub slabs: usize,
    /// Address space, in bytes.
    pub reserved: usize,
}

/// Returns what stacks the calling thread has.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{stack, Generator};
///
/// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
/// assert_eq!(stack::stats().live, 0);
/// g.next()?;
/// assert_eq!(stack::stats().live, 1);
/// drop(g);
/// assert_eq!((stack::stats().live, stack::stats().idle), (0, 1));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub fn stats() -> Stats {
    pool::with(|pool| pool.stats()).unwrap_or_default()
}

/// Gives the memory of the calling thread's idle stacks back to the system, and returns how many
/// they were.
///
/// Happens by itself, a batch at a time, while stacks are taken and far fewer are in
/// use than there were, and while the thread [rests](rest()); this does it at once.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{stack, Generator};
///
/// let g: Generator<i32> = Generator::new(|co| co.yield_(1));
/// g.next()?;
/// drop(g);
/// assert_eq!(stack::trim(), 1);
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub fn trim() -> usize {
    pool::with(|pool| pool.trim()).unwrap_or(0)
}

/// Makes sure that the calling thread has `count` idle stacks of `size` bytes whose memory is in
/// place.
///
/// Taking one of these later is tens of times faster than a fresh one, whose first
/// page the system has to provide.
///
/// # Errors
///
/// [`is_stack`](Error::is_stack): the size cannot be had, or not so often. The stacks
/// that could be had are kept.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::stack;
///
/// stack::prewarm(100, stack::DEFAULT_SIZE)?;
/// assert_eq!(stack::stats().idle, 100);
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub fn prewarm(count: usize, size: usize) -> Result<()> {
    pool::with(|pool| pool.prewarm(count, size)).unwrap_or_else(|| Err(thread_ends()))
}

/// Returns the base of the stack of the calling thread in which an address lies, if it lies in one.
pub(crate) fn base_of(address: usize) -> Option<usize> {
    pool::with(|pool| pool.base_of(address)).flatten()
}

/// Returns how many bytes below the base belong to the stack for certain.
#[inline]
pub(crate) fn reach(size: StackSize) -> usize {
    // Head and colour, above the base, take less than the page of the guard, where nobody runs.
    size.bytes().saturating_sub(slab::page_size())
}

/// A stack in use. Dropping it gives it back to the thread's pool.
///
/// What else is to be known of it stands above its base.
#[derive(Debug)]
pub(crate) struct Stack {
    base: StackPointer,
}

impl Stack {
    /// Takes a stack on behalf of `owner`.
    #[inline]
    pub(crate) fn acquire(size: StackSize, owner: Owner) -> Result<Self> {
        let slot =
            pool::with(|pool| pool.take(size.bytes())).unwrap_or_else(|| Err(thread_ends()))?;
        Ok(Self {
            base: slab::prepare(&slot, owner, size),
        })
    }

    pub(crate) fn base(&self) -> StackPointer {
        self.base
    }

    /// Returns the lower end, and the size that was asked for.
    #[inline]
    fn slot(&self) -> (usize, usize) {
        // SAFETY: this is the base of a slot that `acquire` has prepared, and that nobody else has.
        unsafe { slab::slot_of(self.base.get()) }
    }
}

impl Drop for Stack {
    #[inline]
    fn drop(&mut self) {
        let (limit, asked) = self.slot();
        // Without a pool the thread is ending: the slot stays taken, and its slab mapped.
        let _ = pool::with(|pool| pool.give_back(limit, asked));
    }
}

// SAFETY: `limit` to `base` is memory mapped for reading and writing that nothing else uses until
// this is dropped (rule 1 of `pool`), but for the guard page at `limit`; `slab::prepare` aligns
// `base` to 16 bytes, and `checked_size` leaves room for a page.
unsafe impl corosensei::stack::Stack for Stack {
    #[inline(always)]
    fn base(&self) -> StackPointer {
        self.base
    }

    #[inline]
    fn limit(&self) -> StackPointer {
        StackPointer::new(self.slot().0).expect("no slab is mapped at address 0")
    }
}

/// Returns the size of the slots for a size that is asked for.
fn checked_size(size: usize) -> Result<usize> {
    let page = slab::page_size();
    let smallest = MIN_SIZE.max(2 * page);
    if (smallest..=slab::MAX_SIZE).contains(&size) {
        return Ok(slab::slot_size(size));
    }
    let largest = slab::MAX_SIZE;
    Err(Error::stack(format!(
        "can't make a stack of {size} bytes: set a stack size from {smallest} to {largest} bytes"
    )))
}

#[cold]
fn thread_ends() -> Error {
    Error::stack(
        "can't take a stack while the thread's locals are destroyed: end generators before"
            .to_owned(),
    )
}
