//! `Process`: a function that waits for events, and an event itself.

use std::any::Any;
use std::cell::{Cell, OnceCell};
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::{mem, ptr};

use super::any_process::AnyProcess;
use super::body::{Body, Stepped};
use super::callbacks::Callback;
use super::core::Core;
use super::event::{AnyEvent, Event, event_handle};
use super::interrupt::Interrupt;
use super::node::{Kind, Node};
use super::queue::{Priority, Scheduled};
use super::request::Co;
use crate::errors::{AtCaller, RuntimeError};
#[cfg(feature = "trace")]
use yieldfrom_delegation::RawLink;
use yieldfrom_delegation::{Error, Link, Result};

/// A process without the type of its result.
pub(super) struct ProcessCell {
    node: Rc<Node>,
    body: Body,
    /// Grows with each wait. A callback for an earlier wait does nothing.
    ticket: Cell<u32>,
    target: Cell<Option<Rc<Node>>>,
    /// Where its timeout or its start is scheduled, if that is what it waits for and no event yet.
    scheduled: Cell<Scheduled>,
    /// Since when.
    since: Cell<f64>,
    number: u64,
    place: Cell<usize>,
}

impl ProcessCell {
    fn start(core: &Rc<Core>, body: Body) -> Rc<Self> {
        let process = Rc::new(Self {
            node: core.node(Kind::Process(OnceCell::new())),
            body,
            ticket: Cell::new(0),
            target: Cell::default(),
            scheduled: Cell::new(Scheduled::NOWHERE),
            since: Cell::new(core.now()),
            number: core.new_number(),
            place: Cell::new(usize::MAX),
        });
        if let Kind::Process(known) = &process.node.kind {
            let _ = known.set(Rc::downgrade(&process));
        }
        if core.is_closed() {
            return process;
        }
        process.place.set(core.enter(&process));
        process.scheduled.set(core.schedule_start(&process));
        // After that: the observer may interrupt the process, which has to come after its start.
        core.observe(|observer| observer.started(core.now(), &AnyProcess(Rc::clone(&process))));
        process
    }

