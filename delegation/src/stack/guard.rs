//! Guard pages, and advice to the kernel about many slots in one system call.

use std::env;
use std::fs;
use std::io;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The `MADV_GUARD_INSTALL` of Linux 6.13.
const MADV_GUARD_INSTALL: libc::c_int = 102;

/// The largest number of slots for one `process_madvise`: the `UIO_MAXIOV` of the kernel.
pub(super) const BATCH: usize = 1024;

/// Up to this number, advice about each slot by itself takes less time: `process_madvise` needs a
/// descriptor of the process, and to open and close it takes as long as advice about 20 slots.
const FEW: usize = 16;

/// The number of guards that `mprotect` has made in this process.
static PROTECTED: AtomicUsize = AtomicUsize::new(0);

/// Installs guards of one page at `first`, `first + stride`, and so on.
pub(super) fn install(
    first: usize,
    stride: usize,
    count: usize,
    page: usize,
) -> Result<(), String> {
    if !takes_advice(first, page) {
        return protect(&PROTECTED, first, stride, count, page);
    }
    let guards = (0..count).map(|i| first + i * stride);
    advise(guards, page, MADV_GUARD_INSTALL).map_err(|e| format!("can't install guard pages: {e}"))
}

/// Returns whether the kernel makes guards by advice.
///
/// The first call decides it for the process, by making the page `probe` a guard. A kernel that does
/// is Linux 6.13 or later.
pub(super) fn takes_advice(probe: usize, page: usize) -> bool {
    static ADVICE: OnceLock<bool> = OnceLock::new();
    *ADVICE.get_or_init(|| {
        let forced = env::var_os("YIELDFROM_STACK_GUARD").is_some_and(|value| value == "mprotect");
        cfg!(target_os = "linux") && !forced && advise_one(probe, page, MADV_GUARD_INSTALL).is_ok()
    })
}

/// Returns for how many slots to install guards at once, after `made` slots.
pub(super) fn batch(made: usize) -> usize {
    // It begins with one, so that a program with three generators does not pay for a thousand.
    made.clamp(1, BATCH)
}

/// Makes guards by `mprotect`, and counts them in `protected`.
fn protect(
    protected: &AtomicUsize,
    first: usize,
    stride: usize,
    count: usize,
    page: usize,
) -> Result<(), String> {
    let limit = protection_limit();
    let before = protected.fetch_add(count, Ordering::Relaxed);
    if before + count > limit {
        protected.fetch_sub(count, Ordering::Relaxed);
        return Err(format!(
            "out of stacks: {before} guard pages take two memory mappings each, and a process that runs out of them \
             hangs. Raise vm.max_map_count, or use Linux 6.13 or later, where guards take none"
        ));
    }
    for made in 0..count {
        if let Err(error) = set_protection(first + made * stride, page, libc::PROT_NONE) {
            // The next attempt makes all of them again, and counts them again.
            for i in 0..made {
                // A page that stays protected is still a valid guard.
                let _ = set_protection(first + i * stride, page, OPEN);
            }
            protected.fetch_sub(count, Ordering::Relaxed);
            return Err(format!("can't protect a guard page: {error}"));
        }
    }
    Ok(())
}

/// The access to the pages of a stack.
const OPEN: libc::c_int = libc::PROT_READ | libc::PROT_WRITE;

fn set_protection(start: usize, page: usize, protection: libc::c_int) -> io::Result<()> {
    let start = ptr::with_exposed_provenance_mut(start);
    // SAFETY: the page belongs to a slot that was never taken, so nothing uses it.
    match unsafe { libc::mprotect(start, page, protection) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns how many guards `mprotect` may make. Each takes two mappings, and a tenth of the
/// mappings stays free.
fn protection_limit() -> usize {
    const LINUX_DEFAULT: usize = 65_530;
    static LIMIT: OnceLock<usize> = OnceLock::new();
    *LIMIT.get_or_init(|| {
        let setting = fs::read_to_string("/proc/sys/vm/max_map_count").ok();
        let mappings = setting
            .and_then(|text| text.trim().parse().ok())
            .unwrap_or(LINUX_DEFAULT);
        (mappings / 2 / 10 * 9).max(1)
    })
}

/// Subtracts the guards of a slab that was unmapped.
pub(super) fn forget(count: usize) {
    let _ = PROTECTED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
        Some(n.saturating_sub(count))
    });
}

