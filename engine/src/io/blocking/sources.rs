//! The sockets of regions that a loop watches.
//!
//! A stream of a region can go to other threads, and its registration with a loop cannot. So the loop keeps the
//! registration, and the stream knows its number. Wherever the stream is dropped, the loop's thread ends the
//! registration.

use std::cell::{OnceCell, RefCell};
use std::mem;
use std::os::fd::AsFd;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::errors::RuntimeError;
use crate::errors::panics::Panics;
use crate::io::source::Source;
use crate::kernel::{Call, Core, Inbox, Layer};
use yieldfrom_delegation::Result;

/// A socket of a region.
pub(super) type Socket = Arc<dyn AsFd + Send + Sync>;

/// The sockets of one loop.
pub(crate) struct Sources {
    /// Which loop of the process this is.
    number: u64,
    inbox: Arc<Inbox>,
    slots: RefCell<Slots>,
}

/// A place without a source is free.
#[derive(Default)]
struct Slots {
    sources: Vec<Option<Rc<Source<Socket>>>>,
    free: Vec<usize>,
}

thread_local! {
    /// Those of the open loops of this thread.
    static OPEN: RefCell<Vec<Rc<Sources>>> = const { RefCell::new(Vec::new()) };
}

/// The part of a loop that has its sockets of regions.
#[derive(Default)]
pub(crate) struct BlockingSources(OnceCell<Rc<Sources>>);

impl Layer for BlockingSources {
    /// The tasks of the loop are gone. A stream that is left has no loop any more.
    fn finish(&self, panics: &mut Panics) {
        let Some(sources) = self.0.get() else { return };
        let gone = OPEN.try_with(|open| {
            let mut open = open.borrow_mut();
            let place = open.iter().position(|other| Rc::ptr_eq(other, sources));
            place.map(|place| open.swap_remove(place))
        });
        drop(gone);
        let slots = mem::take(&mut *sources.slots.borrow_mut());
        panics.drop_each(slots.sources);
    }
}

impl Sources {
    /// Returns those of an open loop.
    pub(super) fn of(core: &Core) -> Result<Rc<Self>> {
        let part = core.part::<BlockingSources>("blocking")?;
        if let Some(sources) = part.0.get() {
            return Ok(Rc::clone(sources));
        }
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let sources = Rc::new(Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            inbox: Arc::clone(core.inbox("blocking")?),
            slots: RefCell::default(),
        });
        let listed = OPEN.try_with(|open| open.borrow_mut().push(Rc::clone(&sources)));
        listed.map_err(|_| RuntimeError::new("blocking: the thread is ending"))?;
        Ok(Rc::clone(part.0.get_or_init(|| sources)))
    }

    /// Keeps a socket for a stream.
    pub(super) fn add(&self, socket: Socket) -> Home {
        let source = Some(Rc::new(Source::new(socket)));
        let mut slots = self.slots.borrow_mut();
        let place = match slots.free.pop() {
            Some(place) => {
                slots.sources[place] = source;
                place
            }
            None => {
                slots.sources.push(source);
                slots.sources.len() - 1
            }
        };
        Home {
            number: self.number,
            place,
            inbox: Arc::clone(&self.inbox),
        }
    }

    /// Returns the socket of a stream, if this is the stream's loop.
    #[inline]
    pub(super) fn get(&self, home: &Home) -> Option<Rc<Source<Socket>>> {
        if home.number != self.number {
            return None;
        }
        self.slots.borrow().sources.get(home.place)?.clone()
    }

    fn take(&self, place: usize) -> Option<Rc<Source<Socket>>> {
        let mut slots = self.slots.borrow_mut();
        let source = slots.sources.get_mut(place)?.take()?;
        slots.free.push(place);
        Some(source)
    }
}

/// The loop of a stream, and the stream's place there. It takes its place back when it is dropped.
pub(super) struct Home {
    number: u64,
    place: usize,
    inbox: Arc<Inbox>,
}

impl Home {
    /// Returns whether the stream's loop belongs to another thread, and is open.
    pub(super) fn is_elsewhere(&self) -> bool {
        open(self.number).is_none() && !self.inbox.is_closed()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let (number, place) = (self.number, self.place);
        if let Some(sources) = open(number) {
            drop(sources.take(place));
            return;
        }
        // Only the loop's thread may end the registration. A closed loop has none.
        let call = Call {
            callback: Box::new(move || drop(open(number).and_then(|sources| sources.take(place)))),
            made_at: Location::caller(),
        };
        let _ = self.inbox.send(call);
    }
}

/// Returns the sockets of an open loop of this thread.
fn open(number: u64) -> Option<Rc<Sources>> {
    let find = |open: &RefCell<Vec<Rc<Sources>>>| {
        let open = open.borrow();
        open.iter()
            .find(|sources| sources.number == number)
            .cloned()
    };
    OPEN.try_with(find).ok().flatten()
}
