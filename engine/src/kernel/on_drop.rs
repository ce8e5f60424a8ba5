//! What has to be done at the end of a scope, however that comes.

/// Calls a function when it is dropped, unless it was defused.
///
/// So the function is also called when `?` leaves the scope, and when a panic or a dropped coroutine
/// unwinds it.
pub(crate) struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    #[inline(always)]
    pub(crate) fn new(call: F) -> Self {
        Self(Some(call))
    }

    /// Keeps the function from being called.
    #[inline(always)]
    pub(crate) fn defuse(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
        }
    }
}
