//! The attack on generators.
//!
//! Bodies, destructors, comparisons, loggers and iterators all do the same acts on the same few
//! generators. Half of the programs may build circles of handles, which are abandoned at the end;
//! in the others a body holds earlier generators only, so that all must be gone by themselves.

mod acts;
mod bodies;
mod iterators;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom_delegation::{Builder, Error, Generator, recorder};

use super::token::Token;
use super::world::World;
pub(super) use acts::ACTS;

/// A generator that values are sent to, and one that can be iterated over.
type Sent = Generator<Token, Token, Token>;
type Iterated = Generator<Token>;

/// So many generators of each kind are held at most.
const SLOTS: usize = 6;
/// Frames of a debug build with a sanitizer are large; what is not touched costs nothing.
const STACK: usize = 1 << 20;

/// What all code of a program reaches.
struct Stage {
    sent: RefCell<Vec<(u32, Sent)>>,
    iterated: RefCell<Vec<(u32, Iterated)>>,
    /// All generators, if circles are allowed.
    everyone: RefCell<Vec<Box<dyn Abandon>>>,
    circles: bool,
    made: Cell<u32>,
    errors: RefCell<Vec<Error>>,
    pocket: RefCell<Vec<Box<dyn Any>>>,
}

trait Abandon {
    fn abandon(&self);
}

impl<S: Default + 'static, R: 'static> Abandon for Generator<Token, S, R> {
    fn abandon(&self) {
        Generator::abandon(self);
    }
}

thread_local! {
    static STAGE: RefCell<Option<Rc<Stage>>> = const { RefCell::new(None) };
}

/// Returns the stage of the program that runs on this thread.
fn stage() -> Rc<Stage> {
    STAGE.with_borrow(Clone::clone).expect("a program runs")
}

/// Runs a program.
pub(super) fn attack(world: &World) {
    STAGE.set(Some(Rc::new(Stage {
        sent: RefCell::default(),
        iterated: RefCell::default(),
        everyone: RefCell::default(),
        circles: world.one_in(2),
        made: Cell::new(0),
        errors: RefCell::default(),
        pocket: RefCell::default(),
    })));
    while !world.choices.is_over() {
        world.catch(|| world.act());
    }
    world.catch(|| recorder::replace(None));
    // Only now: what is dropped while the program runs is an act of it.
    let stage = stage();
    for generator in stage.everyone.take() {
        world.catch(|| generator.abandon());
        world.catch(|| drop(generator));
    }
    world.catch(|| stage.pocket.take());
    world.catch(|| stage.errors.take());
    world.catch(|| stage.sent.take());
    world.catch(|| stage.iterated.take());
    STAGE.take();
}

impl Stage {
    /// Returns the number of a generator that is about to be made.
    fn number(&self) -> u32 {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// Makes a generator that values are sent to, and returns it with its number. Whoever holds it
    /// while it is suspended has at least the number `end`.
    fn make_sent(&self, world: &World, end: u32) -> (u32, Sent) {
        let number = self.number();
        let own = Token::new();
        let held = self.held(world, end);
        let g: Sent = Builder::new().stack_size(STACK).build(move |co| {
            let both = (own, held);
            let result = bodies::body(co, number, end.min(number));
            // Not left to the closure's end: rustc forgets what a function returns where a
            // destructor at its end panics (rust-lang/rust#47949).
            drop(both);
            result
        });
        if self.circles {
            self.everyone.borrow_mut().push(Box::new(g.clone()));
        }
        (number, g)
    }

    /// Makes a generator that can be iterated over.
    fn make_iterated(&self, world: &World, end: u32) -> (u32, Iterated) {
        let number = self.number();
        let held = self.held(world, end);
        let g: Iterated = Builder::new().stack_size(STACK).build(move |co| {
            let result = bodies::body(co, number, end.min(number)).map(drop);
            drop(held);
            result
        });
        if self.circles {
            self.everyone.borrow_mut().push(Box::new(g.clone()));
        }
        (number, g)
    }

    /// Returns what a new body owns: perhaps a generator with a number below `end`.
    fn held(&self, world: &World, end: u32) -> Option<Sent> {
        let held = self.delegate(world, &self.sent, end)?;
        world.one_in(3).then_some(held)
    }

    /// Puts something where later acts find it; what was there is dropped.
    fn place<T>(&self, world: &World, list: &RefCell<Vec<T>>, item: T) {
        world.place(list, SLOTS, item);
    }

    /// Returns a generator that the body of this number may hold while it is suspended.
    fn delegate<G: Clone>(
        &self,
        world: &World,
        list: &RefCell<Vec<(u32, G)>>,
        number: u32,
    ) -> Option<G> {
        let (other, g) = world.pick(list)?;
        (self.circles || other < number).then_some(g)
    }

    /// Makes an error, or finds one that was used before.
    fn error(&self, world: &World) -> Error {
        const KINDS: [fn() -> Error; 7] = [
            || Error::msg("attack"),
            || Error::msg("attack"),
            || Error::new(Token::new()),
            Error::generator_exit,
            || Error::generator_exit_with(Token::new()),
            || Error::stop_iteration(Token::new()),
            Error::cancelled,
        ];
        world.error(&self.errors, &KINDS)
    }

    /// Keeps what an operation gave, or drops it.
    fn receive<T: 'static>(&self, world: &World, what: T) {
        world.receive(&self.pocket, what);
    }
}
