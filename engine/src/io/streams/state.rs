//! What a reader has, and how it waits for more.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::errors::RuntimeError;
use crate::io::transport::{Buffer, Stream};
use crate::kernel::{Reason, Waiter};
use crate::{Co, Error, Result};

/// The state of a reader, which its handles and its protocol share.
///
/// It does not keep the transport alive, whose protocol keeps this.
pub(super) struct State {
    pub(super) buffer: RefCell<Buffer>,
    pub(super) limit: usize,
    pub(super) ended: Cell<bool>,
    pub(super) exception: RefCell<Option<Error>>,
    /// Who waits for data: one at a time.
    waiting: Cell<Option<Rc<Waiter>>>,
    /// A waiter that nobody else refers to, for the next wait: saves an allocation.
    spare: Cell<Option<Rc<Waiter>>>,
    transport: RefCell<Weak<Stream>>,
    /// Whether the transport does not read, as there is too much data.
    paused: Cell<bool>,
    /// How many want all there is, however much that is.
    boundless: Cell<usize>,
}

impl State {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            buffer: RefCell::default(),
            limit,
            ended: Cell::new(false),
            exception: RefCell::default(),
            waiting: Cell::new(None),
            spare: Cell::new(None),
            transport: RefCell::default(),
            paused: Cell::new(false),
            boundless: Cell::new(0),
        }
    }

    pub(super) fn set_transport(&self, transport: Weak<Stream>) {
        self.transport.replace(transport);
    }

    pub(super) fn is_waited_for(&self) -> bool {
        let waiting = self.waiting.take();
        let is_waited_for = waiting.is_some();
        self.waiting.set(waiting);
        is_waited_for
    }

    pub(super) fn is_paused(&self) -> bool {
        self.paused.get()
    }

    #[inline]
    pub(super) fn feed_data(&self, data: &[u8]) -> Result<()> {
        if self.ended.get() {
            let why = "feed_data: the stream has ended by feed_eof; nothing can follow";
            return Err(RuntimeError::new(why).into());
        }
        if data.is_empty() {
            return Ok(());
        }
        self.buffer.borrow_mut().extend(data);
        self.wake();
        if self.buffer.borrow().len() > self.limit.saturating_mul(2) && !self.is_paused() {
            self.pause();
        }
        Ok(())
    }

    fn pause(&self) {
        if self.boundless.get() > 0 {
            return;
        }
        let transport = self.transport.borrow().upgrade();
        if let Some(transport) = transport {
            transport.pause_reading();
            self.paused.set(true);
        }
    }

    pub(super) fn feed_eof(&self) {
        self.ended.set(true);
        self.wake();
    }

    #[inline]
    fn wake(&self) {
        if let Some(waiter) = self.waiting.take() {
            waiter.wake();
        }
    }

    pub(super) fn set_exception(&self, error: Error) {
        let before = self.exception.replace(Some(error));
        self.wake();
        drop(before);
    }

    #[inline]
    pub(super) fn check(&self) -> Result<()> {
        match &*self.exception.borrow() {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }

    /// Returns whether nothing more will come: the stream has ended, or failed.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.ended.get() || self.exception.borrow().is_some()
    }

    /// Waits until there is something to read, or nothing will come any more.
    ///
    /// # Errors
    ///
    /// As [`wait_for_data`](Self::wait_for_data), and the exception that was set, if there is
    /// nothing before it.
    #[inline(always)]
    #[track_caller]
    pub(super) fn fill(&self, co: &Co, operation: &'static str) -> Result<()> {
        while self.buffer.borrow().is_empty() {
            self.check()?;
            if self.ended.get() {
                break;
            }
            self.wait_for_data(co, operation)?;
        }
        Ok(())
    }

    /// Takes up to `n` bytes off the front.
    #[inline]
    pub(super) fn take(&self, n: usize) -> Vec<u8> {
        let data = self.buffer.borrow_mut().take(n);
        self.resume_if_low();
        data
    }

    /// Has the transport read again, if little enough is left.
    #[inline]
    pub(super) fn resume_if_low(&self) {
        if self.is_paused() && self.buffer.borrow().len() <= self.limit {
            self.resume();
        }
    }

    fn resume(&self) {
        self.paused.set(false);
        let transport = self.transport.borrow().upgrade();
        if let Some(transport) = transport {
            transport.resume_reading();
        }
    }

    /// Waits until there is more data, or the stream ends.
    ///
    /// # Errors
    ///
    /// - `RuntimeError`: somebody else waits already.
    /// - What is thrown in.
    #[inline(always)]
    #[track_caller]
    pub(super) fn wait_for_data(&self, co: &Co, operation: &'static str) -> Result<()> {
        self.prepare(operation)?;
        let waiter = self
            .spare
            .take()
            .unwrap_or_else(|| Waiter::new(Reason::default()));
        waiter.set_reason(Reason::method("StreamReader", operation));
        self.waiting.set(Some(Rc::clone(&waiter)));
        let place = Place(self, waiter);
        place.1.wait(co)?;
        self.keep_waiter(place);
        Ok(())
    }

    fn prepare(&self, operation: &str) -> Result<()> {
        if self.is_waited_for() {
            let why = format!(
                "{operation}: another coroutine waits for data of this reader already; \
                 let one at a time read"
            );
            return Err(RuntimeError::new(why).into());
        }
        // What is asked for may be more than what a paused transport would ever deliver.
        if self.is_paused() {
            self.resume();
        }
        Ok(())
    }

    /// Keeps the waiter of a wait that was woken for the next one.
    #[inline]
    fn keep_waiter(&self, place: Place<'_>) {
        let waiter = Rc::clone(&place.1);
        drop(place);
        if Rc::strong_count(&waiter) == 1 {
            waiter.reset();
            self.spare.set(Some(waiter));
        }
    }
}

/// While this lives, the transport reads whatever comes, and is not paused.
#[cfg(feature = "process")]
pub(crate) struct Boundless<'a>(&'a State);

#[cfg(feature = "process")]
impl<'a> Boundless<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        state.boundless.set(state.boundless.get() + 1);
        if state.is_paused() {
            state.resume();
        }
        Self(state)
    }
}

#[cfg(feature = "process")]
impl Drop for Boundless<'_> {
    fn drop(&mut self) {
        self.0.boundless.set(self.0.boundless.get() - 1);
    }
}

/// The place of whoever waits: left when the wait ends, in whatever way.
struct Place<'a>(&'a State, Rc<Waiter>);

impl Drop for Place<'_> {
    #[inline]
    fn drop(&mut self) {
        let waiting = self.0.waiting.take();
        // Whoever was woken has left it before, and somebody else may have it by now.
        if waiting.as_ref().is_some_and(|it| !Rc::ptr_eq(it, &self.1)) {
            self.0.waiting.set(waiting);
        }
    }
}
