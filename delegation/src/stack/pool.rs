//! The stacks of one thread: which slots are free, and which one is taken next. Two rules:
//!
//! 1. A slot that `take` has returned belongs to the caller alone until the caller passes it to
//!    `give_back`.
//! 2. A slab with a slot in use is never unmapped. So a leaked generator keeps its stack for ever,
//!    also after the end of its thread.

use std::cell::{Cell, UnsafeCell};
use std::ops::Range;

use super::slab::{Slab, Slot, page_size};
use super::{available, guard, overflow, slab};
use crate::error::{Error, Result};

/// The number of slots of a thread's first slab. Each later one has as many slots as all before it,
/// up to a limit.
const FIRST_SLAB: usize = 64;
const LARGEST_SLAB: usize = 1 << 16;

/// The number of idle stacks that a thread may always keep.
pub(super) const ALWAYS_KEPT: usize = 256;
/// The least number of stacks that are taken between two looks at the idle ones.
const WINDOW: usize = 4096;
/// One look releases at most this fraction of all stacks (an eighth), because the caller that takes
/// a stack waits for it.
const RELEASED_AT_ONCE: usize = 8;
/// This many stacks are made without a check of the available memory. After that, each batch is
/// checked.
const UNCHECKED: usize = 4096;
/// With this many free stacks, what a first resume touches is fetched for so many of them at a time.
const CROWD: usize = 1024;
const GROUP: usize = 8;

thread_local! {
    /// Whether the thread has had more than `ALWAYS_KEPT` stacks.
    pub(super) static HAS_MANY: Cell<bool> = const { Cell::new(false) };
    static POOL: UnsafeCell<Pool> = const { UnsafeCell::new(Pool { classes: Vec::new() }) };
}

/// Calls `f` with the pool of the thread. Returns `None` if the pool has been destroyed.
///
/// `f` must not call this function again. No function of [`Pool`] calls it.
#[inline]
pub(super) fn with<R>(f: impl FnOnce(&mut Pool) -> R) -> Option<R> {
    POOL.try_with(|pool| {
        // SAFETY: the pool belongs to this thread, and there is no other reference, because `f`
        // runs only code of the module `stack`, in which calls of `with` do not nest.
        f(unsafe { &mut *pool.get() })
    })
    .ok()
}

/// The numbers of stacks that a thread has. [`stats`](super::stats()) returns them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of stacks that generators use.
    pub live: usize,
    /// The number of free stacks that keep their memory.
    pub idle: usize,
    /// The number of free stacks whose memory was given back to the system.
    pub released: usize,
    /// The number of slabs. Each slab is one mapping, unless `mprotect` makes the guards.
    pub slabs: usize,
    /// The address space of all slabs, in bytes.
    pub reserved: usize,
}

/// The stacks of one thread.
#[derive(Debug)]
pub(super) struct Pool {
    classes: Vec<SizeClass>,
}

/// The stacks of one size.
#[derive(Debug, Default)]
struct SizeClass {
    /// The size that is asked for.
    asked: usize,
    /// The size of a slot.
    size: usize,
    slabs: Vec<Slab>,
    /// The free slots that were used before. The last one is the next to be taken.
    free: Vec<usize>,
    /// The first `released` entries of `free` have no memory, except those that were taken since.
    released: usize,
    /// The first slot of the newest slab that was never taken.
    fresh: usize,
    /// The end of the slots of the newest slab that have guards.
    guarded: usize,
    /// The end of the newest slab.
    end: usize,
    /// The number of slots that were ever taken.
    made: usize,
    /// The smallest length of `free` in this window: at that moment, most stacks were in use.
    low: usize,
    /// The number of stacks that will be taken until the window ends.
    window: usize,
}

impl Pool {
    /// Takes a slot of at least `asked` bytes.
    #[inline]
    pub(super) fn take(&mut self, asked: usize) -> Result<Slot> {
        self.class(asked)?.take()
    }

    /// Takes back the slot with this base, which was taken with the same `asked`.
    #[inline]
    pub(super) fn give_back(&mut self, base: usize, asked: usize) -> Result<()> {
        let class = self.class(asked)?;
        class.give_back(slab::end_of(base) - class.size);
        Ok(())
    }

    #[inline(always)]
    fn class(&mut self, asked: usize) -> Result<&mut SizeClass> {
        // The class that was used last is the first one. Most programs have only one.
        match self.classes.first() {
            Some(first) if first.asked == asked => {}
            _ => self.bring_to_front(asked)?,
        }
        Ok(&mut self.classes[0])
    }

