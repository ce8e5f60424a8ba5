//! Regions: where on a coroutine's stack synchronous code runs, and how it suspends the coroutine.
//!
//! Synchronous code has no `Co`. It finds the region that it runs in by its stack pointer, so a switch between
//! coroutines need not note anything. Three rules:
//!
//! 1. A region stands in the list of its thread while the frame of [`enter`] that made it exists: a guard takes it
//!    out when that frame is left by a return, by a panic, or by the unwinding of its coroutine. The frame of a
//!    coroutine that is forgotten is never left, and its stack is never unmapped nor used again (rule 2 of the pool
//!    in `delegation`).
//! 2. The frame borrows the `Co` of the region, which therefore outlives it.
//! 3. Code whose stack pointer lies in the stack of a listed region was called above the frame of `enter`, since a
//!    stack has one line of frames. So it ends before that frame.
#![allow(
    unsafe_code,
    reason = "finds the `Co` of synchronous code by its stack"
)]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::ops::Range;
use std::panic;
use std::ptr::NonNull;
use std::rc::Rc;

use super::sources::Sources;
use crate::errors::panics::{Payload, catch};
use crate::errors::{RuntimeError, io_error};
use crate::kernel::{Co, EventLoop, current_task};
use yieldfrom_delegation::{Error, Result, stack};

/// How many operations of an interrupted region fail before its code is unwound.
const MOST_REFUSALS: u32 = 100;

/// The error of an operation in a region whose coroutine was asked to end, as the source of an [`io::Error`].
///
/// The library that gets it should give up. Each later operation of the region fails at once with the same error.
///
/// # Examples
///
/// ```
/// use yieldfrom::blocking::{self, Interruption, blocking};
/// use yieldfrom::{Co, create_task, run_sync, sleep, yield_now};
///
/// run_sync(|co: &Co| {
///     let task = create_task(blocking(|| {
///         let error = blocking::wait(sleep(3600)).unwrap_err();
///         assert!(error.get_ref().is_some_and(|error| error.is::<Interruption>()));
///     }));
///     co.yield_from(yield_now())?;
///     task.cancel();
///     assert!(co.yield_from(task).unwrap_err().is_cancelled());
///     Ok(())
/// })?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Interruption {
    operation: &'static str,
    is_cancellation: bool,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.is_cancellation {
            true => "the task was cancelled",
            false => "the coroutine is being closed",
        };
        write!(
            f,
            "{}: {why}, so this region waits for nothing more",
            self.operation
        )
    }
}

impl std::error::Error for Interruption {}

/// A piece of a coroutine in which synchronous code runs.
pub(super) struct Region {
    co: NonNull<Co>,
    is_listed: Cell<bool>,
    /// The stack that it runs on.
    stack: Range<usize>,
    /// The region in which this one was opened.
    around: Option<Rc<Region>>,
    /// The error that was thrown in while it waited, and how many requests to cancel the task were open then.
    interruption: RefCell<Option<(Error, usize)>>,
    /// How many there were before.
    cancelling: usize,
    /// How many operations have failed since then.
    refused: Cell<u32>,
    /// The sockets of the loop on which it runs.
    pub(super) sources: Option<Rc<Sources>>,
}

/// The regions of a thread. No code of the program runs while they are borrowed.
#[derive(Default)]
struct Regions {
    /// The region that was found last, or whose operation has ended last: most operations follow one of the same
    /// region. It is the innermost one of its stack.
    last: Option<Rc<Region>>,
    /// The innermost region of each stack, by the lower end of the stack.
    innermost: BTreeMap<usize, Rc<Region>>,
}

thread_local! {
    static REGIONS: RefCell<Regions> = RefCell::default();
}

/// Where code runs.
pub(super) enum Here {
    /// In this region.
    Inside(Rc<Region>),
    /// On another stack, that of a generator which code in a region has resumed.
    Above,
    Outside,
}

impl Here {
    /// Finds where the caller runs.
    #[inline]
    pub(super) fn find() -> Self {
        match Region::around() {
            Some(region) => Self::Inside(region),
            None if is_above_a_region() => Self::Above,
            None => Self::Outside,
        }
    }
}