    #[inline(always)]
    pub(super) fn ticket(&self) -> u32 {
        self.ticket.get()
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn name(&self) -> String {
        self.body.name()
    }

    pub(super) fn node(&self) -> &Rc<Node> {
        &self.node
    }

    pub(super) fn origin(&self) -> Link {
        self.body.origin()
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.node.is_triggered()
    }

    pub(super) fn since(&self) -> f64 {
        self.since.get()
    }

    pub(super) fn delegation_chain(&self) -> Vec<Link> {
        self.body.delegation_chain()
    }

    #[cfg(feature = "trace")]
    pub(super) fn append_links(&self, links: &mut Vec<RawLink>) {
        self.body.append_links(links);
    }

    /// Returns what it waits for, as an event.
    pub(super) fn target(self: &Rc<Self>) -> Option<Rc<Node>> {
        let event = self.target.take().or_else(|| self.make_event())?;
        self.target.set(Some(Rc::clone(&event)));
        Some(event)
    }

    /// Makes an event of the timeout or the start that it waits for.
    #[cold]
    fn make_event(self: &Rc<Self>) -> Option<Rc<Node>> {
        let (core, scheduled) = (self.node.core("target").ok()?, self.scheduled.get());
        let delay = core.detach(scheduled, self)?;
        let node = core.node(match delay.is_nan() {
            true => Kind::Internal("Initialize"),
            false => Kind::Timeout(delay),
        });
        node.set_succeeded(None);
        node.add_callback(self.callback());
        core.put_event(scheduled, &node).then_some(node)
    }

    #[inline(always)]
    fn callback(self: &Rc<Self>) -> Callback {
        Callback::Resume(Rc::clone(self), self.ticket.get())
    }

    /// Resumes the body, if it still waits as it did when it had this ticket.
    #[inline(always)]
    pub(super) fn resume_with(self: &Rc<Self>, core: &Rc<Core>, ticket: u32) {
        if self.ticket.get() == ticket {
            self.go_on(core, None);
        }
    }

    /// Throws an error into the body where it waits, if it has not ended.
    pub(super) fn throw(self: &Rc<Self>, core: &Rc<Core>, error: Error) {
        if self.is_alive() {
            match self.target.take() {
                Some(event) => {
                    self.ticket.set(self.ticket.get().wrapping_add(1));
                    event.note_stale_callback();
                }
                None => drop(core.detach(self.scheduled.get(), self)),
            }
            self.go_on(core, Some(error));
        }
    }

    /// Resumes the body until it waits for an event that is not yet processed, or ends.
    #[inline(always)]
    fn go_on(self: &Rc<Self>, core: &Rc<Core>, mut thrown: Option<Error>) {
        self.ticket.set(self.ticket.get().wrapping_add(1));
        drop(self.target.take());
        core.set_active(Some(Rc::clone(self)));
        core.set_driven(self.body.address());
        core.observe(|observer| observer.resumed(core.now(), &AnyProcess(Rc::clone(self))));
        loop {
            let stepped = match thrown.take() {
                None => self.body.step(),
                Some(error) => self.body.throw(error),
            };
            match stepped {
                Stepped::Waits(event) => match self.wait_for(core, event) {
                    Ok(true) => break,
                    Ok(false) => {}
                    Err(error) => thrown = Some(error),
                },
                Stepped::Returned(value) => {
                    self.end(core, Ok(value));
                    break;
                }
                Stepped::Failed(error) => {
                    self.end(core, Err(error));
                    break;
                }
            }
        }
        core.set_driven(ptr::null());
        core.set_active(None);
    }

    /// Begins to wait for an event, or for the timeout that was noted. Returns false if there is nothing to wait for any more.
    #[inline(always)]
    fn wait_for(self: &Rc<Self>, core: &Rc<Core>, event: Option<Rc<Node>>) -> Result<bool> {
        let awaited = core.awaited();
        if let Some(event) = &event {
            self.check_awaited(core, event)?;
        }
        if core.is_closed() {
            // The body itself has dropped the environment.
            self.body.close();
            return Ok(true);
        }
        match event {
            None if core.attach(awaited, self) => self.scheduled.set(awaited),
            Some(event) if !event.is_processed() => {
                event.add_callback(self.callback());
                // The body has run, so there was none, which the compiler does not see.
                mem::forget(self.target.replace(Some(event)));
            }
            _ => return Ok(false),
        }
        self.since.set(core.now());
        core.observe(|observer| {
            if let Some(target) = self.target() {
                let process = AnyProcess(Rc::clone(self));
                observer.suspended(core.now(), &process, &AnyEvent::of(&target));
            }
        });
        Ok(true)
    }

    fn end(self: &Rc<Self>, core: &Rc<Core>, result: Result<Option<Rc<dyn Any>>>) {
        core.leave(self.place.get());
        match result {
            Ok(value) => self.node.set_succeeded(value),
            Err(error) => self.node.set_failed(error),
        }
        core.observe(|observer| observer.ended(core.now(), &AnyProcess(Rc::clone(self))));
        core.schedule(Rc::clone(&self.node), Priority::Normal, 0.0);
    }

    #[inline(always)]
    fn check_awaited(&self, core: &Core, event: &Rc<Node>) -> Result<()> {
        if event.belongs_to(core) && !Rc::ptr_eq(event, &self.node) {
            return Ok(());
        }
        Err(self.refusal(core, event))
    }

    #[cold]
    fn refusal(&self, core: &Core, event: &Rc<Node>) -> Error {
        let why = if event.belongs_to(core) {
            format!(
                "yield_from: the process {} waits for itself, which would never end",
                self.name()
            )
        } else {
            format!("yield_from: {event:?} belongs to another environment")
        };
        RuntimeError::new(why).into()
    }

    pub(super) fn prefetch(&self, step: usize) {
        match step {
            1 => self.body.prefetch_state(),
            _ => self.body.prefetch(),
        }
    }

    pub(super) fn close(&self) {
        self.ticket.set(self.ticket.get().wrapping_add(1));
        let target = self.target.take();
        self.body.close();
        drop(target);
    }

    /// Throws an interrupt into the process. `line` is the one that has asked for it.
    pub(super) fn interrupt(
        self: &Rc<Self>,
        interrupt: Interrupt,
        line: Option<&'static Location<'static>>,
    ) -> Result<()> {
        let core = self.node.core("interrupt")?;
        let refused = |why: &str| {
            let why = format!("interrupt: the process {} {why}", self.name());
            Err(Error::from(RuntimeError::new(why)))
        };
        if !self.is_alive() {
            return refused("has terminated and cannot be interrupted");
        }
        if core.is_active(self) {
            return refused("is not allowed to interrupt itself");
        }
        let error = Error::from(interrupt);
        let error = match line {
            Some(line) => error.made_for(line),
            None => error,
        };
        let thrown = Cell::new(Some((Rc::clone(self), error)));
        let interruption = core.node(Kind::Interrupt(thrown));
        interruption.set_succeeded(None);
        core.schedule(interruption, Priority::Urgent, 0.0);
        Ok(())
    }
}

/// A process: a function that waits for events. It is an event itself, which is processed when the function has ended.
///
/// SimPy's `Process`; [`Env::process`](super::Env::process) starts one. Its value is what the function returns. An error that the
/// function returns is thrown into those that wait for the process; if nobody waits, it ends the run. So does a panic, as a
/// [`Panicked`](crate::Panicked).
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment};
///
/// let env = Environment::new();
/// let handle = env.handle();
/// let charging = env.process(move |co: &Co| {
///     co.yield_from(handle.timeout(5))?;
///     Ok("full")
/// });
/// assert!(charging.is_alive());
/// assert_eq!(env.run_until(charging)?, "full");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Process<R: 'static = ()> {
    event: Event<R>,
    process: Rc<ProcessCell>,
}

