//! Iterators as delegates.

use std::rc::Rc;

use crate::attack::token::Token;
use crate::attack::world::World;

/// An iterator that acts, panics, and has a destructor.
pub(super) struct Nasty {
    world: Rc<World>,
    _own: Token,
}

impl Nasty {
    pub(super) fn new(world: &Rc<World>) -> Self {
        Self {
            world: Rc::clone(world),
            _own: Token::new(),
        }
    }
}

impl Iterator for Nasty {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        match self.world.below(7) {
            0 => None,
            1..=4 => Some(Token::new()),
            5 => {
                self.world.act_on();
                Some(Token::new())
            }
            _ => self.world.panic(),
        }
    }
}
