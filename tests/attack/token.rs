//! Values whose every operation comes back in and may panic: what programs yield, send and fail with.

use std::cell::Cell;
use std::cmp::Ordering;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::thread;

use super::world::{Registry, World, meddle};

/// A value that is counted, with nasty operations.
pub(super) struct Token {
    id: u64,
    registry: Option<Arc<Registry>>,
}

impl Token {
    /// Makes a value; nothing nasty happens yet.
    pub(super) fn new() -> Self {
        let registry = World::current().map(|world| Arc::clone(&world.registry));
        let id = registry.as_ref().map_or(0, |registry| registry.born());
        let token = Self { id, registry };
        token.say("is made");
        token
    }

    fn say(&self, what: &str) {
        if let Some(world) = World::current() {
            world.say(format_args!("value {} {what}", self.id));
        }
    }
}

impl Default for Token {
    fn default() -> Self {
        meddle("default");
        Self::new()
    }
}

impl Clone for Token {
    fn clone(&self) -> Self {
        meddle("clone");
        Self::new()
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if let Some(registry) = &self.registry {
            registry.died(self.id);
        }
        self.say("is dropped");
        match World::current() {
            Some(_) => meddle("drop"),
            // The thread of a worker.
            None if self.id % 7 == 3 && !thread::panicking() => {
                let elsewhere = thread::current().name() != Some(super::worker::THREAD);
                if elsewhere && self.registry.is_some() {
                    std::panic::panic_any(Bomb(None));
                }
            }
            None => {}
        }
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Token {}

impl PartialOrd for Token {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An order that is none: each answer is made up.
impl Ord for Token {
    fn cmp(&self, _: &Self) -> Ordering {
        meddle("a comparison");
        let at = World::current().map_or(0, |world| world.below(3));
        [Ordering::Equal, Ordering::Less, Ordering::Greater][at]
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        meddle("debug");
        write!(f, "token {}", self.id)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        meddle("display");
        write!(f, "token {}", self.id)
    }
}

impl Error for Token {}

/// What programs panic with.
#[derive(Debug)]
pub(super) struct Bomb(Option<Token>);

thread_local! {
    static DROPPED: Cell<bool> = const { Cell::new(false) };
}

impl Bomb {
    /// Makes a payload. One whose destructor panics may do so for ever: what catches that
    /// forgets what the second one carries, and so that is not counted.
    pub(super) fn new() -> Self {
        Self((!Self::is_dropped()).then(Token::new))
    }

    /// Returns whether a payload is being dropped.
    pub(super) fn is_dropped() -> bool {
        DROPPED.get()
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        struct Restore(bool);
        impl Drop for Restore {
            fn drop(&mut self) {
                DROPPED.set(self.0);
            }
        }
        let _restore = Restore(DROPPED.replace(true));
        drop(self.0.take());
    }
}
