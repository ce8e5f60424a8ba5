//! The stream that all traits are implemented for.

/// A stream for the traits of other crates.
///
/// [`new`](Self::new) takes what has [`PollRead`](yieldfrom::streams::PollRead) and
/// [`PollWrite`](yieldfrom::streams::PollWrite). The modules of this crate implement their traits for it, and have
/// examples.
#[derive(Debug)]
pub struct Io<S>(pub(crate) S);

impl<S> Io<S> {
    /// Adapts a stream.
    pub fn new(stream: S) -> Self {
        Self(stream)
    }

    /// Returns the stream.
    pub fn get_ref(&self) -> &S {
        &self.0
    }

    /// Returns the stream itself, as for another protocol after hyper's.
    pub fn into_inner(self) -> S {
        self.0
    }
}

/// Nothing in it is pinned.
impl<S> Unpin for Io<S> {}
