//! A thread's stacks: which slots are free, and which are to be taken next.
//!
//! 1. A slot that `take` returned belongs to the caller, exclusively, until it is
//!    given to `give_back`.
//! 2. A slab with a slot in use is never unmapped. So a generator that was leaked
//!    keeps its stack for ever, also beyond the end of its thread.

use std::cell::UnsafeCell;
use std::fs;

use super::slab::{Slab, page_size};
use super::{Stats, guard, slab};
use crate::error::{Error, Result};
use crate::overflow;

/// Slots of a thread's first slab; later ones double what there is.
const FIRST_SLAB: usize = 64;
const LARGEST_SLAB: usize = 1 << 16;

/// How many stacks are taken between two looks at the number of idle ones.
const WINDOW: usize = 4096;
/// How many idle stacks such a look releases at the most: it is paid for by who takes a stack.
const RELEASED_AT_ONCE: usize = 512;
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
        // SAFETY: the pool is the thread's own, and there is no other reference: calls do not nest, as `f` runs
        // code of this module only.
        f(unsafe { &mut *pool.get() })
    })
    .ok()
}

/// The stacks of one thread.
#[derive(Debug)]
pub(super) struct Pool {
    classes: Vec<Class>,
}

/// The stacks of one size.
#[derive(Debug)]
struct Class {
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
    live: usize,
    /// The most that were live in this window.
    peak: usize,
    /// Stacks to be taken until the window ends.
    window: usize,
}

impl Pool {
    /// Takes a slot of `size` bytes.
    #[inline]
    pub(super) fn take(&mut self, size: usize) -> Result<usize> {
        self.class(size).take()
    }

    #[inline]
    pub(super) fn give_back(&mut self, limit: usize, size: usize) {
        self.class(size).give_back(limit);
    }

    #[inline]
    fn class(&mut self, size: usize) -> &mut Class {
        // Programs use one or two sizes, so that the first tried is the right one.
        match self.classes.iter().position(|class| class.size == size) {
            Some(i) => &mut self.classes[i],
            None => self.new_class(size),
        }
    }

    #[cold]
    fn new_class(&mut self, size: usize) -> &mut Class {
        self.classes.push(Class {
            size,
            slabs: Vec::new(),
            free: Vec::new(),
            released: 0,
            fresh: 0,
            guarded: 0,
            end: 0,
            live: 0,
            peak: 0,
            window: WINDOW,
        });
        self.classes.last_mut().expect("just pushed")
    }

    pub(super) fn prewarm(&mut self, count: usize, size: usize) -> Result<()> {
        let class = self.class(size);
        let mut taken = Vec::new();
        let outcome = loop {
            if taken.len() == count {
                break Ok(());
            }
            match class.take() {
                Ok(limit) => {
                    slab::touch(limit, size);
                    taken.push(limit);
                }
                Err(error) => break Err(error),
            }
        };
        for limit in taken.into_iter().rev() {
            class.give_back(limit);
        }
        outcome
    }

    pub(super) fn trim(&mut self) -> usize {
        self.classes.iter_mut().map(|class| class.release(usize::MAX)).sum()
    }

    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for class in &self.classes {
            stats.live += class.live;
            stats.idle += class.free.len() - class.released;
            stats.released += class.released;
            stats.slabs += class.slabs.len();
            stats.reserved += class.slabs.iter().map(Slab::len).sum::<usize>();
        }
        stats
    }
}

impl Class {
    #[inline]
    fn take(&mut self) -> Result<usize> {
        let limit = match self.free.pop() {
            Some(limit) => {
                self.released = self.released.min(self.free.len());
                limit
            }
            None => self.take_fresh()?,
        };
        self.live += 1;
        self.peak = self.peak.max(self.live);
        self.window -= 1;
        if self.window == 0 {
            self.look_at_idle();
        }
        Ok(limit)
    }

    #[inline]
    fn give_back(&mut self, limit: usize) {
        self.live -= 1;
        self.free.push(limit);
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
        if made >= UNCHECKED && !memory_for(count) {
            return Err(self.none_left("the system has no memory left"));
        }
        guard::install(self.guarded, self.size, count, page_size()).map_err(|why| self.none_left(&why))?;
        self.guarded += count * self.size;
        Ok(())
    }

    fn none_left(&self, why: &str) -> Error {
        Error::stack(format!(
            "can't make a stack of {} KiB beside {} others of this thread: {why}",
            self.size / 1024,
            self.live
        ))
    }

    /// At the end of a window: releases some of what was not needed in it.
    #[cold]
    fn look_at_idle(&mut self) {
        self.window = WINDOW;
        let kept = 2 * self.peak;
        let warm = self.free.len() - self.released;
        let surplus = (self.live + warm).saturating_sub(kept);
        self.peak = self.live;
        self.release(surplus.min(RELEASED_AT_ONCE));
    }

    /// Gives the memory of up to `most` idle stacks back, of those that were not used for longest.
    fn release(&mut self, most: usize) -> usize {
        let end = self.free.len().min(self.released.saturating_add(most));
        guard::release(&self.free[self.released..end], self.size, page_size());
        let count = end - self.released;
        self.released = end;
        count
    }
}

/// Returns whether the system has a page for each of `count` stacks, and something to spare.
///
/// Without this a program would not get an error when memory runs out: it would be killed.
fn memory_for(count: usize) -> bool {
    const SPARE_KB: usize = 64 << 10;
    let Ok(text) = fs::read_to_string("/proc/meminfo") else { return true };
    let kb_of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<usize>().ok()
    };
    let Some(available) = kb_of("MemAvailable:") else { return true };
    available + kb_of("SwapFree:").unwrap_or(0) > SPARE_KB + count * page_size() / 1024
}

impl Drop for Pool {
    fn drop(&mut self) {
        for class in &mut self.classes {
            class.free.sort_unstable();
            for slab in class.slabs.drain(..) {
                let within = |address: &usize| *address < slab.start + slab.len();
                let first = class.free.partition_point(|address| *address < slab.start);
                let free = class.free[first..].partition_point(within);
                let never_taken = if slab.contains(class.fresh) { (class.end - class.fresh) / class.size } else { 0 };
                if free + never_taken == slab.slots {
                    overflow::unwatch(slab.start);
                    guard::forget(slab.slots);
                    // SAFETY: no slot is in use (rule 1), and none will be: the pool is gone.
                    unsafe { slab.unmap() };
                }
            }
        }
    }
}
