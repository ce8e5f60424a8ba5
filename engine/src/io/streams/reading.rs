//! The waiting operations of a reader.

use std::io::BufRead;

use super::reader::StreamReader;
use super::state::State;
use crate::errors::{IncompleteReadError, LimitOverrunError, ValueError};
use crate::kernel::{Request, coroutine_operations};
use crate::{Co, Delegate, Error, Result};

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* };)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "reads nothing unless delegated to: co.yield_from(reader.read(n))?"]
        pub struct $name {
            pub(super) reader: StreamReader,
            $(pub(super) $field: $type,)*
        }
    )*};
}

operations! {
    /// Reads some bytes, when delegated to: see [`StreamReader::read`].
    Read { n: Option<usize> };
    /// Reads a line, when delegated to: see [`StreamReader::readline`].
    ReadLine {};
    /// Reads up to a separator, when delegated to: see [`StreamReader::readuntil`].
    ReadUntil { separator: Vec<u8> };
    /// Reads so many bytes, when delegated to: see [`StreamReader::readexactly`].
    ReadExactly { n: usize };
}

coroutine_operations! {
    [] Read => Vec<u8>, "StreamReader.read", |this| move |co: &Co| this.delegate(co);
    [] ReadLine => Vec<u8>, "StreamReader.readline", |this| move |co: &Co| this.delegate(co);
    [] ReadUntil => Vec<u8>, "StreamReader.readuntil", |this| move |co: &Co| this.delegate(co);
    [] ReadExactly => Vec<u8>, "StreamReader.readexactly", |this| move |co: &Co| this.delegate(co);
}

impl Delegate<Request, ()> for Read {
    type Output = Vec<u8>;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<u8>> {
        let state = self.reader.state();
        match self.n {
            None => read_all(state, co),
            Some(0) if !state.buffer.borrow().is_empty() => Ok(Vec::new()),
            Some(0) => state.check().map(|()| Vec::new()),
            Some(n) => {
                state.fill(co, "read")?;
                Ok(state.take(n))
            }
        }
    }
}

#[track_caller]
fn read_all(state: &State, co: &Co) -> Result<Vec<u8>> {
    let mut all = Collected(state, Vec::new());
    loop {
        let block = state.take(usize::MAX);
        if all.1.is_empty() {
            all.1 = block;
        } else {
            all.1.extend_from_slice(&block);
        }
        if state.is_over() {
            break;
        }
        state.wait_for_data(co, "read")?;
    }
    if all.1.is_empty() {
        state.check()?;
    }
    Ok(std::mem::take(&mut all.1))
}

/// What a read to the end has so far: goes back into the buffer if the read ends otherwise.
struct Collected<'a>(&'a State, Vec<u8>);

impl Drop for Collected<'_> {
    fn drop(&mut self) {
        if !self.1.is_empty() {
            let front = std::mem::take(&mut self.1);
            self.0.buffer.borrow_mut().put_back(front);
        }
    }
}

impl Delegate<Request, ()> for ReadExactly {
    type Output = Vec<u8>;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<u8>> {
        let state = self.reader.state();
        if self.n == 0 && state.buffer.borrow().is_empty() {
            state.check()?;
        }
        while state.buffer.borrow().len() < self.n {
            if state.is_over() {
                return Err(incomplete(state, Some(self.n)));
            }
            state.wait_for_data(co, "readexactly")?;
        }
        Ok(state.take(self.n))
    }
}

/// Returns why a read cannot be completed: what there is comes first, then the exception.
#[cold]
fn incomplete(state: &State, expected: Option<usize>) -> Error {
    if state.buffer.borrow().is_empty()
        && let Err(error) = state.check()
    {
        return error;
    }
    let partial = state.buffer.borrow_mut().take_all();
    IncompleteReadError::new(partial, expected).into()
}

impl Delegate<Request, ()> for ReadUntil {
    type Output = Vec<u8>;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<u8>> {
        let state = self.reader.state();
        if self.separator.is_empty() {
            let why = "readuntil: the separator is empty; give at least one byte";
            return Err(ValueError::new(why).into());
        }
        read_until(state, co, &self.separator, "readuntil")
    }
}

impl Delegate<Request, ()> for ReadLine {
    type Output = Vec<u8>;

    #[inline(always)]
    #[track_caller]
    fn delegate(self, co: &Co) -> Result<Vec<u8>> {
        let state = self.reader.state();
        read_until(state, co, b"\n", "readline").or_else(|error| no_line(state, error))
    }
}

/// Makes of what kept `readuntil` from a line what `readline` gives.
#[cold]
fn no_line(state: &State, error: Error) -> Result<Vec<u8>> {
    let error = match error.downcast::<IncompleteReadError>() {
        Ok(incomplete) => return Ok(incomplete.into_partial()),
        Err(error) => error,
    };
    let Some(overrun) = error.downcast_ref::<LimitOverrunError>() else {
        return Err(error);
    };
    let why = format!("readline: {overrun}; the line is dropped");
    let consumed = overrun.consumed();
    let mut buffer = state.buffer.borrow_mut();
    if buffer.as_slice().get(consumed) == Some(&b'\n') {
        buffer.consume(consumed + 1);
    } else {
        buffer.clear();
    }
    drop(buffer);
    state.resume_if_low();
    Err(ValueError::new(why).into())
}

#[inline(always)]
#[track_caller]
fn read_until(
    state: &State,
    co: &Co,
    separator: &[u8],
    operation: &'static str,
) -> Result<Vec<u8>> {
    // The place in the stream before which no separator begins.
    let mut searched = 0;
    loop {
        if let Some(end) = search(state, separator, &mut searched)? {
            return Ok(state.take(end));
        }
        // A separator may have come with the end.
        if state.is_over() {
            return Err(incomplete(state, None));
        }
        state.wait_for_data(co, operation)?;
    }
}

/// Returns where the first separator ends, if there is one within the limit.
fn search(state: &State, separator: &[u8], searched: &mut u64) -> Result<Option<usize>> {
    let buffer = state.buffer.borrow();
    let data = buffer.as_slice();
    // Somebody else may have read meanwhile.
    let offset = searched.saturating_sub(buffer.taken());
    let offset = usize::try_from(offset)
        .unwrap_or(usize::MAX)
        .min(data.len());
    if data.len() - offset < separator.len() {
        return Ok(None);
    }
    if let Some(found) = find(&data[offset..], separator) {
        let at = offset + found;
        return if at > state.limit {
            Err(LimitOverrunError::new(true, at).into())
        } else {
            Ok(Some(at + separator.len()))
        };
    }
    let offset = data.len() + 1 - separator.len();
    if offset > state.limit {
        return Err(LimitOverrunError::new(false, offset).into());
    }
    *searched = buffer.taken() + offset as u64;
    Ok(None)
}

/// Returns where `wanted` first stands in `data`.
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

/// Returns where a byte first stands in `data`, by the standard library's fast search.
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
