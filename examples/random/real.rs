//! The operations on real numbers that Python's differ in from Rust's.

use std::hint::black_box;

/// Returns `base` to the power of `exponent`, as Python's `**`.
///
/// Panics where Python raises an exception: for a negative power of zero, and for a result that is too large.
#[track_caller]
pub(super) fn power(base: f64, exponent: f64, function: &str) -> f64 {
    assert!(
        base != 0.0 || exponent >= 0.0,
        "Random.{function}: a negative power of zero"
    );
    // LLVM makes a power of 0.5 a square root, and one of -1 a quotient, if it sees the exponent. The C library's `pow`,
    // which CPython calls, gives another last bit once in about a thousand times.
    let result = base.powf(black_box(exponent));
    assert_in_range(result, &[base, exponent], function);
    result
}

/// Returns `e` to the power of `exponent`, as Python's `math.exp`.
///
/// Panics where Python raises an exception: if the result is too large.
#[track_caller]
pub(super) fn exp(exponent: f64, function: &str) -> f64 {
    let result = exponent.exp();
    assert_in_range(result, &[exponent], function);
    result
}

/// Returns the remainder that has the sign of the divisor, as Python's `%`.
pub(super) fn modulo(dividend: f64, divisor: f64) -> f64 {
    let remainder = dividend % divisor;
    if remainder == 0.0 {
        0.0_f64.copysign(divisor)
    } else if (remainder < 0.0) != (divisor < 0.0) {
        remainder + divisor
    } else {
        remainder
    }
}

#[track_caller]
fn assert_in_range(result: f64, arguments: &[f64], function: &str) {
    let too_large = result.is_infinite() && arguments.iter().all(|argument| argument.is_finite());
    assert!(!too_large, "Random.{function}: the number is too large");
}
