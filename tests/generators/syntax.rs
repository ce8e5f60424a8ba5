//! The statements and expressions of a scenario, as they are run.

use std::collections::HashMap;
use std::rc::Rc;

use super::value::{Operator, Value};

/// A scenario that is well formed.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub(crate) functions: HashMap<String, Rc<Function>>,
    pub(crate) drive: Rc<[Stmt]>,
}

/// A generator function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) params: Vec<Name>,
    pub(crate) body: Vec<Stmt>,
}

/// A variable's name.
pub(crate) type Name = Rc<str>;

/// Where a result goes.
pub(crate) type To = Option<Name>;

#[derive(Debug)]
pub(crate) enum Expr {
    Value(Value),
    Var(Name),
    List(Vec<Self>),
    Binary(Operator, Box<(Self, Self)>),
}

/// A statement, with its line for complaints that can be made only when it runs.
#[derive(Debug)]
pub(crate) struct Stmt {
    pub(crate) line: usize,
    pub(crate) op: Op,
}

#[derive(Debug)]
pub(crate) enum Op {
    Yield {
        value: Expr,
        to: To,
    },
    From {
        source: Source,
        to: To,
    },
    Return(Expr),
    Raise(Raise),
    Reraise,
    Try(Try),
    Emit(Vec<Expr>),
    Let {
        to: Name,
        value: Expr,
    },
    Repeat {
        times: Option<Expr>,
        var: To,
        body: Vec<Stmt>,
    },
    Break,
    Continue,
    If {
        cond: Expr,
        then: Vec<Stmt>,
        otherwise: Vec<Stmt>,
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

/// An exception to be made.
#[derive(Debug)]
pub(crate) struct Raise {
    pub(crate) name: String,
    pub(crate) argument: Option<Expr>,
}

/// A generator to be made. The function is looked up by name when it runs, as functions can call
/// each other.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: String,
    pub(crate) args: Vec<Expr>,
}

#[derive(Debug)]
pub(crate) enum Source {
    Call(Call),
    Slot(Expr),
    Items(Expr),
}

#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) body: Vec<Stmt>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) otherwise: Vec<Stmt>,
    pub(crate) finally: Vec<Stmt>,
}

#[derive(Debug)]
pub(crate) struct Handler {
    pub(crate) names: Vec<String>,
    pub(crate) to: To,
    pub(crate) body: Vec<Stmt>,
}
