//! Transports and protocols over real sockets.

mod datagrams;
mod endings;
mod failures;
mod fifos;
mod flow;
mod life;
mod pipes;
mod scarcity;
mod servers;

use std::cell::{Cell, RefCell};
use std::panic;

use yieldfrom::{
    Co, Error, ErrorContext, Event, EventLoop, Protocol, Result, Transport, wait_for, yield_now,
};

use crate::fixtures::{Journal, secs};

pub(crate) use scarcity::{take_all_descriptors, with_few_descriptors};

/// Runs this on a loop of its own, in real time; what hangs, fails.
pub(crate) fn run_io<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) -> Result<T> {
    run_io_on(&EventLoop::new().unwrap(), body)
}

pub(crate) fn run_io_on<T: 'static>(
    event_loop: &EventLoop,
    body: impl FnOnce(&Co) -> Result<T> + 'static,
) -> Result<T> {
    event_loop.run_until_complete(wait_for(body, secs(20)))
}

/// Returns a loop, and the reports to its exception handler.
pub(crate) fn reporting_loop() -> (EventLoop, Journal) {
    let (event_loop, journal) = (EventLoop::new().unwrap(), Journal::default());
    let reports = journal.clone();
    event_loop.set_exception_handler(Some(Box::new(move |_, context: &ErrorContext| {
        let error = context.get_error().map(|error| format!(": {error}"));
        reports.note(format!(
            "{}{}",
            context.message(),
            error.unwrap_or_default()
        ));
    })));
    (event_loop, journal)
}

/// Lets turns pass until something is the case.
pub(crate) fn until(co: &Co, mut holds: impl FnMut() -> bool) -> Result<()> {
    while !holds() {
        co.yield_from(yield_now())?;
    }
    Ok(())
}

pub(crate) fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(yield_now()))
}

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
