//! Hints to the processor's cache, for crowds: by groups.

use std::rc::Rc;

/// So many things are fetched together: with a crowd, the processor does not know their pages. It looks for
/// several pages at a time if the prefetches stand side by side.
pub(super) const GROUP: usize = 8;

/// Fetches the first two cache lines of a counted object.
#[inline(always)]
pub(super) fn fetch<T: ?Sized>(what: &Rc<T>) {
    let address: *const u8 = Rc::as_ptr(what).cast();
    yieldfrom_delegation::prefetch(address);
    yieldfrom_delegation::prefetch(address.wrapping_add(64));
}
