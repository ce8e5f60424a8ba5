//! Faults on purpose, to see that they are found: with them the programs need one decision.

use yieldfrom_delegation::Generator;

use super::token::Token;
use super::world::World;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Leaks,
    Aborts,
    Panics,
    Suspends,
}

/// Runs a program with a fault, unless it has no decision at all.
pub(super) fn attack(fault: Fault, world: &World) {
    if world.choices.is_over() {
        return;
    }
    match fault {
        Fault::Leaks => std::mem::forget(Token::new()),
        Fault::Aborts => std::process::abort(),
        Fault::Panics => {
            world.catch(|| panic!("a panic that nobody planned"));
        }
        Fault::Suspends => {
            let g: Generator<i32> = Generator::new(|co| co.yield_(1));
            let _ = g.next();
            std::mem::forget(g);
        }
    }
}
