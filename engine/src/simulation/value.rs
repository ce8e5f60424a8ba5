//! How values are kept without their types.

use std::any::{Any, TypeId};
use std::rc::Rc;

/// Returns the only value of `()`, if the type is that.
#[inline(always)]
pub(super) fn unit<T: 'static>() -> Option<T> {
    same(())
}

/// Returns this value, if the type is that of the value.
#[inline(always)]
pub(super) fn same<V: 'static, T: 'static>(value: V) -> Option<T> {
    let mut value = Some(value);
    let same: Option<&mut Option<T>> = (&mut value as &mut dyn Any).downcast_mut();
    same.and_then(Option::take)
}

/// Makes a value such that a node can keep it. One of type `()` takes no memory.
#[inline(always)]
pub(super) fn stored<T: 'static>(value: T) -> Option<Rc<dyn Any>> {
    if TypeId::of::<T>() == TypeId::of::<()>() {
        return None;
    }
    Some(Rc::new(value))
}
