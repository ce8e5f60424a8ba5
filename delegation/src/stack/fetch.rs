//! A hint to the processor.

/// Fetches the cache line at an address, because a use of it follows soon.
///
/// This is a hint to the processor. It reads nothing, so every address is allowed. On processors
/// other than x86-64 it does nothing.
///
/// # Examples
///
/// ```
/// let numbers = vec![1; 1000];
/// yieldfrom_delegation::prefetch(&raw const numbers[500]);
/// let first: i32 = numbers[..100].iter().sum(); // meanwhile the memory arrives
/// assert_eq!(first + numbers[500], 101);
/// ```
#[inline(always)]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: prefetching is a hint, for which every address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
