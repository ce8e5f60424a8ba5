//! The statements that all languages have; `A` are those that a language adds.

use std::collections::HashMap;
use std::rc::Rc;

use super::expr::{Expr, To, Variable};

/// A scenario that is well formed.
#[derive(Debug)]
pub(crate) struct Program<A> {
    pub(crate) functions: HashMap<String, Rc<Function<A>>>,
    /// What is run outside of all functions.
    pub(crate) outside: Block<A>,
}

/// Statements, which a callback may share.
pub(crate) type Block<A> = Rc<[Stmt<A>]>;

/// What an instance is made of.
#[derive(Debug)]
pub(crate) struct Function<A> {
    pub(crate) name: String,
    pub(crate) params: Vec<Rc<str>>,
    pub(crate) body: Block<A>,
}

/// A statement, with its line for complaints that can be made only when it runs.
#[derive(Debug)]
pub(crate) struct Stmt<A> {
    pub(crate) line: usize,
    pub(crate) op: Op<A>,
}

#[derive(Debug)]
pub(crate) enum Op<A> {
    Return(Expr),
    Raise(Raise),
    Reraise,
    Try(Try<A>),
    Emit(Vec<Expr>),
    Let {
        to: Variable,
        value: Expr,
    },
    Repeat {
        times: Option<Expr>,
        var: To,
        body: Block<A>,
    },
    Break,
    Continue,
    If {
        cond: Expr,
        then: Block<A>,
        otherwise: Block<A>,
    },
    Action(A),
}

/// An exception to be made.
#[derive(Debug)]
pub(crate) struct Raise {
    pub(crate) name: String,
    pub(crate) argument: Option<Expr>,
}

/// An instance to be made. The function is looked up by name when it runs, as functions can call
/// each other.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) args: Vec<Expr>,
}

#[derive(Debug)]
pub(crate) struct Try<A> {
    pub(crate) body: Block<A>,
    pub(crate) handlers: Vec<Handler<A>>,
    pub(crate) otherwise: Block<A>,
    pub(crate) finally: Block<A>,
}

#[derive(Debug)]
pub(crate) struct Handler<A> {
    pub(crate) names: Vec<String>,
    pub(crate) to: To,
    pub(crate) body: Block<A>,
}