    #[cold]
    fn bring_to_front(&mut self, asked: usize) -> Result<()> {
        if let Some(i) = self.classes.iter().position(|class| class.asked == asked) {
            self.classes.swap(0, i);
            return Ok(());
        }
        let class = SizeClass {
            asked,
            size: slab::checked_size(asked)?,
            window: WINDOW,
            ..SizeClass::default()
        };
        self.classes.insert(0, class);
        Ok(())
    }

    pub(super) fn prewarm(&mut self, count: usize, size: usize) -> Result<()> {
        let class = self.class(size)?;
        let mut taken = Vec::new();
        let outcome = (0..count).try_for_each(|_| {
            let slot = class.take()?;
            slab::touch(&slot);
            taken.push(slot.limit);
            Ok(())
        });
        for limit in taken.into_iter().rev() {
            class.give_back(limit);
        }
        outcome
    }

    pub(super) fn trim(&mut self) -> usize {
        self.classes
            .iter_mut()
            .map(|class| class.release(usize::MAX))
            .sum()
    }

    /// Returns how many idle stacks have memory, beyond those that are kept.
    pub(super) fn surplus(&self) -> usize {
        self.classes.iter().map(SizeClass::surplus).sum()
    }

    /// Begins the period that [`release_unneeded`](Self::release_unneeded) looks at.
    pub(super) fn begin_period(&mut self) {
        for class in &mut self.classes {
            class.released = class.released();
            class.low = class.free.len();
        }
    }

    /// Releases up to `most` stacks that were idle in the whole period. Returns true if no others
    /// are left to release.
    pub(super) fn release_unneeded(&mut self, most: usize) -> bool {
        let mut left = most;
        for class in &mut self.classes {
            left -= class.release_unneeded(left);
        }
        left > 0
    }

    /// Returns the lower end and the base of the stack that contains `address`.
    pub(super) fn bounds_of(&self, address: usize) -> Option<Range<usize>> {
        let slabs = self.classes.iter().flat_map(|class| &class.slabs);
        let slab = slabs.into_iter().find(|slab| slab.contains(address))?;
        let limit = address - (address - slab.start) % slab.slot_size;
        Some(limit..slab::base_of(limit, slab.slot_size))
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for class in &self.classes {
            stats.live += class.live();
            stats.idle += class.free.len() - class.released();
            stats.released += class.released();
            stats.slabs += class.slabs.len();
            stats.reserved += class.slabs.iter().map(Slab::len).sum::<usize>();
        }
        stats
    }
}

impl SizeClass {
    #[inline]
    fn take(&mut self) -> Result<Slot> {
        let limit = match self.free.pop() {
            Some(limit) => {
                let left = self.free.len();
                if left >= CROWD && left.is_multiple_of(GROUP) {
                    slab::prefetch(&self.free[left - GROUP..], self.size);
                }
                limit
            }
            None => self.take_fresh()?,
        };
        self.low = self.low.min(self.free.len());
        self.window -= 1;
        if self.window == 0 {
            self.look_at_idle();
        }
        Ok(Slot {
            limit,
            size: self.size,
        })
    }

    #[inline]
    fn give_back(&mut self, limit: usize) {
        self.free.push(limit);
    }

    fn live(&self) -> usize {
        self.made - self.free.len()
    }

    /// Returns how many entries of `free`, from the first, have no memory.
    fn released(&self) -> usize {
        // Slots that were taken since then have memory when they come back.
        self.released.min(self.low)
    }

    /// Returns how many free slots always keep their memory.
    fn kept(&self) -> usize {
        self.live().max(ALWAYS_KEPT)
    }

    fn surplus(&self) -> usize {
        (self.free.len() - self.released()).saturating_sub(self.kept())
    }

    /// Releases up to `most` slots that were free since `low` was set. Some are kept.
    fn release_unneeded(&mut self, most: usize) -> usize {
        let unneeded = self.free.len().saturating_sub(self.kept());
        self.release_first(self.low.min(unneeded), most)
    }

    /// Takes a slot that was never taken before.
    fn take_fresh(&mut self) -> Result<usize> {
        if self.fresh == self.end {
            self.add_slab()?;
        }
        if self.fresh == self.guarded {
            self.add_guards()?;
        }
        let limit = self.fresh;
        self.fresh += self.size;
        self.made += 1;
        Ok(limit)
    }

    fn slots(&self) -> usize {
        self.slabs.iter().map(|slab| slab.slots).sum()
    }

