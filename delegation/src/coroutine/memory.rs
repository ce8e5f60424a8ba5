//! Memory for generators. A block that was given back is the next one to be taken.
//!
//! A generator takes a block of about 200 bytes. Most allocators have no quick list for this size,
//! so they take several times as long as a switch. Here each thread keeps a limited number of free
//! blocks of each size. All others go to the global allocator.

use std::alloc::{self, Layout, handle_alloc_error};
use std::cell::Cell;
use std::ptr::NonNull;

/// Block sizes are a multiple of this, less one word. Common allocators cut their memory in this
/// way.
const STEP: usize = 16;
const WORD: usize = size_of::<usize>();
/// Blocks of this many steps or more are not kept.
const CLASSES: usize = 32;
/// At most this many free blocks of each size are kept.
const MOST_BLOCKS: u32 = 4096;

/// A free block, which points to the next one.
struct Free {
    next: Option<NonNull<Free>>,
}

/// The free blocks of one size.
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

/// Returns the index of the list for a layout, and the layout of the blocks on that list.
#[inline(always)]
fn class_of(layout: Layout) -> Option<(usize, Layout)> {
    // The size is not zero. `div_ceil` takes four instructions more.
    let class = (layout.size() + WORD - 1) / STEP + 1;
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
/// `take` must have returned this block for this layout, and nothing may use it any more.
#[inline]
pub(super) unsafe fn give_back(block: NonNull<u8>, layout: Layout) {
    let Some((class, layout)) = class_of(layout) else {
        // SAFETY: `take` has got this block from the allocator, with this layout.
        return unsafe { alloc::dealloc(block.as_ptr(), layout) };
    };
    let kept = BLOCKS.try_with(|blocks| {
        // SAFETY: the caller promises that nothing uses the block, and blocks of a list have room
        // for a `Free`.
        unsafe { blocks.0[class].push(block.cast()) }
    });
    if kept != Ok(true) {
        // SAFETY: `take` has got this block from the allocator, with the layout of its list.
        unsafe { alloc::dealloc(block.as_ptr(), layout) };
    }
}

#[cold]
fn from_system(layout: Layout) -> NonNull<u8> {
    debug_assert!(layout.size() > 0, "a generator has a node at least");
    // SAFETY: the size is not zero, because each generator has a node.
    let block = unsafe { alloc::alloc(layout) };
    NonNull::new(block).unwrap_or_else(|| handle_alloc_error(layout))
}

impl FreeList {
    #[inline(always)]
    fn pop(&self) -> Option<NonNull<Free>> {
        let block = self.first.get()?;
        // SAFETY: `push` has written the block, and nothing else uses a block on the list.
        self.first.set(unsafe { block.as_ref() }.next);
        self.count.set(self.count.get() - 1);
        Some(block)
    }

    /// Keeps a block if there is room, and returns whether it does.
    ///
    /// # Safety
    ///
    /// The block must have room for a `Free`, and nothing else may use it.
    #[inline(always)]
    unsafe fn push(&self, block: NonNull<Free>) -> bool {
        if self.count.get() >= MOST_BLOCKS {
            return false;
        }
        let next = self.first.replace(Some(block));
        // SAFETY: the caller promises both: the block has room, and nothing else uses it.
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
                // SAFETY: `take` has got this block from the allocator, with the layout of its
                // list, and nothing uses it.
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
    fn the_number_of_kept_blocks_is_limited() {
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
