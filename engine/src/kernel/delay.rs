//! Lengths of time, as programs write them.

use std::fmt;
use std::time::Duration;

mod sealed {
    pub trait Sealed {}
}

use sealed::Sealed;

/// A length of time: a [`Duration`], or a number of seconds, as asyncio takes it.
///
/// The numbers are all integers of up to 64 bits, and `f64`. A negative number is zero, as in asyncio, and
/// so is NaN. A positive one is at least a nanosecond. What is too long for a `Duration`, such as infinity,
/// is [`Duration::MAX`], which never ends.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use yieldfrom::{Co, EventLoop, sleep};
///
/// let event_loop = EventLoop::builder().virtual_clock().build()?;
/// event_loop.run_until_complete(|co: &Co| {
///     co.yield_from(sleep(1))?;
///     co.yield_from(sleep(0.25))?;
///     co.yield_from(sleep(Duration::from_millis(250)))
/// })?;
/// assert_eq!(event_loop.time(), Duration::from_secs_f64(1.5));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no length of time",
    label = "give a `Duration`, or a number of seconds such as `1` or `0.25`"
)]
pub trait IntoDelay: Sealed + Copy + fmt::Debug + 'static {
    /// Returns the length of time.
    fn into_delay(self) -> Duration;
}

/// How long something may take at most: a [`Duration`], or a number of seconds as for [`IntoDelay`], or
/// `None`, which sets no limit.
///
/// An `Option<Duration>` is one as well. For an optional number of seconds, write
/// `seconds.map(Duration::from_secs_f64)`: with more than one kind of `Option`, a plain `None` would need
/// a type.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, TimeoutError, sleep, wait_for};
///
/// EventLoop::builder().virtual_clock().run(|co: &Co| {
///     co.yield_from(wait_for(sleep(1), None))?;
///     let error = co.yield_from(wait_for(sleep(10), 1.5)).unwrap_err();
///     assert!(error.is::<TimeoutError>());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no limit of time",
    label = "give a `Duration`, a number of seconds such as `1` or `0.25`, or `None`"
)]
pub trait IntoTimeout: Sealed + Copy + fmt::Debug + 'static {
    /// Returns the limit, if there is one.
    fn into_timeout(self) -> Option<Duration>;
}

macro_rules! delays {
    ($($type:ty: |$this:ident| $delay:expr;)*) => {$(
        impl Sealed for $type {}

        impl IntoDelay for $type {
            #[inline]
            fn into_delay(self) -> Duration {
                let $this = self;
                $delay
            }
        }

        impl IntoTimeout for $type {
            #[inline]
            fn into_timeout(self) -> Option<Duration> {
                Some(self.into_delay())
            }
        }
    )*};
}

macro_rules! seconds {
    ($($integer:ty)*) => {
        delays! {$($integer: |seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0));)*}
    };
}

delays! {
    Duration: |delay| delay;
    f64: |seconds| seconds_f64(seconds);
}
seconds!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl Sealed for Option<Duration> {}

impl IntoTimeout for Option<Duration> {
    #[inline]
    fn into_timeout(self) -> Option<Duration> {
        self
    }
}

/// Converts seconds. To sleep for zero takes one turn of the loop and for more two, so a positive number
/// does not become zero.
fn seconds_f64(seconds: f64) -> Duration {
    if seconds > 0.0 {
        let delay = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        delay.max(Duration::from_nanos(1))
    } else {
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_seconds() {
        assert_eq!(3.into_delay(), Duration::from_secs(3));
        assert_eq!(0.25.into_delay(), Duration::from_millis(250));
        assert_eq!(u64::MAX.into_delay(), Duration::from_secs(u64::MAX));
        assert_eq!(1.5.into_timeout(), Some(Duration::from_millis(1500)));
        assert_eq!(None.into_timeout(), None);
    }

    #[test]
    fn negative_numbers_and_nan_are_zero_and_what_is_too_long_is_endless() {
        for zero in [0.0, -0.0, -1.5, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(zero.into_delay(), Duration::ZERO, "{zero}");
        }
        assert_eq!((-3).into_delay(), Duration::ZERO);
        assert_eq!(i64::MIN.into_timeout(), Some(Duration::ZERO));
        for endless in [1e300, f64::INFINITY] {
            assert_eq!(endless.into_delay(), Duration::MAX, "{endless}");
        }
        assert_eq!(1e-300.into_delay(), Duration::from_nanos(1));
    }
}