    #[cold]
    fn add_slab(&mut self) -> Result<()> {
        let mut slots = self.slots().clamp(FIRST_SLAB, LARGEST_SLAB);
        let slab = loop {
            match Slab::map(slots, self.size) {
                Ok(slab) => break slab,
                // There may be room for fewer slots.
                Err(_) if slots > 1 => slots /= 2,
                Err(error) => return Err(self.none_left(&error.to_string())),
            }
        };
        #[cfg(target_os = "linux")]
        if !guard::takes_advice(slab.start, page_size()) {
            slab.refuse_huge_pages();
        }
        overflow::watch(slab.start, slab.len(), slab.slot_size);
        self.fresh = slab.start;
        self.guarded = slab.start;
        self.end = slab.start + slab.len();
        self.slabs.push(slab);
        Ok(())
    }

    #[cold]
    fn add_guards(&mut self) -> Result<()> {
        let left = (self.end - self.guarded) / self.size;
        let made = self.slots() - left;
        let count = guard::batch(made).min(left);
        if made >= UNCHECKED && !available::has_memory_for(count) {
            return Err(self.none_left("the system has no memory left"));
        }
        guard::install(self.guarded, self.size, count, page_size())
            .map_err(|why| self.none_left(&why))?;
        if made + count > ALWAYS_KEPT {
            // If the thread local is destroyed, the thread does not rest any more.
            let _ = HAS_MANY.try_with(|has_many| has_many.set(true));
        }
        self.guarded += count * self.size;
        Ok(())
    }

    fn none_left(&self, why: &str) -> Error {
        Error::stack(format!(
            "can't make a stack of {} KiB beside {} others of this thread: {why}",
            self.asked / 1024,
            self.live()
        ))
    }

    /// Returns the end of the slots of a slab that were ever taken, and the end of those that have
    /// guards.
    fn used(&self, slab: &Slab) -> (usize, usize) {
        // This compares ends, because a full slab may end where another one begins.
        if slab.end() == self.end {
            (self.fresh, self.guarded)
        } else {
            (slab.end(), slab.end())
        }
    }

    /// Returns the slots of a slab that are in use. `free` must be sorted.
    fn live_in(&self, slab: &Slab) -> impl Iterator<Item = usize> {
        let (taken, _) = self.used(slab);
        let slots = (slab.start..taken).step_by(self.size);
        slots.filter(|limit| self.free.binary_search(limit).is_err())
    }

    /// Unmaps the slabs when the thread ends. A slab with a stack in use stays mapped, and its
    /// generators are given up.
    fn close(&mut self) {
        self.free.sort_unstable();
        for slab in std::mem::take(&mut self.slabs) {
            let mut live = self.live_in(&slab).peekable();
            if live.peek().is_none() {
                drop(live);
                self.unmap(slab);
                continue;
            }
            for limit in live {
                // SAFETY: the slot was taken and not given back, so its slab is mapped.
                let (owner, _) = unsafe { slab::owner_of(limit, self.size) };
                // SAFETY: the stack is in use by a generator of this thread, to which this pool
                // belongs.
                unsafe { owner.give_up() };
            }
        }
    }

    fn unmap(&self, slab: Slab) {
        let (_, guarded) = self.used(&slab);
        overflow::unwatch(slab.start);
        guard::forget((guarded - slab.start) / self.size);
        // SAFETY: no slot is in use (rule 1), and none will be, because the pool is gone.
        unsafe { slab.unmap() };
    }

    /// Ends a window: releases some of the stacks that were not needed in it.
    #[cold]
    fn look_at_idle(&mut self) {
        let peak = self.made - self.low;
        let warm = self.made - self.released();
        let surplus = warm.saturating_sub(2 * peak);
        self.release(surplus.min(self.made / RELEASED_AT_ONCE));
        // A program may take all its stacks, give them all back, and take them again. A window of
        // this length then contains the moment when most of them are in use.
        self.window = WINDOW.max(2 * self.made);
    }

    /// Releases the memory of up to `most` idle stacks, beginning with those that were idle for
    /// longest.
    fn release(&mut self, most: usize) -> usize {
        let count = self.release_first(self.free.len(), most);
        self.low = self.free.len();
        count
    }

    /// Releases up to `most` of the first `end` entries of `free`, and returns their number.
    fn release_first(&mut self, end: usize, most: usize) -> usize {
        let start = self.released();
        let end = end.min(start.saturating_add(most)).max(start);
        guard::release(&self.free[start..end], self.size, page_size());
        self.released = end;
        end - start
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.classes.iter_mut().for_each(SizeClass::close);
    }
}
