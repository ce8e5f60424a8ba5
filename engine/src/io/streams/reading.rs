//! Reading: the operations of a reader.

use std::io::BufRead;

use super::reader_state::ReaderState;
use crate::errors::{IncompleteReadError, LimitOverrunError, ValueError};
use crate::kernel::Co;
use yieldfrom_delegation::{Error, Result};

impl ReaderState {
    #[inline(always)]
    pub(super) fn read(&self, co: &Co, n: Option<usize>) -> Result<Vec<u8>> {
        match n {
            None => self.read_all(co),
            Some(0) => self.read_exactly(co, 0),
            Some(n) => {
                while self.buffer.borrow().is_empty() {
                    self.check()?;
                    if self.ended.get() {
                        break;
                    }
                    self.wait_for_data(co, "read")?;
                }
                Ok(self.take(n))
            }
        }
    }

    fn read_all(&self, co: &Co) -> Result<Vec<u8>> {
        let mut all = CollectedData(self, Vec::new());
        loop {
            let block = self.take(usize::MAX);
            if all.1.is_empty() {
                all.1 = block;
            } else {
                all.1.extend_from_slice(&block);
            }
            if self.is_over() {
                break;
            }
            self.wait_for_data(co, "read")?;
        }
        if all.1.is_empty() {
            self.check()?;
        }
        Ok(std::mem::take(&mut all.1))
    }

    #[inline(always)]
    pub(super) fn read_exactly(&self, co: &Co, n: usize) -> Result<Vec<u8>> {
        if n == 0 && self.buffer.borrow().is_empty() {
            self.check()?;
        }
        while self.buffer.borrow().len() < n {
            if self.is_over() {
                return Err(self.incomplete(Some(n)));
            }
            self.wait_for_data(co, "readexactly")?;
        }
        Ok(self.take(n))
    }

    /// Reads up to a separator, which is not empty.
    #[inline(always)]
    pub(super) fn read_until(
        &self,
        co: &Co,
        separator: &[u8],
        operation: &'static str,
    ) -> Result<Vec<u8>> {
        // The position in the stream before which no separator begins.
        let mut searched = 0;
        loop {
            if let Some(end) = self.search(separator, &mut searched)? {
                return Ok(self.take(end));
            }
            // A separator may have come together with the end.
            if self.is_over() {
                return Err(self.incomplete(None));
            }
            self.wait_for_data(co, operation)?;
        }
    }

    /// Turns the error of `readuntil` into the result of `readline`, or of another operation for lines.
    #[cold]
    pub(super) fn no_line(&self, error: Error, operation: &str) -> Result<Vec<u8>> {
        let error = match error.downcast::<IncompleteReadError>() {
            Ok(incomplete) => return Ok(incomplete.into_partial()),
            Err(error) => error,
        };
        let Some(overrun) = error.downcast_ref::<LimitOverrunError>() else {
            return Err(error);
        };
        let why = format!("{operation}: {overrun}; the line is dropped");
        let consumed = overrun.consumed();
        let mut buffer = self.buffer.borrow_mut();
        if buffer.as_slice().get(consumed) == Some(&b'\n') {
            buffer.consume(consumed + 1);
        } else {
            buffer.clear();
        }
        drop(buffer);
        self.resume_if_low();
        Err(ValueError::new(why).into())
    }

    /// Returns why a read cannot be completed. The data that is left comes before the exception.
    #[cold]
    fn incomplete(&self, expected: Option<usize>) -> Error {
        if self.buffer.borrow().is_empty()
            && let Err(error) = self.check()
        {
            return error;
        }
        let partial = self.buffer.borrow_mut().take_all();
        IncompleteReadError::new(partial, expected).into()
    }

    /// Returns where the first separator ends, if there is one within the limit.
    fn search(&self, separator: &[u8], searched: &mut u64) -> Result<Option<usize>> {
        let buffer = self.buffer.borrow();
        let data = buffer.as_slice();
        // Another coroutine may have read meanwhile.
        let offset = searched.saturating_sub(buffer.taken());
        let offset = offset.min(data.len() as u64) as usize;
        if data.len() - offset < separator.len() {
            return Ok(None);
        }
        let found = find(&data[offset..], separator);
        let at = match found {
            Some(at) => offset + at,
            // The next search begins at the first byte that a separator may begin with.
            None => data.len() + 1 - separator.len(),
        };
        if at > self.limit {
            return Err(LimitOverrunError::new(found.is_some(), at).into());
        }
        *searched = buffer.taken() + at as u64;
        Ok(found.map(|_| at + separator.len()))
    }
}

/// Returns a line as text, without its end; none if there is no line.
pub(super) fn text_of(mut line: Vec<u8>) -> Result<Option<String>> {
    if line.is_empty() {
        return Ok(None);
    }
    if line.ends_with(b"\n") {
        line.pop();
        if line.ends_with(b"\r") {
            line.pop();
        }
    }
    let text = String::from_utf8(line).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        ValueError::new(format!(
            "line: the line is not valid UTF-8 from byte {at} on; it is dropped (`readline` reads bytes)"
        ))
    })?;
    Ok(Some(text))
}

/// The data that a read to the end has so far; if the read ends early, it goes back into the buffer.
struct CollectedData<'a>(&'a ReaderState, Vec<u8>);

impl Drop for CollectedData<'_> {
    fn drop(&mut self) {
        if !self.1.is_empty() {
            let front = std::mem::take(&mut self.1);
            self.0.buffer.borrow_mut().put_back(front);
        }
    }
}

/// Returns the position of the first `wanted` in `data`.
fn find(data: &[u8], wanted: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let mut at = 0;
    loop {
        at += find_byte(&data[at..], *first)?;
        if data[at + 1..].starts_with(rest) {
            return Some(at);
        }
        at += 1;
    }
}

/// Returns the position of the first `byte` in `data`, by the standard library's fast search.
fn find_byte(mut data: &[u8], byte: u8) -> Option<usize> {
    let all = data;
    let passed = data.skip_until(byte).ok()?;
    (passed > 0 && all[passed - 1] == byte).then(|| passed - 1)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn finds_what_a_plain_search_finds() {
        let data: Vec<u8> = (0..300_u32).map(|i| (i * i / 7 % 3) as u8).collect();
        for length in 1..6 {
            for (from, to) in [(0, 300), (3, 120), (200, 260), (5, 5), (298, 300)] {
                for wanted in data.windows(length).chain([&[3, 3][..], &[2, 2, 2, 2, 2]]) {
                    let data = &data[from..to];
                    let plain = data.windows(wanted.len()).position(|at| at == wanted);
                    assert_eq!(find(data, wanted), plain);
                }
            }
        }
    }
}
