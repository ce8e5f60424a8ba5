//! A thread's stacks: which slots are free, and which are to be taken next.
//!
//! 1. A slot that `take` returned belongs to the caller, exclusively, until it is
//!    given to `give_back`.
//! 2. A slab with a slot in use is never unmapped. So a generator that was leaked
//!    keeps its stack for ever, also beyond the end of its thread.

use std::cell::UnsafeCell;

use super::slab::{Slab, Slot, page_size};
use super::{Stats, available, guard, overflow, rest, slab};
use crate::error::{Error, Result};

/// Slots of a thread's first slab; later ones double what there is.
const FIRST_SLAB: usize = 64;
const LARGEST_SLAB: usize = 1 << 16;

/// How many stacks are taken between two looks at the number of idle ones, at least.
const WINDOW: usize = 4096;
/// Such a look releases this part of all stacks at the most: whoever takes a stack pays for it.
const RELEASED_AT_ONCE: usize = 8;
/// How many stacks may be made before each batch is checked against the memory there is.
const UNCHECKED: usize = 4096;

thread_local! {
    static POOL: UnsafeCell<Pool> = const { UnsafeCell::new(Pool { classes: Vec::new() }) };
}

/// Calls `f` with the thread's pool, unless it has been destroyed.
///
/// `f` must not call this again; no function of [`Pool`] calls anything that could.
#[inline]
pub(super) fn with<R>(f: impl FnOnce(&mut Pool) -> R) -> Option<R> {
    POOL.try_with(|pool| {
        // SAFETY: the pool is the thread's own, and there is no other reference: calls do not nest,
        // as `f` runs code of this module only.
        f(unsafe { &mut *pool.get() })
    })
    .ok()
}

/// The stacks of one thread.
#[derive(Debug)]
pub(super) struct Pool {
    classes: Vec<SizeClass>,
}

/// The stacks of one size.
#[derive(Debug, Default)]
struct SizeClass {
    /// The size that is asked for, and the same in whole pages.
    asked: usize,
    size: usize,
    slabs: Vec<Slab>,
    /// Slots that were given back. The next to be taken is the last.
    free: Vec<usize>,
    /// So many of `free`, from the first, have no memory.
    released: usize,
    /// Slots of the newest slab that were never taken, and how far they have guards.
    fresh: usize,
    guarded: usize,
    end: usize,
    /// Slots that were ever taken.
    made: usize,
    /// The fewest that were free in this window, that is, when most were in use.
    low: usize,
    /// Stacks to be taken until the window ends.
    window: usize,
}

impl Pool {
    /// Takes a slot of `asked` bytes, or a little more.
    #[inline]
    pub(super) fn take(&mut self, asked: usize) -> Result<Slot> {
        self.class(asked)?.take()
    }

    /// Takes a slot back that was taken with the same `asked`.
    #[inline]
    pub(super) fn give_back(&mut self, limit: usize, asked: usize) -> Result<()> {
        self.class(asked)?.give_back(limit);
        Ok(())
    }

    #[inline(always)]
    fn class(&mut self, asked: usize) -> Result<&mut SizeClass> {
        // The class that was used last is the first: most programs have one.
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
            size: super::checked_size(asked)?,
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

    /// Returns how many idle stacks have memory beyond what is kept.
    pub(super) fn surplus(&self) -> usize {
        self.classes.iter().map(SizeClass::surplus).sum()
    }

    /// From now on, [`release_unneeded`](Self::release_unneeded) looks at what is needed.
    pub(super) fn begin_period(&mut self) {
        for class in &mut self.classes {
            class.released = class.released();
            class.low = class.free.len();
        }
    }

    /// Releases up to `most` stacks that were idle the whole while; returns whether that is all.
    pub(super) fn release_unneeded(&mut self, most: usize) -> bool {
        let mut left = most;
        for class in &mut self.classes {
            left -= class.release_unneeded(left);
        }
        left > 0
    }

    /// Returns the base of the stack in which `address` lies.
    pub(super) fn base_of(&self, address: usize) -> Option<usize> {
        let slabs = self.classes.iter().flat_map(|class| &class.slabs);
        let slab = slabs.into_iter().find(|slab| slab.contains(address))?;
        let limit = address - (address - slab.start) % slab.slot_size;
        Some(slab::base_of(limit, slab.slot_size))
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
            Some(limit) => limit,
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

    /// Returns how many of the free slots, from the first, have no memory.
    fn released(&self) -> usize {
        // Those that were taken since have memory again when they come back.
        self.released.min(self.low)
    }

    /// Returns how many free slots are kept as they are, though nothing else happens.
    fn kept(&self) -> usize {
        self.live().max(rest::ALWAYS_KEPT)
    }

    fn surplus(&self) -> usize {
        (self.free.len() - self.released()).saturating_sub(self.kept())
    }

    /// Releases up to `most` slots that were free all the time since `low` was set, but for those
    /// that are kept.
    fn release_unneeded(&mut self, most: usize) -> usize {
        let unneeded = self.free.len().saturating_sub(self.kept());
        self.release_first(self.low.min(unneeded), most)
    }

    /// Takes a slot that was never used.
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
                // Perhaps there is room for fewer.
                Err(_) if slots > 1 => slots /= 2,
                Err(error) => return Err(self.none_left(&error.to_string())),
            }
        };
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
        if made + count > rest::ALWAYS_KEPT {
            rest::note_many();
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

    /// Returns where the slots of a slab end that were ever taken, and those that have guards.
    fn used(&self, slab: &Slab) -> (usize, usize) {
        // By its end: a full slab may end where another one begins.
        if slab.end() == self.end {
            (self.fresh, self.guarded)
        } else {
            (slab.end(), slab.end())
        }
    }

    /// Returns the slots of a slab that are in use. `free` must be in order.
    fn live_in(&self, slab: &Slab) -> impl Iterator<Item = usize> {
        let (taken, _) = self.used(slab);
        let slots = (slab.start..taken).step_by(self.size);
        slots.filter(|limit| self.free.binary_search(limit).is_err())
    }

    /// Ends the slabs with their thread. One that has a stack in use stays as it is, but for the
    /// generator, which nobody may resume any more.
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
                // SAFETY: the slot was taken and not given back.
                let (owner, _) = unsafe { slab::owner_of(limit, self.size) };
                // SAFETY: the generator that has taken it belongs to this thread, whose pool this
                // is.
                unsafe { owner.give_up() };
            }
        }
    }

    fn unmap(&self, slab: Slab) {
        let (_, guarded) = self.used(&slab);
        overflow::unwatch(slab.start);
        guard::forget((guarded - slab.start) / self.size);
        // SAFETY: no slot is in use (rule 1), and none will be: the pool is gone.
        unsafe { slab.unmap() };
    }

    /// At the end of a window: releases some of what was not needed in it.
    #[cold]
    fn look_at_idle(&mut self) {
        let peak = self.made - self.low;
        let warm = self.made - self.released();
        let surplus = warm.saturating_sub(2 * peak);
        self.release(surplus.min(self.made / RELEASED_AT_ONCE));
        // A fleet that comes and goes as one needs all its stacks within twice their number.
        self.window = WINDOW.max(2 * self.made);
    }

    /// Gives the memory of up to `most` idle stacks back, of those that were not used for longest.
    fn release(&mut self, most: usize) -> usize {
        let count = self.release_first(self.free.len(), most);
        self.low = self.free.len();
        count
    }

    /// Releases up to `most` of the first `end` free slots, and returns how many.
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
