//! Sending a file over a transport.

use std::fs::File;
use std::io;
use std::rc::Rc;

use super::carrier::Carrier;
use super::protocol::{Stream, Transport};
use crate::errors::RuntimeError;
use crate::io::sendfile::send_file;
use crate::kernel::{Co, OnDrop, Operation, Reason, Waiter};
use yieldfrom_delegation::Result;

impl Stream {
    /// Waits until all that was written is with the system, or the connection is lost.
    fn drained(&self, co: &Co) -> Result<()> {
        while self.buffered() > 0 && !self.state.is_lost() {
            let waiter = Waiter::new(Reason::method("Transport", "sendfile"));
            let before = self.draining.replace(Some(Rc::clone(&waiter)));
            if let Some(before) = before {
                self.draining.set(Some(before));
                let why = "sendfile: another file is being sent over this transport";
                return Err(RuntimeError::new(why).into());
            }
            // Another one may have taken the place since this one was woken.
            let _leave = OnDrop::new(|| {
                let others = self.draining.take().filter(|it| !Rc::ptr_eq(it, &waiter));
                self.draining.set(others);
            });
            waiter.wait(co)?;
        }
        if self.state.is_lost() {
            let why = "sendfile: the connection is lost";
            return Err(io::Error::new(io::ErrorKind::ConnectionReset, why).into());
        }
        Ok(())
    }

    pub(super) fn wake_draining(&self) {
        if let Some(waiter) = self.draining.take() {
            waiter.wake();
        }
    }
}

impl Transport {
    /// Sends a file from `offset` on, `count` bytes of it or all, and returns how many it has sent: asyncio's
    /// `loop.sendfile`.
    ///
    /// It reads 256 KiB at a time on another thread, and reads on when these are with the system: asyncio's fallback.
    /// So it works with TLS as well. [`sock_sendfile`](crate::EventLoop::sock_sendfile) has the system send a file.
    /// Afterwards the position in the file is behind what was written, also if this fails or is cancelled.
    ///
    /// # Errors
    ///
    /// `yield_from` gives the error of the file; `ConnectionReset` if the connection is lost; a
    /// [`ValueError`](crate::ValueError) for a count of zero; a [`RuntimeError`] if another file is being sent, or
    /// this half was ended.
    #[must_use = "it happens when a coroutine delegates to it by yield_from"]
    pub fn sendfile<'a, C: Into<Option<u64>>>(
        &'a self,
        file: &'a File,
        offset: u64,
        count: C,
    ) -> Operation<impl FnOnce(&Co) -> Result<u64> + use<'a, C>> {
        let part = (offset, count.into());
        Operation::new("sendfile", move |co| {
            let stream = &self.0;
            // A block that was written goes out, whatever happens. So the wait comes before the next one.
            let by_hand = |co: &Co, block: &[u8]| {
                stream.drained(co)?;
                stream.write(block)
            };
            let sent = send_file(co, "sendfile", file, part, |_, _| Ok(None), by_hand)?;
            stream.drained(co)?;
            Ok(sent)
        })
    }
}
