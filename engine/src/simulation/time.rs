//! Numbers as times and amounts.

/// A number that can be a time or an amount: `f64`, `f32`, and the integers.
///
/// A simulation's times have no unit. They are kept as `f64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number of a simulation",
    label = "give a number, such as `5` or `2.5`"
)]
pub trait Number: sealed::Sealed + Copy {
    /// Returns the number as an `f64`.
    fn to_f64(self) -> f64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl sealed::Sealed for $type {}

        impl Number for $type {
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

numbers!(f64 f32 i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
