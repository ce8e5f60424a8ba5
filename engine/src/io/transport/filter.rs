//! What can stand between the bytes of a socket and those of a protocol: encryption.
//!
//! The code of a filter may call code of the program, such as one that verifies certificates. If that uses the
//! transport, it gets an error. What a transport does with its filter stands in `filtered.rs`.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use crate::errors::RuntimeError;
use crate::kernel::{TimerHandle, Waiter};
use yieldfrom_delegation::{Error, Result};

/// Changes the bytes of a connection in both directions.
pub(crate) trait Filter {
    /// Takes bytes of the peer, and appends what they mean to `plaintext`, also if it fails because of later ones.
    fn receive(&mut self, bytes: &[u8], plaintext: &mut Vec<u8>) -> io::Result<()>;

    /// Takes the end of what the peer sends, which is an error if it comes too early.
    fn receive_end(&mut self) -> io::Result<()>;

    /// Takes bytes for the peer.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Tells the peer that nothing more comes.
    fn end(&mut self) -> io::Result<()>;

    /// Appends the bytes that the peer is to get.
    fn take_output(&mut self, output: &mut Vec<u8>) -> io::Result<()>;

    /// Returns whether both sides have not agreed yet.
    fn is_handshaking(&self) -> bool;

    /// Returns whether the peer has said that nothing more comes.
    fn has_ended(&self) -> bool;
}

/// Makes the filter of a connection.
pub(crate) type FilterFactory = Box<dyn Fn() -> Result<Box<dyn Filter>>>;

/// The filter of a transport, and how far it is.
pub(crate) struct Filtered {
    filter: RefCell<Box<dyn Filter>>,
    /// Whether both sides have agreed.
    pub(super) is_open: Cell<bool>,
    /// Whether the protocol knows of the connection.
    pub(super) is_told: Cell<bool>,
    /// The task that waits for the end of the handshake.
    pub(super) waiting: Cell<Option<Rc<Waiter>>>,
    /// Why there was none.
    pub(super) failure: RefCell<Option<Error>>,
    pub(super) alarm: Cell<Option<TimerHandle>>,
    /// What the protocol is to get when it reads again.
    pub(super) held: RefCell<Vec<u8>>,
    /// Whether the peer has said that nothing more comes.
    pub(super) has_ended: Cell<bool>,
}

impl Filtered {
    pub(super) fn new(filter: Box<dyn Filter>) -> Self {
        Self {
            filter: RefCell::new(filter),
            is_open: Cell::new(false),
            is_told: Cell::new(false),
            waiting: Cell::new(None),
            failure: RefCell::default(),
            alarm: Cell::new(None),
            held: RefCell::default(),
            has_ended: Cell::new(false),
        }
    }

    /// Calls the filter, and returns what the peer is to get.
    pub(super) fn call<R>(&self, act: impl FnOnce(&mut dyn Filter) -> R) -> Result<(R, Vec<u8>)> {
        let Ok(mut filter) = self.filter.try_borrow_mut() else {
            let why = "tls: the transport is used by its own TLS configuration, such as by the verifier of certificates";
            return Err(RuntimeError::new(why).into());
        };
        let mut output = Vec::new();
        let result = act(&mut **filter);
        filter.take_output(&mut output)?;
        Ok((result, output))
    }

    /// Keeps bytes for the protocol, behind those that it has not got yet.
    pub(super) fn hold(&self, mut plaintext: Vec<u8>) {
        let mut held = self.held.borrow_mut();
        // As a rule there are none, and nothing has to be copied.
        match held.is_empty() {
            true => *held = plaintext,
            false => held.append(&mut plaintext),
        }
    }

    /// Ends the wait for the handshake.
    pub(super) fn settle(&self) {
        if let Some(alarm) = self.alarm.take() {
            alarm.cancel();
        }
        if let Some(waiting) = self.waiting.take() {
            waiting.wake();
        }
    }
}
