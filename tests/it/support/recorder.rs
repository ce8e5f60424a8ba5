//! A protocol that notes what it is told.

use std::cell::{Cell, RefCell};
use std::panic;

use yieldfrom::{Error, Event, Protocol, Result, Transport};

use super::fixtures::Journal;

/// What a [`Recorder`] does in one of its methods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misdeed {
    Fail,
    Panic,
}

/// A protocol that notes what it is told.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) journal: Journal,
    pub(crate) transport: RefCell<Option<Transport>>,
    pub(crate) received: RefCell<Vec<u8>>,
    pub(crate) lost: Event,
    pub(crate) keep_open: Cell<bool>,
    pub(crate) misdeed: Cell<Option<(&'static str, Misdeed)>>,
}

impl Recorder {
    pub(crate) fn noting(journal: &Journal) -> Self {
        Self {
            journal: journal.clone(),
            ..Self::default()
        }
    }

    fn note(&self, method: &'static str, what: &str) -> Result<()> {
        self.journal.note(format!("{method}{what}"));
        match self.misdeed.get() {
            Some((name, Misdeed::Fail)) if name == method => Err(Error::msg("misdeed")),
            Some((name, Misdeed::Panic)) if name == method => {
                panic::resume_unwind(Box::new("misdeed"))
            }
            _ => Ok(()),
        }
    }
}

impl Protocol for Recorder {
    fn connection_made(&self, transport: &Transport) -> Result<()> {
        self.transport.replace(Some(transport.clone()));
        self.note("made", "")
    }

    fn data_received(&self, data: &[u8]) -> Result<()> {
        self.received.borrow_mut().extend_from_slice(data);
        let shown = match data.len() {
            0..20 => String::from_utf8_lossy(data).into_owned(),
            n => n.to_string(),
        };
        self.note("data", &format!(" {shown}"))
    }

    fn eof_received(&self) -> Result<bool> {
        self.note("eof", "")?;
        Ok(self.keep_open.get())
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        self.lost.set();
        let error = error.map_or(String::new(), |error| format!(" {error}"));
        self.note("lost", &error)
    }

    fn pause_writing(&self) -> Result<()> {
        self.note("pause", "")
    }

    fn resume_writing(&self) -> Result<()> {
        self.note("resume", "")
    }
}
