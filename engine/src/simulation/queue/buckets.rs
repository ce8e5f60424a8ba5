//! `Buckets`: what is scheduled for later, by time.
//!
//! The bits of a time are digits of six bits each. An item stands in the bucket of the first digit in which its time differs from
//! `base`, which is not after any of them. The bucket with the lowest digit that has something has the next items. These are the next
//! ones if they are few. If they are many, they are spread over the buckets of lower digits, which are empty then. So an item is moved
//! once or twice, and never compared with another one. This works as time does not go back.
//!
//! The field knows this as a radix heap, or as multi-level buckets.

use super::key::Item;

/// So many bits has a digit. With fewer, items would be moved more often.
const BITS: u32 = 6;
const DIGITS: usize = 1 << BITS;
const LEVELS: usize = 64_usize.div_ceil(BITS as usize);

pub(super) struct Buckets {
    base: u64,
    /// Bit `n`: a bucket of level `n` has something.
    levels: u32,
    /// Bit `n` of a level: the bucket of digit `n` has something.
    digits: [u64; LEVELS],
    /// Made when there is something to put in.
    buckets: Vec<Vec<Item>>,
    /// A bucket of which only the memory is used again.
    spare: Vec<Item>,
}

/// What [`Buckets::take_next`] has taken.
pub(super) struct Taken {
    pub(super) items: Vec<Item>,
    /// All that is left is not before this time.
    pub(super) end: u64,
    /// Whether all items have one time.
    pub(super) is_one_time: bool,
}

impl Buckets {
    pub(super) fn new() -> Self {
        Self {
            base: 0,
            levels: 0,
            digits: [0; LEVELS],
            buckets: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Sets what is not after any item that will come. There is no item now.
    pub(super) fn set_base(&mut self, base: u64) {
        self.base = base;
        if self.buckets.is_empty() {
            self.buckets.resize_with(LEVELS * DIGITS, Vec::new);
        }
    }

    /// Returns what no item is before.
    pub(super) fn base(&self) -> u64 {
        self.base
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.levels == 0
    }

    #[inline(always)]
    pub(super) fn push(&mut self, item: Item) {
        debug_assert!(item.key.time >= self.base, "it would come too late");
        let differs = item.key.time ^ self.base;
        let level = (differs | 1).ilog2() / BITS;
        let digit = (item.key.time >> (level * BITS)) as usize % DIGITS;
        self.levels |= 1 << level;
        self.digits[level as usize] |= 1 << digit;
        self.buckets[level as usize * DIGITS + digit].push(item);
    }

    /// Returns the level and the digit of the bucket that has the next items.
    fn next(&self) -> Option<(usize, usize)> {
        if self.is_empty() {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some((level, self.digits[level].trailing_zeros() as usize))
    }

    pub(super) fn next_item(&self) -> Option<Item> {
        let (level, digit) = self.next()?;
        let bucket = &self.buckets[level * DIGITS + digit];
        bucket.iter().copied().min_by_key(|item| item.key)
    }

    /// Takes the next items out, in the order in which they came. Whoever has put them elsewhere gives the list back by
    /// [`give_back`](Self::give_back).
    pub(super) fn take_next(&mut self) -> Option<Taken> {
        let (level, digit) = self.next()?;
        let spare = std::mem::take(&mut self.spare);
        let items = std::mem::replace(&mut self.buckets[level * DIGITS + digit], spare);
        self.digits[level] &= !(1 << digit);
        if self.digits[level] == 0 {
            self.levels &= !(1 << level);
        }
        let width = 1 << (level as u32 * BITS);
        self.base = items.first()?.key.time & !(width - 1);
        Some(Taken {
            items,
            end: self.base.saturating_add(width),
            is_one_time: level == 0,
        })
    }

    pub(super) fn give_back(&mut self, mut items: Vec<Item>) {
        items.clear();
        self.spare = items;
    }
}
