//! Stacks: their sizes, where their memory comes from, and when it is given back.
//!
//! A thread takes address space in *slabs*. Each slab is one mapping, cut into *slots* of one size.
//! A slot has a guard page at its lower end and the stack above it. Only the pages that the stack
//! has touched take memory, usually one. The slot that was given back last is the next to be taken,
//! with its pages, so no system call is needed. When far fewer slots are in use than before, the
//! thread gives the pages of idle slots back to the system. It does so in batches, while it takes
//! stacks and while it [rests](rest()).
//!
//! The first stack of a thread makes the thread's pool. When the pool is destroyed, this crate
//! knows that the thread destroys its thread locals. From then on no generator of the thread is
//! resumed, because its body may have borrowed a thread local that is gone.
//!
//! On Linux 6.13 and later, guards are installed in batches with `MADV_GUARD_INSTALL`, and a slab
//! stays one mapping. Elsewhere `mprotect` makes each guard, which becomes a mapping of its own. A
//! process that runs out of mappings hangs, so the number of these guards is limited to less than
//! half of `vm.max_map_count`. If the environment variable `YIELDFROM_STACK_GUARD` is `mprotect`,
//! this crate always uses `mprotect`.
#![allow(unsafe_code, reason = "maps memory")]

mod available;
pub(crate) mod fetch;
mod guard;
pub(crate) mod overflow;
mod owner;
mod pool;
mod rest;
mod slab;

pub(crate) use fetch::prefetch;
pub(crate) use owner::{Owner, StackSize};
pub use pool::Stats;
pub use rest::rest;
pub use slab::MIN_SIZE;

use std::ops::Range;

use corosensei::stack::StackPointer;

use crate::error::{Error, Result};

/// The default size of a generator's stack in bytes, with the guard page: 256 KiB.
/// [`Builder::stack_size`](crate::Builder::stack_size) sets another size.
pub const DEFAULT_SIZE: usize = 256 << 10;

/// The number of cache lines above the stack pointer of a suspended body that a resume usually
/// touches.
pub(crate) const PREFETCHED_LINES: usize = 4;

/// Returns how many stacks the calling thread has, in use and free.
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

/// Gives the memory of all idle stacks of the calling thread back to the system. Returns the number
/// of these stacks.
///
/// The thread also does this itself, one batch at a time: while it takes stacks and uses far fewer
/// than before, and while it [rests](rest()). This function does all of it at once.
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

/// Makes stacks until the calling thread has `count` idle stacks of `size` bytes with their memory.
///
/// To take such a stack later is tens of times faster than to take a new one, for which the system
/// must first provide a page.
///
/// # Errors
///
/// [`is_stack`](Error::is_stack): the size is not allowed, or there is no memory for this number of
/// stacks. The stacks that were made are kept.
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

/// Returns the stack pointer of the caller.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{stack, Generator};
///
/// let g: Generator<i32, (), bool> = Generator::new(|_| {
///     let bounds = stack::bounds().expect("the body has a stack of its own");
///     Ok(bounds.contains(&stack::pointer()))
/// });
/// assert_eq!(g.next()?.complete(), Some(true));
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
#[inline(always)]
pub fn pointer() -> usize {
    #[cfg(target_arch = "x86_64")]
    {
        let pointer: usize;
        // SAFETY: this copies a register and does nothing else.
        unsafe {
            std::arch::asm!("mov {}, rsp", out(reg) pointer, options(pure, nomem, nostack, preserves_flags));
        }
        pointer
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let local = 0u8;
        std::ptr::from_ref(std::hint::black_box(&local)).addr()
    }
}

/// Returns the addresses of the stack that the caller runs on, from the lowest; `None` if that is not the
/// stack of a generator.
///
/// The range begins with the guard page. It tells whether code that is called later runs on the same stack: then its
/// [`pointer()`] lies in the range.
///
/// # Examples
///
/// ```
/// use yieldfrom_delegation::{stack, Generator};
///
/// assert_eq!(stack::bounds(), None);
/// let g: Generator<i32, (), usize> = Generator::new(|_| Ok(stack::bounds().map_or(0, |it| it.len())));
/// assert!(g.next()?.complete().unwrap() > stack::DEFAULT_SIZE / 2);
/// # Ok::<(), yieldfrom_delegation::Error>(())
/// ```
pub fn bounds() -> Option<Range<usize>> {
    pool::with(|pool| pool.bounds_of(pointer())).flatten()
}

/// Returns the base of the stack that contains an address, if the calling thread has one.
pub(crate) fn base_of(address: usize) -> Option<usize> {
    Some(pool::with(|pool| pool.bounds_of(address)).flatten()?.end)
}

/// Returns a number of bytes below the base that certainly belong to the stack.
#[inline]
pub(crate) fn reach(size: StackSize) -> usize {
    // The head and the colour, above the base, take less than the guard page, in which no code
    // runs.
    size.bytes().saturating_sub(slab::page_size())
}

/// A stack in use. Its drop gives it back to the pool of the thread.
///
/// All other facts about the stack are stored above its base.
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

    /// Returns the size that was asked for.
    #[inline]
    fn asked(&self) -> usize {
        // SAFETY: this is the base of a slot that `acquire` has prepared, and that only this stack
        // uses.
        unsafe { slab::asked_of(self.base.get()) }
    }
}

impl Drop for Stack {
    #[inline]
    fn drop(&mut self) {
        // Without a pool, the thread is ending. The slot then stays taken, and its slab mapped.
        let _ = pool::with(|pool| pool.give_back(self.base.get(), self.asked()));
    }
}

// SAFETY: the memory from `limit` to `base` is mapped for reading and writing, except the guard
// page at `limit`, and nothing else uses it until this is dropped (rule 1 of `pool`);
// `slab::prepare` aligns `base` to 16 bytes, and `slab::checked_size` leaves room for a page.
unsafe impl corosensei::stack::Stack for Stack {
    #[inline(always)]
    fn base(&self) -> StackPointer {
        self.base
    }

    #[inline]
    fn limit(&self) -> StackPointer {
        let limit = slab::end_of(self.base.get()) - slab::slot_size(self.asked());
        StackPointer::new(limit).expect("no slab is mapped at address 0")
    }
}

#[cold]
fn thread_ends() -> Error {
    Error::stack(
        "can't take a stack while the thread destroys its thread locals: end generators before that"
            .to_owned(),
    )
}