/// Gives the memory of slots back to the system. Their guards stay.
pub(super) fn release(slots: &[usize], size: usize, page: usize) {
    // A range that cannot be released keeps its memory, which does no harm.
    let _ = advise(
        slots.iter().map(|limit| limit + page),
        size - page,
        libc::MADV_DONTNEED,
    );
}

/// Gives the kernel advice about several ranges of `len` bytes.
fn advise(ranges: impl Iterator<Item = usize>, len: usize, advice: libc::c_int) -> io::Result<()> {
    let ranges: Vec<libc::iovec> = ranges
        .map(|start| libc::iovec {
            iov_base: ptr::with_exposed_provenance_mut(start),
            iov_len: len,
        })
        .collect();
    let mut done = 0;
    #[cfg(target_os = "linux")]
    // Only the last batch may be small: it is left to the loop below.
    for batch in ranges.chunks(BATCH).filter(|batch| batch.len() > FEW) {
        let advised = process_madvise(batch, advice)?;
        done += advised / len;
        if advised != batch.len() * len {
            break;
        }
    }
    for range in &ranges[done..] {
        advise_one(range.iov_base.addr(), len, advice)?;
    }
    Ok(())
}

/// Gives advice in one system call, and returns the number of bytes that it concerned. It is 0 if
/// the kernel has no such call.
#[cfg(target_os = "linux")]
fn process_madvise(ranges: &[libc::iovec], advice: libc::c_int) -> io::Result<usize> {
    // The descriptor is opened each time. A descriptor that was kept would still mean the parent
    // process after a fork.
    // SAFETY: the call takes numbers and returns a new descriptor.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, libc::getpid(), 0) };
    if pidfd < 0 {
        return Ok(0);
    }
    // SAFETY: `ranges` are readable during the call, and the advice concerns guards, or slots that
    // nothing uses.
    let advised = unsafe {
        libc::syscall(
            libc::SYS_process_madvise,
            pidfd,
            ranges.as_ptr(),
            ranges.len(),
            advice,
            0,
        )
    };
    #[expect(clippy::cast_possible_truncation, reason = "a descriptor is an int")]
    let pidfd = pidfd as libc::c_int;
    // SAFETY: the descriptor was opened above, and nothing else uses it.
    unsafe { libc::close(pidfd) };
    Ok(usize::try_from(advised).unwrap_or(0))
}

fn advise_one(start: usize, len: usize, advice: libc::c_int) -> io::Result<()> {
    // SAFETY: the range is a guard, or belongs to slots that nothing uses.
    match unsafe { libc::madvise(ptr::with_exposed_provenance_mut(start), len, advice) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::slab::{Slab, page_size};
    use super::*;

    #[test]
    fn guards_that_fail_half_way_are_not_counted() {
        let page = page_size();
        let slab = Slab::map(2, page).unwrap();
        let first = slab.start;
        let count = AtomicUsize::new(0);
        // With this stride, the second guard lies where no process has memory.
        let stride = (usize::MAX / 2 - first) / page * page;
        assert!(protect(&count, first, page, 2, page).is_ok());
        assert_eq!(count.load(Ordering::Relaxed), 2);
        set_protection(first, page, OPEN).unwrap();
        assert!(protect(&count, first, stride, 2, page).is_err());
        assert_eq!(count.load(Ordering::Relaxed), 2);
        let word: *mut u8 = ptr::with_exposed_provenance_mut(first);
        // SAFETY: the page belongs to the slab above, and is open for writing if the test passes.
        unsafe { word.write_volatile(1) };
        // SAFETY: nothing uses it.
        unsafe { slab.unmap() };
    }
}
