//! What bodies do.

use std::cell::RefCell;
use std::panic;
use std::rc::Rc;

use yieldfrom_delegation::{Co, Delegate, Error, Generator, Result, iter};

use super::iterators::Nasty;
use super::{Iterated, Sent, Stage, stage};
use crate::attack::token::Token;
use crate::attack::world::World;

type Numbered<S> = (u32, Generator<Token, S, <S as Sendable>::Returned>);

/// Values that a body can be sent.
pub(super) trait Sendable: Default + 'static {
    /// Returns the generators that yield the same and are sent the same.
    fn peers(stage: &Stage) -> &RefCell<Vec<Numbered<Self>>>;

    type Returned: 'static;

    fn make(stage: &Stage, world: &World, end: u32) -> Numbered<Self>;
}

impl Sendable for Token {
    type Returned = Token;

    fn peers(stage: &Stage) -> &RefCell<Vec<(u32, Sent)>> {
        &stage.sent
    }

    fn make(stage: &Stage, world: &World, end: u32) -> (u32, Sent) {
        stage.make_sent(world, end)
    }
}

impl Sendable for () {
    type Returned = ();

    fn peers(stage: &Stage) -> &RefCell<Vec<(u32, Iterated)>> {
        &stage.iterated
    }

    fn make(stage: &Stage, world: &World, end: u32) -> (u32, Iterated) {
        stage.make_iterated(world, end)
    }
}

/// A body that runs.
pub(super) struct Body<'a, S> {
    co: &'a Co<Token, S>,
    number: u32,
    /// It may hold generators with numbers below this while it is suspended.
    end: u32,
    world: Rc<World>,
    stage: Rc<Stage>,
}

impl<S> Clone for Body<'_, S> {
    fn clone(&self) -> Self {
        Self {
            co: self.co,
            number: self.number,
            end: self.end,
            world: Rc::clone(&self.world),
            stage: Rc::clone(&self.stage),
        }
    }
}

/// Does things until it is to end; most programs that ask for an end get one.
pub(super) fn body<S: Sendable>(co: &Co<Token, S>, number: u32, end: u32) -> Result<Token> {
    let Some(world) = World::current() else {
        return Err(Error::msg("the program is over"));
    };
    let body = Body {
        co,
        number,
        end,
        world,
        stage: stage(),
    };
    body.world.say(format_args!("{number} runs"));
    let result = body.go_on();
    body.world.say(format_args!("{number} ends"));
    result
}

impl<S: Sendable> Body<'_, S> {
    fn go_on(&self) -> Result<Token> {
        let mut kept = Vec::new();
        let result = self.steps(&mut kept);
        drop(kept);
        result
    }

    fn steps(&self, kept: &mut Vec<S>) -> Result<Token> {
        loop {
            let world = &self.world;
            match world.below(24) {
                0 => return Ok(Token::new()),
                1..=7 => self.suspend(kept)?,
                8 => self.hear(self.co.yield_from(|_: &_| self.clone().go_on()))?,
                9..=11 => self.delegate_to_new()?,
                12..=14 => self.delegate()?,
                15 => self.hear(self.co.yield_from(iter(Nasty::new(world))))?,
                16 => self.hear(self.co.yield_from(Thorough(self.clone())))?,
                17 | 18 => world.act(),
                19 => world.panic(),
                20 => drop(YieldsAtEnd(self)),
                21 => self.swallow(),
                22 => self.unwind(),
                _ => return Err(self.stage.error(world)),
            }
        }
    }

    fn suspend(&self, kept: &mut Vec<S>) -> Result<()> {
        self.world.say(format_args!("{} yields", self.number));
        let sent = self.co.yield_(Token::new());
        self.world.say(format_args!("{} goes on", self.number));
        match sent {
            Ok(value) if self.world.one_in(3) => kept.push(value),
            Ok(value) => drop(value),
            Err(error) => return self.hear(Err::<(), _>(error)),
        }
        Ok(())
    }

    /// Passes an error on, or goes on all the same.
    fn hear<T>(&self, result: Result<T>) -> Result<()> {
        self.world.hear(result)
    }

    fn delegate_to_new(&self) -> Result<()> {
        let (number, g) = S::make(&self.stage, &self.world, self.end);
        self.world
            .say(format_args!("{} delegates to new {number}", self.number));
        match self.world.below(6) {
            0..3 => self.hear(self.co.yield_from(g)),
            3 => {
                // Shared; only circles may come of it.
                if self.stage.circles {
                    let item = (number, g.clone());
                    self.stage.place(&self.world, S::peers(&self.stage), item);
                }
                self.hear(self.co.yield_from(&g))
            }
            4 => {
                let mut g = g;
                self.hear(self.co.yield_from(&mut g))
            }
            _ => {
                drop(g.next());
                self.hear(self.co.yield_from(g))
            }
        }
    }

    fn delegate(&self) -> Result<()> {
        let peers = S::peers(&self.stage);
        let Some(g) = self.stage.delegate(&self.world, peers, self.end) else {
            return Ok(());
        };
        self.world.say(format_args!("{} delegates", self.number));
        match self.world.one_in(2) {
            true => self.hear(self.co.yield_from(&g)),
            false => self.hear(self.co.yield_from(g)),
        }
    }

    /// Suspends, and goes on also when it is unwound.
    fn swallow(&self) {
        let caught = self.world.catch(|| self.co.yield_(Token::new()));
        self.world
            .say(format_args!("{} swallows what comes", self.number));
        if let Some(Err(error)) = caught
            && self.world.one_in(2)
        {
            panic::resume_unwind(Box::new(error.to_string()));
        }
    }

    /// Panics, and acts and suspends in the destructors.
    fn unwind(&self) {
        self.world.catch(|| {
            let _yields = YieldsAtEnd(self);
            self.world.panic();
        });
    }
}

/// Suspends when it is dropped.
struct YieldsAtEnd<'a, 'b, S: Sendable>(&'a Body<'b, S>);

impl<S: Sendable> Drop for YieldsAtEnd<'_, '_, S> {
    fn drop(&mut self) {
        let body = self.0;
        body.world
            .say(format_args!("{} yields in drop", body.number));
        // Caught, as one that comes while another panic unwinds ends the process.
        body.world.catch(|| drop(body.co.yield_(Token::new())));
    }
}

/// A delegate of another crate.
struct Thorough<'a, S>(Body<'a, S>);

impl<S: Sendable> Delegate<Token, S> for Thorough<'_, S> {
    type Output = Token;

    fn delegate(self, co: &Co<Token, S>) -> Result<Token> {
        drop(co.yield_(Token::new())?);
        self.0.go_on()
    }
}
