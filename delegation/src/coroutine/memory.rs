//! Memory for generators: blocks that were given back are the next to be taken.
//!
//! A generator takes a block of some 200 bytes, which is too large for the quick lists of most
//! allocators, so that theirs costs several times what a switch does. Here each thread keeps a
//! limited number of blocks of each size; what does not fit goes to the global allocator.

use std::alloc::{self, Layout, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

/// Sizes are rounded up to one less a word than a multiple of this, which is how common allocators
/// cut their memory.
const STEP: usize = 16;
const WORD: usize = size_of::<usize>();
/// Blocks larger than this many steps are not kept.
const CLASSES: usize = 32;
/// As many blocks of a size are kept.
const MOST_BLOCKS: u32 = 4096;

/// A block that is not in use.
struct Free {
    next: Option<NonNull<Free>>,
}

/// The blocks of one size that are not in use.
struct FreeList {
    first: Cell<Option<NonNull<Free>>>,
    count: Cell<u32>,
}

impl FreeList {
    const fn new() -> Self {
        Self {
            first: Cell::new(None),
            count: Cell::new(0),
        }
    }
}

struct Blocks([FreeList; CLASSES]);

thread_local! {
    static BLOCKS: Blocks = const { Blocks([const { FreeList::new() }; CLASSES]) };
}

/// Returns the class of a layout, and the layout of that class's blocks.
#[inline(always)]
fn class_of(layout: Layout) -> Option<(usize, Layout)> {
    let class = (layout.size() + WORD).div_ceil(STEP);
    if class >= CLASSES || layout.align() > STEP {
        return None;
    }
    let size = (class * STEP - WORD).max(size_of::<Free>());
    Some((class, Layout::from_size_align(size, STEP).ok()?))
}

/// Takes a block.
#[inline]
pub(super) fn take(layout: Layout) -> NonNull<u8> {
    let Some((class, layout)) = class_of(layout) else {
        return from_system(layout);
    };
    let kept = BLOCKS
        .try_with(|blocks| blocks.0[class].pop())
        .ok()
        .flatten();
    kept.map_or_else(|| from_system(layout), NonNull::cast)
}

/// Gives a block back.
///
/// # Safety
///
/// It must be one that `take` has given for this layout, and not be used any more.
#[inline]
pub(super) unsafe fn give_back(block: NonNull<u8>, layout: Layout) {
    let Some((class, layout)) = class_of(layout) else {
        // SAFETY: as `take` has got it from there, with this layout.
        return unsafe { alloc::dealloc(block.as_ptr(), layout) };
    };
    let kept = BLOCKS.try_with(|blocks| {
        // SAFETY: by the caller's promise nobody uses it; blocks of a class have room for a `Free`.
        unsafe { blocks.0[class].push(block.cast()) }
    });
    if kept != Ok(true) {
        // SAFETY: as `take` has got it from there, with the layout of its class.
        unsafe { alloc::dealloc(block.as_ptr(), layout) };
    }
}

#[cold]
fn from_system(layout: Layout) -> NonNull<u8> {
    debug_assert!(layout.size() > 0, "a generator has a node at least");
    // SAFETY: the size is not zero, as no generator is without its node.
    let block = unsafe { alloc::alloc(layout) };
    NonNull::new(block).unwrap_or_else(|| handle_alloc_error(layout))
}

impl FreeList {
    #[inline(always)]
    fn pop(&self) -> Option<NonNull<Free>> {
        let block = self.first.get()?;
        // SAFETY: a block on the list is nobody else's, and `push` has written it.
        self.first.set(unsafe { block.as_ref() }.next);
        self.count.set(self.count.get() - 1);
        Some(block)
    }

    /// Keeps a block, if there is room; returns whether it does.
    ///
    /// # Safety
    ///
    /// The block must be large enough, and nobody's.
    #[inline(always)]
    unsafe fn push(&self, block: NonNull<Free>) -> bool {
        if self.count.get() >= MOST_BLOCKS {
            return false;
        }
        let next = self.first.replace(Some(block));
        // SAFETY: the block is large enough, and nobody's.
        unsafe { block.write(Free { next }) };
        self.count.set(self.count.get() + 1);
        true
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        for (class, list) in self.0.iter().enumerate() {
            let layout = Layout::from_size_align((class * STEP).saturating_sub(WORD), STEP);
            let Ok(layout) = layout else { continue };
            while let Some(block) = list.pop() {
                // SAFETY: it was taken from there, with the layout of its class, and is nobody's.
                unsafe { alloc::dealloc(block.as_ptr().cast(), layout) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_a_word_short_of_a_multiple_of_a_step() {
        let layout = |size, align| Layout::from_size_align(size, align).unwrap();
        let blocks = |size| class_of(layout(size, 8)).unwrap();
        assert_eq!(blocks(1), (1, layout(8, STEP)));
        assert_eq!(blocks(8), (1, layout(8, STEP)));
        assert_eq!(blocks(9), (2, layout(24, STEP)));
        assert_eq!(blocks(184), (12, layout(184, STEP)));
        assert_eq!(blocks(185), (13, layout(200, STEP)));
        assert_eq!(blocks(488), (31, layout(488, STEP)));
        assert_eq!(class_of(layout(489, 8)), None);
        assert_eq!(class_of(layout(64, 16)), Some((5, layout(72, STEP))));
        assert_eq!(class_of(layout(64, 32)), None);
    }

    #[test]
    fn a_block_is_used_again_for_its_size_only() {
        let (small, large) = (Layout::new::<[u64; 20]>(), Layout::new::<[u64; 40]>());
        let first = take(small);
        // SAFETY: it was taken just now, and is not used.
        unsafe { give_back(first, small) };
        assert_ne!(take(large), first);
        assert_eq!(take(small), first);
        assert_ne!(take(small), first);
    }

    #[test]
    fn what_is_kept_is_limited() {
        let layout = Layout::new::<[u64; 10]>();
        let blocks: Vec<_> = (0..MOST_BLOCKS + 100).map(|_| take(layout)).collect();
        for block in blocks {
            // SAFETY: each was taken above, and is not used.
            unsafe { give_back(block, layout) };
        }
        let (class, _) = class_of(layout).unwrap();
        let kept = || BLOCKS.with(|blocks| blocks.0[class].count.get());
        assert_eq!(kept(), MOST_BLOCKS);
        take(layout);
        assert_eq!(kept(), MOST_BLOCKS - 1);
    }

    #[test]
    fn large_and_overaligned_blocks_come_from_the_system() {
        #[repr(align(64))]
        struct Aligned(#[allow(dead_code)] [u8; 64]);
        for layout in [Layout::new::<[u64; 1000]>(), Layout::new::<Aligned>()] {
            let block = take(layout);
            assert!(block.as_ptr().addr().is_multiple_of(layout.align()));
            // SAFETY: it was taken just now, and is not used.
            unsafe { give_back(block, layout) };
        }
    }
}
