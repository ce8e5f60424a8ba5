//! The memory that the system has available.

use std::fs;

use super::slab::page_size;

/// Returns whether the system has one page for each of `count` stacks, and 64 MiB to spare.
///
/// If memory ran out, the system would kill the program. With this check it gets an error instead.
pub(super) fn has_memory_for(count: usize) -> bool {
    const SPARE_KB: usize = 64 << 10;
    let Ok(text) = fs::read_to_string("/proc/meminfo") else {
        return true;
    };
    let kb_of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse::<usize>().ok()
    };
    let Some(available) = kb_of("MemAvailable:") else {
        return true;
    };
    available + kb_of("SwapFree:").unwrap_or(0) > SPARE_KB + count * page_size() / 1024
}
