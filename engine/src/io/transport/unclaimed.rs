//! A transport or a server that is being made, and that nobody has yet.

/// Closes what it holds when it is dropped, unless it was claimed before.
///
/// The wait for a new transport or server may be cancelled. Then its coroutine drops this.
pub(super) struct Unclaimed<T> {
    made: Option<T>,
    close: fn(&T),
}

impl<T> Unclaimed<T> {
    pub(super) fn new(made: T, close: fn(&T)) -> Self {
        let made = Some(made);
        Self { made, close }
    }

    pub(super) fn claim(mut self) -> T {
        self.made.take().expect("only this takes it out")
    }
}

impl<T> Drop for Unclaimed<T> {
    fn drop(&mut self) {
        if let Some(made) = &self.made {
            (self.close)(made);
        }
    }
}
