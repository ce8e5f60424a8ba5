//! Lists of futures.

use std::collections::HashSet;
use std::rc::Rc;

use crate::kernel::{Future, Waitable};

/// Leaves each future in the list once, in the order in which they first come.
pub(super) fn distinct<T: 'static>(mut futures: Vec<Future<T>>) -> Vec<Future<T>> {
    let mut seen = HashSet::new();
    futures.retain(|future| seen.insert(future.inner.address()));
    futures
}

/// Returns the futures that are not done, as reports want them.
pub(super) fn pending<'a, T: 'static>(
    futures: impl IntoIterator<Item = &'a Future<T>>,
) -> impl Iterator<Item = Rc<dyn Waitable>> {
    let pending = futures.into_iter().filter(|future| !future.done());
    pending.map(|future| Rc::clone(&future.inner) as Rc<dyn Waitable>)
}
