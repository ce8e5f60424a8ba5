//! What lasts while a program runs: its decisions, what is alive, and what was found.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt::Arguments;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use yieldfrom_delegation::{Error, Result};

use super::choices::Choices;
use super::token::{Bomb, Token};

/// How deep operations are nested in what other operations run: a destructor in a body in a ...
const DEEPEST: usize = 8;

/// Something that a program does: how likely it is, its name, and what it is.
pub(super) type Act = (usize, &'static str, fn(&World));

/// What all threads of a program share.
#[derive(Debug, Default)]
pub(super) struct Registry {
    alive: Mutex<HashSet<u64>>,
    faults: Mutex<Vec<String>>,
    made: Mutex<u64>,
}

impl Registry {
    pub(super) fn fault(&self, what: impl Into<String>) {
        lock(&self.faults).push(what.into());
    }

    pub(super) fn born(&self) -> u64 {
        let mut made = lock(&self.made);
        *made += 1;
        lock(&self.alive).insert(*made);
        *made
    }

    pub(super) fn died(&self, id: u64) {
        if !lock(&self.alive).remove(&id) {
            self.fault(format!("value {id} is dropped twice"));
        }
    }

    /// Returns the values that are alive.
    pub(super) fn alive(&self) -> Vec<u64> {
        let mut alive: Vec<_> = lock(&self.alive).iter().copied().collect();
        alive.sort_unstable();
        alive
    }

    pub(super) fn take_faults(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.faults))
    }
}

/// Locks what no panic can leave half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) struct World {
    pub(super) choices: Choices,
    pub(super) registry: Arc<Registry>,
    acts: &'static [&'static [Act]],
    depth: Cell<usize>,
    /// How many stacks the library said that it leaked.
    pub(super) leaks: Cell<usize>,
    /// Whether a destructor has panicked.
    pub(super) panicked_in_drop: Cell<bool>,
    /// How many destructors of values run now.
    dropping: Cell<usize>,
    /// Whether what is done is written to standard error.
    says: bool,
    /// Panics that were caught, to be thrown elsewhere.
    payloads: RefCell<Vec<Box<dyn Any + Send>>>,
}

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

impl World {
    /// Makes the world of this thread.
    pub(super) fn create(
        numbers: Vec<u32>,
        acts: &'static [&'static [Act]],
        says: bool,
    ) -> Rc<Self> {
        let world = Rc::new(Self {
            choices: Choices::new(numbers),
            registry: Arc::default(),
            acts,
            depth: Cell::new(0),
            leaks: Cell::new(0),
            panicked_in_drop: Cell::new(false),
            dropping: Cell::new(0),
            says,
            payloads: RefCell::default(),
        });
        WORLD.set(Some(Rc::clone(&world)));
        world
    }

    /// Returns the world of this thread, if there still is one.
    pub(super) fn current() -> Option<Rc<Self>> {
        WORLD.try_with(|world| world.borrow().clone()).ok()?
    }

    /// Ends the world of this thread: what is dropped from now on does nothing.
    pub(super) fn destroy() {
        WORLD.take();
    }

    /// Returns a number below `end`.
    pub(super) fn below(&self, end: usize) -> usize {
        self.choices.below(end)
    }

    /// Decides with a chance of one in `of`.
    pub(super) fn one_in(&self, of: usize) -> bool {
        self.below(of) == of - 1
    }

    /// Returns one of these, if there are any.
    pub(super) fn pick<T: Clone>(&self, list: &RefCell<Vec<T>>) -> Option<T> {
        let at = self.below(list.borrow().len().max(1));
        list.borrow().get(at).cloned()
    }

    /// Takes one of these out, if there are any.
    pub(super) fn take<T>(&self, list: &RefCell<Vec<T>>) -> Option<T> {
        let at = self.below(list.borrow().len().max(1));
        let mut list = list.borrow_mut();
        (at < list.len()).then(|| list.swap_remove(at))
    }

    /// Puts something in a list of so many slots, where later acts find it; what was there is
    /// dropped.
    pub(super) fn place<T>(&self, list: &RefCell<Vec<T>>, slots: usize, item: T) {
        let at = self.below(slots);
        let mut all = list.borrow_mut();
        let before = match all.get_mut(at) {
            Some(place) => Some(std::mem::replace(place, item)),
            None => {
                all.push(item);
                None
            }
        };
        drop(all);
        drop(before);
    }

    /// Keeps what an operation gave in a pocket, or drops it.
    pub(super) fn receive<T: 'static>(&self, pocket: &RefCell<Vec<Box<dyn Any>>>, what: T) {
        match self.below(6) {
            4 => pocket.borrow_mut().push(Box::new(what)),
            5 => drop(pocket.take()),
            _ => drop(what),
        }
    }

    /// Makes an error of one of these kinds, or finds one that was used before.
    pub(super) fn error(&self, used: &RefCell<Vec<Error>>, kinds: &[fn() -> Error]) -> Error {
        let error = match kinds.get(self.below(kinds.len() + 1)) {
            Some(make) => make(),
            None => match self.pick(used) {
                Some(error) => error,
                None => Error::new(Token::new()),
            },
        };
        if self.one_in(4) {
            used.borrow_mut().push(error.clone());
        }
        error
    }

    /// Passes an error on, or goes on all the same.
    pub(super) fn hear<T>(&self, result: Result<T>) -> Result<()> {
        match result {
            Ok(value) => drop(value),
            Err(error) if self.below(3) < 2 => return Err(error),
            Err(error) => drop(error),
        }
        Ok(())
    }

    /// Writes what is done, if it is to be seen.
    pub(super) fn say(&self, what: Arguments<'_>) {
        if self.says {
            eprintln!("{:1$}{what}", "", 2 * self.depth.get());
        }
    }

    /// Does one thing, unless too much goes on already.
    pub(super) fn act(&self) {
        let Some(_deeper) = Deeper::go(self) else {
            return;
        };
        let acts = || self.acts.iter().copied().flatten();
        let mut at = self.below(acts().map(|act| act.0).sum());
        for (weight, name, act) in acts() {
            if at < *weight {
                self.say(format_args!("{name}"));
                return act(self);
            }
            at -= weight;
        }
    }

    /// Does several things.
    pub(super) fn act_on(&self) {
        while self.below(5) != 0 {
            self.act();
        }
    }

    /// Panics, with something new or something that was caught before.
    pub(super) fn panic(&self) -> ! {
        // Also if it is not the destructor itself, but what it calls, such as a logger.
        if self.dropping.get() > 0 {
            self.panicked_in_drop.set(true);
        }
        if !Bomb::is_dropped()
            && self.one_in(4)
            && let Some(payload) = self.take(&self.payloads)
        {
            self.say(format_args!("an old panic"));
            panic::resume_unwind(payload);
        }
        self.say(format_args!("a panic"));
        match self.one_in(2) {
            true => panic::panic_any(Bomb::new()),
            false => panic::resume_unwind(Box::new(Bomb::new())),
        }
    }

    /// Runs this and keeps or drops what it panics with; returns nothing then.
    pub(super) fn catch<T>(&self, f: impl FnOnce() -> T) -> Option<T> {
        match panic::catch_unwind(AssertUnwindSafe(f)) {
            Ok(value) => Some(value),
            Err(payload) if self.one_in(3) => {
                self.payloads.borrow_mut().push(payload);
                None
            }
            Err(payload) => {
                drop_quietly(payload);
                None
            }
        }
    }

    /// Drops what is kept.
    pub(super) fn clear(&self) {
        self.payloads.take().into_iter().for_each(drop_quietly);
    }
}

