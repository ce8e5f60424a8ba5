//! The halves of a stream: one reads, the other one writes.

use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::net::Shutdown;

use super::Stream;
use crate::errors::ValueError;
use crate::io::source::Source;
use yieldfrom_delegation::Result;

/// The reading half of a stream, borrowed: see [`Stream::split`].
#[derive(Debug)]
pub struct ReadHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The writing half of a stream, borrowed: see [`Stream::split`].
#[derive(Debug)]
pub struct WriteHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The reading half of a stream: see [`Stream::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
}

/// The writing half of a stream: see [`Stream::into_split`].
#[derive(Debug)]
pub struct OwnedWriteHalf<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
    /// Whether the peer sees the end when this is dropped.
    pub(super) ends: bool,
}

impl<S: AsFd> OwnedReadHalf<S> {
    /// Puts the two halves together to a stream again.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the halves belong to different streams. Both are dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::net::UnixStream;
    ///
    /// let (one, other) = UnixStream::pair()?;
    /// let (reader, writer) = one.into_split();
    /// let one = reader.reunite(writer)?;
    /// assert!(one.into_split().0.reunite(other.into_split().1).is_err());
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    pub fn reunite(self, mut writer: OwnedWriteHalf<S>) -> Result<Stream<S>> {
        if !Rc::ptr_eq(&self.source, &writer.source) {
            let why = "reunite: these are halves of different streams";
            return Err(ValueError::new(why).into());
        }
        writer.ends = false;
        drop(writer);
        Ok(Stream {
            source: self.source,
        })
    }
}

/// The peer sees the end, even if the reading half lives on.
impl<S: AsFd> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if self.ends {
            // It fails if the connection is gone; the peer does not need to be told then.
            let _ = rustix::net::shutdown(self.source.get(), Shutdown::Write);
        }
    }
}
