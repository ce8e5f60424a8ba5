//! The data of a reader, and how it waits for more.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::errors::RuntimeError;
use crate::io::transport::{Buffer, Stream};
use crate::kernel::{Co, Reason, SpareWaiter, Waiter};
use yieldfrom_delegation::{Error, Result};

/// The state of a reader, which its handles and its protocol share.
///
/// It refers to the transport only weakly, since the transport's protocol keeps this.
pub(super) struct ReaderState {
    pub(super) buffer: RefCell<Buffer>,
    pub(super) limit: usize,
    pub(super) ended: Cell<bool>,
    pub(super) exception: RefCell<Option<Error>>,
    /// The waiter of the one coroutine that waits for data.
    waiting: Cell<Option<Rc<Waiter>>>,
    spare: SpareWaiter,
    pub(super) transport: RefCell<Weak<Stream>>,
    /// Whether the transport does not read, since there is too much data.
    pub(super) paused: Cell<bool>,
    /// How many readers want all data, however much that is.
    pub(super) boundless: Cell<usize>,
}

impl ReaderState {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            buffer: RefCell::default(),
            limit,
            ended: Cell::new(false),
            exception: RefCell::default(),
            waiting: Cell::new(None),
            spare: SpareWaiter::default(),
            transport: RefCell::default(),
            paused: Cell::new(false),
            boundless: Cell::new(0),
        }
    }

    pub(super) fn is_waited_for(&self) -> bool {
        let waiting = self.waiting.take();
        let is_waited_for = waiting.is_some();
        self.waiting.set(waiting);
        is_waited_for
    }

    #[inline]
    pub(super) fn wake(&self) {
        if let Some(waiter) = self.waiting.take() {
            waiter.wake();
        }
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
        if self.buffer.borrow().len() > self.limit.saturating_mul(2) && !self.paused.get() {
            self.pause();
        }
        Ok(())
    }

    pub(super) fn feed_eof(&self) {
        self.ended.set(true);
        self.wake();
    }

    pub(super) fn set_exception(&self, error: Error) {
        let before = self.exception.replace(Some(error));
        self.wake();
        drop(before);
    }

    /// Stops the transport, unless a reader wants all data.
    pub(super) fn pause(&self) {
        let transport = self.transport.borrow().upgrade();
        if let Some(transport) = transport
            && self.boundless.get() == 0
        {
            transport.pause_reading();
            self.paused.set(true);
        }
    }

    /// Makes the transport read again.
    pub(super) fn resume(&self) {
        self.paused.set(false);
        let transport = self.transport.borrow().upgrade();
        if let Some(transport) = transport {
            transport.resume_reading();
        }
    }

    /// Makes the transport read again, if it is paused and little enough data is left.
    #[inline]
    pub(super) fn resume_if_low(&self) {
        if self.paused.get() && self.buffer.borrow().len() <= self.limit {
            self.resume();
        }
    }

    /// Takes up to `n` bytes off the front.
    #[inline]
    pub(super) fn take(&self, n: usize) -> Vec<u8> {
        let data = self.buffer.borrow_mut().take(n);
        self.resume_if_low();
        data
    }

    #[inline]
    pub(super) fn check(&self) -> Result<()> {
        match &*self.exception.borrow() {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }

    /// Returns whether no more data will come: the stream has ended, or failed.
    #[inline]
    pub(super) fn is_over(&self) -> bool {
        self.ended.get() || self.exception.borrow().is_some()
    }

    /// Waits until there is more data, or the stream ends.
    ///
    /// # Errors
    ///
    /// - `RuntimeError`: another coroutine waits already.
    /// - An error that is thrown in.
    #[inline(always)]
    pub(super) fn wait_for_data(&self, co: &Co, operation: &'static str) -> Result<()> {
        self.check_free(operation)?;
        // The operation may want more than a paused transport would ever deliver.
        if self.paused.get() {
            self.resume();
        }
        let waiter = self.spare.take_or_new(Reason::default);
        waiter.set_reason(Reason::method("StreamReader", operation));
        self.waiting.set(Some(Rc::clone(&waiter)));
        let place = WaitingPlace(self, &waiter);
        waiter.wait(co)?;
        drop(place);
        self.spare.keep(waiter);
        Ok(())
    }

    fn check_free(&self, operation: &str) -> Result<()> {
        if self.is_waited_for() {
            let why = format!(
                "{operation}: another coroutine waits for data of this reader already; \
                 let one at a time read"
            );
            return Err(RuntimeError::new(why).into());
        }
        Ok(())
    }
}

/// The place of the coroutine that waits; it is left when the wait ends, in any way.
struct WaitingPlace<'a>(&'a ReaderState, &'a Rc<Waiter>);

impl Drop for WaitingPlace<'_> {
    #[inline]
    fn drop(&mut self) {
        // A coroutine that was woken has left it before, and another one may have it by now.
        let waiting = self.0.waiting.take();
        self.0
            .waiting
            .set(waiting.filter(|it| !Rc::ptr_eq(it, self.1)));
    }
}
