//! The protocol below a stream.

use std::cell::Cell;
use std::rc::Rc;

use super::connection::{Connection, Link};
use super::reader::StreamReader;
use super::state::State;
use super::writer::StreamWriter;
use crate::io::transport::{Protocol, Transport};
use crate::{Error, Result};

/// What a server does with a connection.
pub(super) type Accept = Rc<dyn Fn(StreamReader, StreamWriter)>;

/// Passes what happens on to the ends: asyncio's `StreamReaderProtocol`.
///
/// It keeps neither of them, as they keep the transport, which keeps this.
pub(super) struct StreamProtocol {
    reader: Rc<State>,
    link: Rc<Link>,
    accept: Cell<Option<Accept>>,
}

impl StreamProtocol {
    pub(super) fn new(limit: usize, accept: Option<Accept>) -> Self {
        Self {
            reader: Rc::new(State::new(limit)),
            link: Link::new(),
            accept: Cell::new(accept),
        }
    }

    /// Makes the two ends.
    pub(super) fn ends(&self, transport: Transport) -> (StreamReader, StreamWriter) {
        let connection = Rc::new(Connection {
            transport,
            reader: Rc::clone(&self.reader),
            link: Rc::clone(&self.link),
        });
        let reader = StreamReader::connected(Rc::clone(&connection));
        (reader, StreamWriter(connection))
    }
}

impl Protocol for StreamProtocol {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        self.reader.set_transport(Rc::downgrade(&transport.0));
        if let Some(accept) = self.accept.take() {
            let (reader, writer) = self.ends(transport.clone());
            accept(reader, writer);
        }
        Ok(())
    }

    #[inline]
    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.reader.feed_data(data)
    }

    fn eof_received(&self) -> Result<bool> {
        self.reader.feed_eof();
        Ok(true)
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        match error {
            None => self.reader.feed_eof(),
            Some(error) => self.reader.set_exception(error.clone()),
        }
        self.link.lose(error);
        Ok(())
    }

    fn pause_writing(&self) -> Result<()> {
        self.link.pause();
        Ok(())
    }

    fn resume_writing(&self) -> Result<()> {
        self.link.resume();
        Ok(())
    }
}
