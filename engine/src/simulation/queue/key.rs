//! `Key`: what scheduled events are ordered by.

use std::cmp::Ordering;

use super::Priority;

/// What is compared: the time, and below it the priority and the number of the scheduling.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    /// The time as a number: these are in the order of times.
    pub(super) time: u64,
    pub(super) order: u64,
}

impl Key {
    /// Both parts as one number: the processor compares these without a jump.
    #[inline(always)]
    fn number(self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.order)
    }
}

impl PartialOrd for Key {
    #[inline(always)]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }

    #[inline(always)]
    fn lt(&self, other: &Self) -> bool {
        self.number() < other.number()
    }

    #[inline(always)]
    fn le(&self, other: &Self) -> bool {
        self.number() <= other.number()
    }
}

impl Ord for Key {
    #[inline(always)]
    fn cmp(&self, other: &Self) -> Ordering {
        self.number().cmp(&other.number())
    }
}

/// The highest bit of `order`.
pub(super) const NORMAL: u64 = 1 << 63;

const SIGN: u64 = 1 << 63;

impl Key {
    #[inline(always)]
    pub(super) fn new(time: f64, priority: Priority, number: u64) -> Self {
        // Zero has two signs, and is one time. Adding a zero makes both the same.
        let bits = (time + 0.0).to_bits();
        let time = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        let order = match priority {
            Priority::Urgent => number,
            Priority::Normal => number | NORMAL,
        };
        Self { time, order }
    }

    #[inline(always)]
    pub(super) fn time(self) -> f64 {
        let bits = self.time;
        f64::from_bits(if bits & SIGN == 0 {
            !bits
        } else {
            bits & !SIGN
        })
    }
}

/// An event that is scheduled for later: its key, and the slot where it stands. So this can simply be copied.
#[derive(Clone, Copy)]
pub(super) struct Item {
    pub(super) key: Key,
    pub(super) slot: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_keep_their_order_as_keys() {
        let times = [
            f64::NEG_INFINITY,
            -2.5,
            -0.0,
            1e-300,
            1.0,
            1e300,
            f64::INFINITY,
        ];
        let keys = times.map(|time| Key::new(time, Priority::Normal, 0));
        assert!(keys.is_sorted() && keys.map(Key::time) == times);
        assert!(Key::new(0.0, Priority::Urgent, 9) == Key::new(-0.0, Priority::Urgent, 9));
    }
}