event_handle!(Process);

impl<R: 'static> Clone for Process<R> {
    fn clone(&self) -> Self {
        Self {
            event: self.event.clone(),
            process: Rc::clone(&self.process),
        }
    }
}

impl<R: 'static> Process<R> {
    #[track_caller]
    pub(super) fn start<F>(core: &Rc<Core>, name: Option<String>, body: F) -> Self
    where
        F: FnOnce(&Co) -> Result<R> + 'static,
    {
        let process = ProcessCell::start(core, Body::new(name, core.stack_size, body));
        Self {
            event: Event::of(Rc::clone(&process.node)),
            process,
        }
    }

    pub(super) fn cell(&self) -> &Rc<ProcessCell> {
        &self.process
    }

    /// Returns the process without the type of its result.
    pub fn to_any_process(&self) -> AnyProcess {
        AnyProcess(Rc::clone(&self.process))
    }

    /// Returns the name of the function, or the one that [`Env::named_process`](super::Env::named_process) has set.
    pub fn name(&self) -> String {
        self.process.name()
    }

    /// Returns whether the function has not yet ended.
    pub fn is_alive(&self) -> bool {
        self.process.is_alive()
    }

    /// Returns the event for which the process waits. There is none while it runs, and after its end.
    pub fn target(&self) -> Option<AnyEvent> {
        self.to_any_process().target()
    }

    /// Throws an [`Interrupt`] into the process, where it waits.
    ///
    /// The process goes on at the present time, before all timeouts of this time. The event for which it waited is not
    /// changed, and can be waited for again. `cause` is what the process finds by [`Interrupt::cause`]; `()` is no cause.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the process has ended, or interrupts itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use yieldfrom::simulation::{Co, Environment, Interrupt};
    ///
    /// let env = Environment::new();
    /// let handle = env.handle();
    /// let driver = env.process(move |co: &Co| match co.yield_from(handle.timeout(10)) {
    ///     Err(error) if error.is::<Interrupt>() => Ok(handle.now()),
    ///     other => other.map(|()| handle.now()),
    /// });
    /// let (handle, charging) = (env.handle(), driver.clone());
    /// env.process(move |co: &Co| {
    ///     co.yield_from(handle.timeout(3))?;
    ///     charging.interrupt("hurry")
    /// });
    /// assert_eq!(env.run_until(driver)?, 3.0);
    /// # Ok::<(), yieldfrom::Error>(())
    /// ```
    #[track_caller]
    pub fn interrupt(&self, cause: impl fmt::Debug + 'static) -> Result<()> {
        let line = Location::caller();
        self.process
            .interrupt(Interrupt::new(cause), Some(line))
            .at_caller()
    }
}
