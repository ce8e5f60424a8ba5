//! Writing to a stream: at once what the system takes, the rest later.

use std::io;
use std::rc::Rc;

use super::carrier::Carrier;
use super::pipe_end::End;
use super::protocol::Stream;
use super::socket::Socket;
use crate::errors::describe;
use yieldfrom_delegation::Result;

impl Stream {
    pub(super) fn write(self: &Rc<Self>, data: &[u8]) -> Result<()> {
        if self.finishing.get() {
            return Err(self.refuse_write("write"));
        }
        if data.is_empty() {
            return Ok(());
        }
        match self.filtered.get() {
            None => self.write_bytes(data),
            Some(filtered) => self.write_filtered(filtered, |filter| filter.send(data))?,
        }
        Ok(())
    }

    /// Writes bytes to the socket.
    #[inline]
    pub(super) fn write_bytes(self: &Rc<Self>, data: &[u8]) {
        if data.is_empty() {
            return;
        }
        let Some(socket) = self.state.socket().filter(|_| !self.state.is_lost()) else {
            self.note_lost_write("write");
            return;
        };
        let idle = self.buffer.borrow().is_empty();
        let rest = if idle { self.send(&socket, data) } else { data };
        if rest.is_empty() {
            return;
        }
        self.buffer.borrow_mut().extend(rest);
        if idle {
            self.watch_writing(&socket, true);
        }
        self.pause_if_high();
    }

    /// Writes at once what the system takes, and returns the rest.
    #[inline]
    fn send<'a>(self: &Rc<Self>, socket: &Socket, data: &'a [u8]) -> &'a [u8] {
        match socket.send(data) {
            Ok(n) => &data[n..],
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => data,
                _ => {
                    self.fail_to_write(error);
                    &[]
                }
            },
        }
    }

    /// Does what had to wait until all was written.
    pub(super) fn flushed(self: &Rc<Self>, socket: &Socket) {
        self.wake_draining();
        self.watch_writing(socket, false);
        if self.is_closing() {
            if self.state.lose(None) {
                self.finish();
            }
        } else if self.finishing.get()
            && let Err(error) = socket.end_writing()
        {
            self.fail_to_write(error);
        }
    }

    pub(super) fn write_eof(self: &Rc<Self>) -> Result<()> {
        match self.end {
            None => {}
            Some(End::Reading) => return Err(self.refuse_write("write_eof")),
            Some(End::Writing) => {
                self.close();
                self.finishing.set(true);
                return Ok(());
            }
        }
        if self.is_closing() || self.finishing.get() {
            return Ok(());
        }
        if let Some(filtered) = self.filtered.get() {
            self.write_filtered(filtered, |filter| filter.end())?;
        }
        self.finishing.set(true);
        match self.state.socket() {
            Some(socket) if self.buffered() == 0 => match socket.end_writing() {
                // A peer that has ended TLS may be gone since.
                Err(error)
                    if self.ended.get()
                        && error.kind() == io::ErrorKind::NotConnected
                        && self.filtered.get().is_some() =>
                {
                    Ok(())
                }
                ended => ended.map_err(|error| describe(error, "write_eof").into()),
            },
            _ => Ok(()),
        }
    }
}
