//! Flow control: when a protocol has to stop writing, and when it may go on.

use std::cell::Cell;

use crate::errors::ValueError;
use yieldfrom_delegation::Result;

const HIGH: usize = 64 << 10;

/// The marks of a transport's buffer, and whether its protocol is paused.
pub(super) struct Flow {
    high: Cell<usize>,
    low: Cell<usize>,
    paused: Cell<bool>,
}

impl Default for Flow {
    fn default() -> Self {
        Self {
            high: Cell::new(HIGH),
            low: Cell::new(HIGH / 4),
            paused: Cell::new(false),
        }
    }
}

impl Flow {
    /// Returns the low-water and the high-water mark.
    pub(super) fn limits(&self) -> (usize, usize) {
        (self.low.get(), self.high.get())
    }

    pub(super) fn set_limits(&self, high: Option<usize>, low: Option<usize>) -> Result<()> {
        let high = high.unwrap_or(low.map_or(HIGH, |low| low.saturating_mul(4)));
        let low = low.unwrap_or(high / 4);
        if low > high {
            let why = format!(
                "set_write_buffer_limits: the low-water mark {low} is above the high-water \
                 mark {high}"
            );
            return Err(ValueError::new(why).into());
        }
        self.high.set(high);
        self.low.set(low);
        Ok(())
    }

    /// Returns whether to pause the protocol now that `size` bytes are buffered.
    #[inline]
    pub(super) fn pauses(&self, size: usize) -> bool {
        size > self.high.get() && !self.paused.replace(true)
    }

    /// Returns whether to resume the protocol now that `size` bytes are buffered.
    #[inline]
    pub(super) fn resumes(&self, size: usize) -> bool {
        size <= self.low.get() && self.paused.replace(false)
    }
}

#[cfg(test)]
mod tests {
    use super::Flow;

    #[test]
    fn strictly_above_high_pauses_and_at_low_resumes() {
        let flow = Flow::default();
        flow.set_limits(Some(100), Some(10)).unwrap();
        assert!(!flow.pauses(100) && !flow.resumes(0), "it is not paused");
        assert!(flow.pauses(101) && !flow.pauses(102), "once");
        assert!(!flow.resumes(11) && flow.resumes(10) && !flow.resumes(0));
    }

    #[test]
    fn limits_follow_from_each_other() {
        let flow = Flow::default();
        let limits = |high, low| flow.set_limits(high, low).map(|()| flow.limits()).ok();
        assert_eq!(limits(None, None), Some((16 << 10, 64 << 10)));
        assert_eq!(limits(Some(100), None), Some((25, 100)));
        assert_eq!(limits(None, Some(100)), Some((100, 400)));
        assert_eq!(limits(Some(0), None), Some((0, 0)));
        assert_eq!(
            limits(None, Some(usize::MAX)),
            Some((usize::MAX, usize::MAX))
        );
        assert_eq!(limits(Some(1), Some(2)), None);
        assert_eq!(flow.limits(), (usize::MAX, usize::MAX), "nothing changed");
    }
}
