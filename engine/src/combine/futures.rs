//! Lists of futures.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::kernel::{AnyFuture, AnyTask, Future, FutureObject, Task, Waitable};

/// Leaves each future in the list once, in the order in which they first come.
///
/// A mark in each future takes some ten instructions; a set would hash each address and look it up. No code
/// of the program runs while there are marks: a duplicate that is dropped is never the last handle.
pub(super) fn retain_distinct<H: AsObject>(futures: &mut Vec<H>) {
    futures.retain(|future| !future.as_object().mark());
    futures
        .iter()
        .for_each(|future| future.as_object().unmark());
}

/// A handle of a future or task.
pub(super) trait AsObject {
    fn as_object(&self) -> &dyn FutureObject;

    /// Returns another handle, without the result type.
    fn to_object(&self) -> AnyFuture;
}

impl<T: 'static> AsObject for Future<T> {
    fn as_object(&self) -> &dyn FutureObject {
        &*self.inner
    }

    fn to_object(&self) -> AnyFuture {
        Rc::clone(&self.inner) as _
    }
}

impl<T: 'static> AsObject for Task<T> {
    fn as_object(&self) -> &dyn FutureObject {
        &*self.inner
    }

    fn to_object(&self) -> AnyFuture {
        Rc::clone(&self.inner) as _
    }
}

impl AsObject for AnyTask {
    fn as_object(&self) -> &dyn FutureObject {
        &*self.0
    }

    fn to_object(&self) -> AnyFuture {
        Rc::clone(&self.0) as _
    }
}

/// A set of futures that are alive, by their addresses. Code of the program may run while it is there.
#[derive(Default)]
pub(super) struct FutureSet(HashSet<usize, BuildHasherDefault<AddressHasher>>);

impl FutureSet {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(HashSet::with_capacity_and_hasher(
            capacity,
            BuildHasherDefault::default(),
        ))
    }

    /// Adds a future, and returns whether it was not there before.
    pub(super) fn insert(&mut self, future: &dyn FutureObject) -> bool {
        self.0.insert(future.address().addr())
    }
}

/// Scatters the bits of an address, by one multiplication. Nobody can choose addresses, so the hasher of the
/// standard library, which takes several times as long, would protect from nothing.
#[derive(Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("an address is a usize");
    }

    fn write_usize(&mut self, address: usize) {
        // The golden ratio. A table uses the lowest bits and the highest, and the product has its best
        // bits at the top.
        let product = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product.rotate_left(26);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns the futures that are not done, as reports want them.
pub(super) fn pending<'a, H: AsObject + 'a>(
    futures: impl IntoIterator<Item = &'a H>,
) -> impl Iterator<Item = Rc<dyn Waitable>> {
    let futures = futures.into_iter();
    let pending = futures.filter(|future| !future.as_object().is_done());
    pending.map(|future| future.to_object() as Rc<dyn Waitable>)
}
