//! A function that is called at the end of a scope, however that ends.

/// Calls a function with its value when it is dropped, unless it was dismissed before.
///
/// A coroutine that waits may be cancelled or dropped. Then it drops this.
pub(super) struct Cleanup<T> {
    value: Option<T>,
    clean: fn(&T),
}

impl<T> Cleanup<T> {
    pub(super) fn new(value: T, clean: fn(&T)) -> Self {
        let value = Some(value);
        Self { value, clean }
    }

    /// Returns the value, and does not call the function.
    pub(super) fn dismiss(mut self) -> T {
        self.value.take().expect("only this takes it out")
    }
}

impl<T> Drop for Cleanup<T> {
    fn drop(&mut self) {
        if let Some(value) = &self.value {
            (self.clean)(value);
        }
    }
}
