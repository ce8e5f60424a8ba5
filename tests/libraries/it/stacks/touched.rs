//! Which pages of a stack were touched.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::thread;

use yieldfrom::Co;
use yieldfrom::blocking::blocking;
use yieldfrom::delegation::stack;

use crate::support::run;

/// Much more than any library needs.
const SIZE: usize = 16 << 20;

const PAGE: usize = 4096;

/// What an entry of `/proc/self/pagemap` says of a page that is in memory, or was.
const PRESENT_OR_SWAPPED: u64 = 0b11 << 62;

/// Returns how many bytes of its stack a region has used that ran this operation, in whole pages.
pub(super) fn deepest_use(operation: &'static (dyn Fn() + Sync)) -> usize {
    // A thread of its own has new stacks, of which no page was touched.
    let measured = thread::spawn(move || {
        run(move |co: &Co| {
            let region = blocking(move || {
                operation();
                touched()
            });
            co.yield_from(region.stack_size(SIZE))
        })
    });
    measured.join().unwrap()
}

/// Returns how far down the stack of the caller was touched.
fn touched() -> usize {
    let bounds = stack::bounds().expect("it is called in a region");
    let map = File::open("/proc/self/pagemap").unwrap();
    // The lowest page is the guard, which is touched when the stack is made.
    let first = bounds.start.div_ceil(PAGE) + 1;
    let mut entries = vec![0; (bounds.end / PAGE - first) * 8];
    map.read_exact_at(&mut entries, first as u64 * 8).unwrap();
    let is_touched = |entry: &[u8]| {
        let entry = u64::from_ne_bytes(entry.try_into().expect("eight bytes"));
        entry & PRESENT_OR_SWAPPED != 0
    };
    let untouched = entries.chunks(8).position(is_touched);
    bounds.end - (first + untouched.expect("this function runs on it")) * PAGE
}