/// Runs `body` as a region of the body of `co`. `around` is the region in which it is opened.
pub(super) fn enter<R>(co: &Co, around: Option<Rc<Region>>, body: impl FnOnce() -> R) -> Result<R> {
    let Some(stack) = stack::bounds() else {
        let why = "blocking: a region can only be opened on the stack of a coroutine";
        return Err(RuntimeError::new(why).into());
    };
    if let Some(interruption) = around.as_ref().and_then(|around| around.interruption()) {
        return Err(interruption);
    }
    let event_loop = EventLoop::running();
    let sources = event_loop.and_then(|it| Sources::of(it.core()).ok());
    let region = Rc::new(Region {
        co: NonNull::from(co),
        is_listed: Cell::new(false),
        stack,
        around,
        interruption: RefCell::new(None),
        cancelling: cancelling(),
        refused: Cell::new(0),
        sources,
    });
    let Some(listed) = Listed::new(&region) else {
        let why = "blocking: the thread is ending, and has destroyed its regions; open them before";
        return Err(RuntimeError::new(why).into());
    };
    let result = catch(body);
    let Some(interruption) = region.interruption() else {
        drop(listed);
        return result.map_err(resume);
    };
    if let Some(around) = &region.around {
        around.interrupt(interruption.clone());
    }
    // The interruption counts, whatever the library has made of it. What the library has returned is dropped in the
    // region, where nothing waits any more.
    let dropped = result.and_then(|returned| catch(|| drop(returned)));
    drop(listed);
    match dropped {
        Err(payload) if !comes_of_an_interruption(&payload) => payload.resume(),
        _ => Err(interruption),
    }
}

/// Returns whether a panic of an interrupted region may be taken for a way to give up: our own unwinding, or a panic
/// with a message, as that of `unwrap`. The unwinding of the coroutine is none, and has to go on.
fn comes_of_an_interruption(payload: &Payload) -> bool {
    let payload = payload.get();
    payload.is_some_and(|it| it.is::<Interruption>() || it.is::<String>() || it.is::<&str>())
}

/// Returns whether a cancellation is one of the current task. If nobody has asked for that, what it waited for was
/// cancelled.
fn is_asked_to_end() -> bool {
    current_task().is_none_or(|task| task.cancelling() > 0)
}

/// Returns how many requests to cancel the current task are open.
fn cancelling() -> usize {
    current_task().map_or(0, |task| task.cancelling())
}

fn resume(payload: Payload) -> Error {
    payload.resume()
}

/// The guard of rule 1.
struct Listed<'a> {
    region: &'a Rc<Region>,
    /// The region on the same stack that this one hides.
    hidden: Option<Rc<Region>>,
}

impl<'a> Listed<'a> {
    /// Puts a region into the list. None if the thread has destroyed the list.
    fn new(region: &'a Rc<Region>) -> Option<Self> {
        let listed = REGIONS.try_with(|regions| {
            let mut regions = regions.borrow_mut();
            let hidden = regions
                .innermost
                .insert(region.stack.start, Rc::clone(region));
            (hidden, regions.last.replace(Rc::clone(region)))
        });
        let (hidden, last) = listed.ok()?;
        region.is_listed.set(true);
        drop(last);
        Some(Self { region, hidden })
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.region.is_listed.set(false);
        let low = self.region.stack.start;
        let hidden = self.hidden.take();
        // When the thread destroys its thread locals, no coroutine is resumed any more.
        let gone = REGIONS.try_with(|regions| {
            let mut regions = regions.borrow_mut();
            let own = match hidden {
                Some(hidden) => regions.innermost.insert(low, hidden),
                None => regions.innermost.remove(&low),
            };
            (own, regions.last.take())
        });
        drop(gone);
    }
}

impl Region {
    /// Returns the innermost region on the stack of the caller.
    #[inline]
    pub(super) fn around() -> Option<Rc<Self>> {
        let here = stack::pointer();
        let found = REGIONS.try_with(|regions| {
            let mut regions = regions.borrow_mut();
            match &regions.last {
                Some(last) if last.stack.contains(&here) => (Some(Rc::clone(last)), None),
                _ => regions.look_up(here),
            }
        });
        // The one that was found before is dropped after the borrow.
        found.map_or(None, |(region, _before)| region)
    }

