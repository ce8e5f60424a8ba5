//! The two directions of a stream, apart.

use std::fmt;
use std::os::fd::AsFd;
use std::rc::Rc;

use rustix::net::Shutdown;

use super::Stream;
use crate::Result;
use crate::errors::ValueError;
use crate::io::source::Source;

/// The reading half of a stream, borrowed: see [`Stream::split`].
pub struct ReadHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The writing half of a stream, borrowed: see [`Stream::split`].
pub struct WriteHalf<'a, S: AsFd> {
    pub(super) source: &'a Source<S>,
}

/// The reading half of a stream: see [`Stream::into_split`].
pub struct OwnedReadHalf<S: AsFd> {
    pub(super) source: Rc<Source<S>>,
}

/// The writing half of a stream: see [`Stream::into_split`].
pub struct OwnedWriteHalf<S: AsFd> {
    /// None only once the halves are whole again.
    pub(super) source: Option<Rc<Source<S>>>,
}

impl<S: AsFd> OwnedReadHalf<S> {
    /// Makes a stream of the two halves again.
    ///
    /// # Errors
    ///
    /// [`ValueError`]: the halves are not those of one stream. Both are dropped.
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
        if !Rc::ptr_eq(&self.source, writer.source()) {
            let why = "reunite: these are halves of different streams";
            return Err(ValueError::new(why).into());
        }
        drop(writer.source.take());
        Ok(Stream {
            source: self.source,
        })
    }
}

impl<S: AsFd> OwnedWriteHalf<S> {
    pub(super) fn source(&self) -> &Rc<Source<S>> {
        let source = self.source.as_ref();
        source.expect("only what consumes it moves it out")
    }
}

/// The peer sees the end, though the reading half may live on.
impl<S: AsFd> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if let Some(source) = &self.source {
            // It fails where the connection is gone, which is as good.
            let _ = rustix::net::shutdown(source.get(), Shutdown::Write);
        }
    }
}

macro_rules! debug {
    ($($type:ident<$($lifetime:lifetime,)? S>,)*) => {$(
        impl<S: AsFd> fmt::Debug for $type<$($lifetime,)? S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    )*};
}

debug! {
    ReadHalf<'_, S>,
    WriteHalf<'_, S>,
    OwnedReadHalf<S>,
    OwnedWriteHalf<S>,
}
