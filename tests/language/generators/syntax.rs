//! The statements that generator scenarios add.

use crate::language::expr::{Expr, To};
use crate::language::syntax::{Call, Program, Raise};

/// A scenario that is well formed.
#[derive(Debug)]
pub struct Scenario(pub(crate) Program<Action>);

#[derive(Debug)]
pub(crate) enum Action {
    Yield {
        value: Expr,
        to: To,
    },
    From {
        source: Source,
        to: To,
    },
    New {
        call: Call,
        slot: Expr,
    },
    Iter {
        items: Expr,
        slot: Expr,
    },
    Operate {
        slot: Expr,
        operation: Operation,
        to: To,
    },
    Del(Expr),
}

#[derive(Debug)]
pub(crate) enum Operation {
    Next,
    Send(Expr),
    Throw(Raise),
    Close,
    State,
    Exhaust { limit: Option<Expr> },
}

#[derive(Debug)]
pub(crate) enum Source {
    Call(Call),
    Slot(Expr),
    Items(Expr),
}
