//! A queue of bytes: appended at the end, taken off at the front.

/// A queue of bytes in one piece of memory.
///
/// Taking bytes off only moves the start. The rest is moved to the front when room is needed, and
/// fewer bytes are left than were taken. An empty buffer owns no memory, so idle connections are
/// small.
#[derive(Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    /// How many bytes were ever taken off.
    taken: u64,
}

impl Buffer {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Returns how many bytes were ever taken off, which is the position of the first byte left.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    #[inline]
    pub(crate) fn extend(&mut self, data: &[u8]) {
        let full = self.bytes.capacity() - self.bytes.len() < data.len();
        if full && self.start >= self.len() {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(data);
    }

    /// Takes off the first `n` bytes, or all if there are fewer.
    #[inline]
    pub(crate) fn consume(&mut self, n: usize) {
        let n = n.min(self.len());
        self.taken += n as u64;
        self.start += n;
        if self.is_empty() {
            self.bytes = Vec::new();
            self.start = 0;
        }
    }

    /// Takes off the first `n` bytes, or all if there are fewer, and returns them.
    ///
    /// If that empties the buffer, it gives its memory away instead of a copy, unless most of that
    /// memory is unused.
    #[inline]
    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        let n = n.min(self.len());
        let whole = self.start == 0 && n == self.bytes.len();
        if whole && self.bytes.capacity() / 2 <= n {
            self.taken += n as u64;
            return std::mem::take(&mut self.bytes);
        }
        let front = self.as_slice()[..n].to_vec();
        self.consume(n);
        front
    }

    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.take(usize::MAX)
    }

    pub(crate) fn clear(&mut self) {
        self.consume(usize::MAX);
    }

    /// Puts the bytes back that were taken off last.
    pub(crate) fn put_back(&mut self, mut front: Vec<u8>) {
        self.taken -= front.len() as u64;
        front.extend_from_slice(self.as_slice());
        (self.bytes, self.start) = (front, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    #[test]
    fn bytes_come_off_in_their_order() {
        let mut buffer = Buffer::default();
        let (mut next_in, mut next_out) = (0_u32, 0_u32);
        for round in 0..2000_u32 {
            for _ in 0..(round * 7 % 13) {
                buffer.extend(&next_in.to_le_bytes());
                next_in += 1;
            }
            for _ in 0..(round * 5 % 13).min(next_in - next_out) {
                assert_eq!(buffer.take(4), next_out.to_le_bytes());
                next_out += 1;
            }
            assert_eq!(buffer.len() as u32, 4 * (next_in - next_out));
            assert_eq!(buffer.taken(), 4 * u64::from(next_out));
        }
        assert!(next_out > 1000);
    }

    #[test]
    fn an_empty_buffer_owns_no_memory_and_a_full_one_moves_little() {
        let mut buffer = Buffer::default();
        buffer.extend(&[7; 1000]);
        let at = buffer.as_slice().as_ptr();
        let whole = buffer.take(1000);
        assert_eq!(whole.as_ptr(), at, "it was handed over");
        assert_eq!(buffer.bytes.capacity(), 0);
        buffer.extend(&[7; 1000]);
        buffer.consume(1000);
        assert_eq!(buffer.bytes.capacity(), 0);
        for _ in 0..10_000 {
            buffer.extend(&[7; 100]);
            buffer.extend(&[7; 1]);
            buffer.consume(100);
            buffer.consume(1);
            buffer.extend(&[7; 1]);
            buffer.consume(1);
        }
        buffer.extend(&[1; 10]);
        for _ in 0..10_000 {
            buffer.extend(&[7; 100]);
            buffer.consume(100);
        }
        assert!(buffer.bytes.capacity() < 1000, "the front is used again");
    }

    #[test]
    fn what_is_put_back_comes_off_again() {
        let mut buffer = Buffer::default();
        buffer.extend(b"abcdef");
        let front = buffer.take(2);
        buffer.put_back(front);
        assert_eq!((buffer.taken(), buffer.take_all()), (0, b"abcdef".to_vec()));
    }
}