/// Drops a payload, whose destructor may panic with another one.
pub(super) fn drop_quietly(payload: Box<dyn Any + Send>) {
    let mut next = Some(payload);
    while let Some(payload) = next {
        next = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))).err();
    }
}

/// What code does that the library runs in passing: destructors, comparisons, loggers.
pub(super) fn meddle(place: &str) {
    let Some(world) = World::current() else {
        return;
    };
    if world.below(4) != 3 {
        return;
    }
    let Some(_deeper) = Deeper::go(&world) else {
        return;
    };
    world.say(format_args!("in {place}:"));
    // Where the thread panics, one more panic that leaves a destructor is the program's own fault.
    if thread::panicking() {
        world.catch(|| world.act_on());
        return;
    }
    let _dropping = Counted::one_more(&world.dropping, place == "drop");
    world.act_on();
    if world.one_in(6) {
        world.panic();
    }
}

/// Counts one more, until this is dropped.
struct Counted<'a>(&'a Cell<usize>, usize);

impl<'a> Counted<'a> {
    fn one_more(count: &'a Cell<usize>, is_one: bool) -> Self {
        let more = usize::from(is_one);
        count.set(count.get() + more);
        Self(count, more)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - self.1);
    }
}

/// One level deeper, until this is dropped.
struct Deeper<'a>(&'a World);

impl<'a> Deeper<'a> {
    fn go(world: &'a World) -> Option<Self> {
        let depth = world.depth.get();
        (depth < DEEPEST && !world.choices.is_over()).then(|| {
            world.depth.set(depth + 1);
            Self(world)
        })
    }
}

impl Drop for Deeper<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

/// Panics that no program has made, with their places.
static FOREIGN: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(super) fn take_foreign_panics() -> Vec<String> {
    std::mem::take(&mut *lock(&FOREIGN))
}

/// Watches the panics of this process, and what is logged in it.
pub(super) fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            if !info.payload().is::<Bomb>() {
                lock(&FOREIGN).push(info.to_string());
            }
        }));
        log::set_logger(&Meddler).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
}

/// A logger that comes back in, and panics.
struct Meddler;

impl log::Log for Meddler {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let Some(world) = World::current() else {
            return;
        };
        let line = record.args().to_string();
        world.say(format_args!("logged: {line}"));
        if line.contains("leaked") {
            world.leaks.set(world.leaks.get() + 1);
        }
        meddle("a logger");
    }

    fn flush(&self) {}
}
