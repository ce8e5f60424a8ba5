//! The way to a client, which may not read.

use std::io;
use std::time::Duration;

use yieldfrom::{Co, Delegate, Error, Request as Yielded, Result, StreamWriter};
use yieldfrom::{TimeoutError, timeout};

/// A writer that gives a client up which takes too long to read.
#[derive(Clone, Debug)]
pub(super) struct Outlet {
    pub(super) writer: StreamWriter,
    /// How long the client may take for what is buffered: 64 KiB.
    pub(super) patience: Duration,
}

impl Outlet {
    pub(super) fn write(&self, bytes: &[u8]) -> Result<()> {
        self.writer.write(bytes)
    }

    /// Waits until there is room for more.
    pub(super) fn drain(&self) -> impl Delegate<Yielded, (), Output = ()> {
        move |co: &Co| {
            let waits = self.writer.transport().get_write_buffer_size() > 0;
            match waits {
                false => co.yield_from(self.writer.drain()),
                true => self.within(co, |co| co.yield_from(self.writer.drain())),
            }
        }
    }

    /// Closes the connection when the client has got all.
    pub(super) fn close(&self) -> impl Delegate<Yielded, (), Output = ()> {
        move |co: &Co| {
            self.writer.close();
            self.within(co, |co| co.yield_from(self.writer.wait_closed()))
        }
    }

    fn within(&self, co: &Co, wait: impl FnOnce(&Co) -> Result<()>) -> Result<()> {
        let waited = co.yield_from(timeout(self.patience, wait));
        waited.map_err(|error| match error.is::<TimeoutError>() {
            true => self.give_up(),
            false => error,
        })
    }

    fn give_up(&self) -> Error {
        self.writer.transport().abort();
        let why = "send a reply: the client does not read";
        io::Error::new(io::ErrorKind::ConnectionAborted, why).into()
    }
}
