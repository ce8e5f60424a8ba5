//! The statements that event-loop scenarios add.

use crate::language::expr::{Expr, To};
use crate::language::syntax::{Block, Call, Program, Raise};

/// A scenario that is well formed.
#[derive(Debug)]
pub struct Scenario(pub(crate) Program<Action>);

#[derive(Debug)]
pub(crate) enum Action {
    Sleep {
        delay: Expr,
        value: Option<Expr>,
        to: To,
    },
    Call {
        call: Call,
        to: To,
    },
    Spawn {
        call: Call,
        name: Expr,
    },
    Await {
        future: Expr,
        to: To,
    },
    Run(Awaited),
    RunForever,
    Stop,
    Time(To),
    Schedule {
        when: When,
        body: Block<Action>,
        name: Option<Expr>,
    },
    CancelHandle(Expr),
    Future(FutureAction),
    Composite(Composite),
    Make {
        kind: ObjectKind,
        name: Expr,
    },
    Do {
        object: Expr,
        method: Method,
        to: To,
    },
}

/// When a callback is to run.
#[derive(Debug)]
pub(crate) enum When {
    Soon,
    Later(Expr),
    At(Expr),
}

/// What is done with one future.
#[derive(Debug)]
pub(crate) enum FutureAction {
    Make(Expr),
    SetResult {
        future: Expr,
        value: Expr,
    },
    SetException {
        future: Expr,
        raise: Raise,
    },
    Cancel {
        future: Expr,
        to: To,
    },
    Get {
        future: Expr,
        what: What,
        to: To,
    },
    OnDone {
        future: Expr,
        body: Block<Action>,
        name: Option<Expr>,
    },
    RemoveOnDone {
        future: Expr,
        callback: Expr,
        to: To,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Result,
    Exception,
    Done,
    Cancelled,
}

/// What is made of other futures.
#[derive(Debug)]
pub(crate) enum Composite {
    Wait {
        futures: Expr,
        timeout: Option<Expr>,
        until: Until,
        done: To,
        pending: To,
    },
    WaitFor {
        awaited: Awaited,
        timeout: Option<Expr>,
        to: To,
    },
    Gather {
        all: Several,
        return_exceptions: bool,
        name: Expr,
    },
    Shield {
        awaited: Awaited,
        name: Expr,
    },
    AsCompleted {
        futures: Expr,
        timeout: Option<Expr>,
        name: Expr,
        body: Block<Action>,
        /// Whether a `break` in the body has no loop but this one to leave.
        is_loop: bool,
    },
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    AllCompleted,
    FirstCompleted,
    FirstException,
}

/// A future by its name, or a coroutine to be made.
#[derive(Debug)]
pub(crate) enum Awaited {
    Future(Expr),
    Coroutine { call: Call, label: Option<Expr> },
}

#[derive(Debug)]
pub(crate) enum Several {
    Each(Vec<Awaited>),
    /// A list of names.
    Names(Expr),
}

#[derive(Debug)]
pub(crate) enum ObjectKind {
    Lock,
    Event,
    /// With a lock to use, perhaps.
    Condition(Option<Expr>),
    Semaphore {
        size: Option<Expr>,
        bounded: bool,
    },
    Queue {
        size: Option<Expr>,
        order: Order,
    },
}

/// Which item of a queue is the next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Oldest,
    Newest,
    Smallest,
}

#[derive(Debug)]
pub(crate) enum Method {
    Acquire,
    Release,
    Locked,
    Wait,
    WaitFor(Expr),
    Set,
    Clear,
    IsSet,
    Notify(Option<Expr>),
    NotifyAll,
    Put(Expr),
    PutNowait(Expr),
    Get,
    GetNowait,
    Join,
    TaskDone,
    Qsize,
    Empty,
    Full,
}