    /// Returns the `Co` of the region. The caller runs inside of it.
    #[inline]
    fn co(&self) -> &Co {
        // The caller has found the region by its stack. This checks that, for five instructions.
        let is_inside = self.is_listed.get() && self.stack.contains(&stack::pointer());
        assert!(is_inside, "the region is looked up for each operation");
        // SAFETY: the region is listed, so the frame that borrows the `Co` exists (rules 1 and 2), and it lies below this one
        // on the same stack, so it stays for as long as the reference does (rule 3).
        unsafe { self.co.as_ref() }
    }

    /// Waits by `act`, unless the region was interrupted before. A cancellation, or the closing of the coroutine,
    /// interrupts it.
    #[inline]
    pub(super) fn wait<T>(
        self: &Rc<Self>,
        operation: &'static str,
        act: impl FnOnce(&Co) -> Result<T>,
    ) -> io::Result<T> {
        self.check(operation)?;
        let result = act(self.co());
        self.expect_next();
        result.map_err(|error| {
            let is_cancellation = error.is_cancelled() && is_asked_to_end();
            if is_cancellation || error.is_generator_exit() {
                self.interrupt(error);
                return self.refuse(operation);
            }
            io_error(error)
        })
    }

    /// Notes that the next operation will probably be one of this region. Others have run while it waited, and looking
    /// it up by its stack takes hundreds of instructions.
    #[inline]
    fn expect_next(self: &Rc<Self>) {
        let before = REGIONS.try_with(|regions| {
            let last = &mut regions.borrow_mut().last;
            match last {
                Some(last) if Rc::ptr_eq(last, self) => None,
                _ => last.replace(Rc::clone(self)),
            }
        });
        // After the borrow.
        drop(before);
    }

    /// Fails if the region was interrupted.
    #[inline]
    pub(super) fn check(&self, operation: &'static str) -> io::Result<()> {
        let was_interrupted = self.interruption.borrow().is_some();
        if was_interrupted && self.interruption().is_some() {
            return Err(self.refuse(operation));
        }
        Ok(())
    }

    /// Returns the error that was thrown in, unless it was a cancellation whose request was taken back since: that of
    /// a timeout inside of the region.
    fn interruption(&self) -> Option<Error> {
        let (error, open) = self.interruption.borrow().clone()?;
        let left = cancelling();
        if error.is_cancelled() && left < open && left <= self.cancelling {
            let taken_back = self.interruption.take();
            drop(taken_back);
            self.refused.set(0);
            return None;
        }
        Some(error)
    }

    /// Ends the waits of this region. The first interruption counts.
    fn interrupt(&self, error: Error) {
        if self.interruption().is_none() {
            self.interruption.replace(Some((error, cancelling())));
        }
    }

    /// Makes the error of an operation of an interrupted region. A library that goes on and on is unwound: the loop
    /// would never run again.
    #[cold]
    fn refuse(&self, operation: &'static str) -> io::Error {
        let interruption = Interruption {
            operation,
            is_cancellation: self.interruption().is_some_and(|it| it.is_cancelled()),
        };
        self.refused.set(self.refused.get() + 1);
        if self.refused.get().is_multiple_of(MOST_REFUSALS) && !std::thread::panicking() {
            panic::resume_unwind(Box::new(interruption));
        }
        // Libraries take this kind for the end of the connection.
        io::Error::new(io::ErrorKind::ConnectionAborted, interruption)
    }
}

impl Regions {
    /// Finds the region on the stack with this address. Also returns the one that was found before.
    fn look_up(&mut self, here: usize) -> (Option<Rc<Region>>, Option<Rc<Region>>) {
        let below = self.innermost.range(..=here).next_back();
        let found = below.filter(|(_, region)| region.stack.contains(&here));
        let Some((_, region)) = found else {
            return (None, None);
        };
        let region = Rc::clone(region);
        let before = self.last.replace(Rc::clone(&region));
        (Some(region), before)
    }
}

/// Returns whether the caller runs on a stack that code in a region has resumed.
#[cold]
fn is_above_a_region() -> bool {
    let is_running = |regions: &RefCell<Regions>| {
        let regions = regions.borrow();
        let mut all = regions.innermost.values();
        // SAFETY: the region is listed, so the frame that borrows its `Co` exists (rules 1 and 2).
        all.any(|region| unsafe { region.co.as_ref() }.is_running())
    };
    REGIONS.try_with(is_running).unwrap_or(false)
}
