//! What is sent and comes back.

/// A message, which no two round trips have alike.
pub(super) struct Message([u8; 64]);

impl Message {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|i| (7 * i) as u8))
    }

    /// Returns the next one.
    pub(super) fn next(&mut self) -> &[u8] {
        let (count, _) = self.0.split_first_chunk_mut().expect("it is longer");
        *count = u64::from_le_bytes(*count).wrapping_add(1).to_le_bytes();
        &self.0
    }

    /// Checks what has come back.
    pub(super) fn check(&self, answer: &[u8]) {
        assert!(answer == self.0, "the answer is another one");
    }
}
