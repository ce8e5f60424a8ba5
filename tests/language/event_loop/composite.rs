//! Runs the statements that wait for several futures, or make one of others.

use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;

use yieldfrom::{
    Awaitable, AwaitableResult, Co, Coroutine, Delegate, EventLoop, Future, Limited, Result,
    ReturnWhen, as_completed, gather_with, shield, wait, wait_for,
};

use super::exception::of_error;
use super::frame::{Frame, Role};
use super::syntax::{Action, Awaited, Composite, Several, Until};
use super::thing::Thing;
use crate::language::expr::{Expr, To};
use crate::language::run::{Flow, Runner};
use crate::language::syntax::Stmt;
use crate::language::value::Value;

/// What `as_completed` gives out.
pub(crate) type Round = yieldfrom::NextCompleted<Item>;

/// A future, or a coroutine that becomes one when its turn comes.
pub(crate) enum Item {
    Future(Future<Value>),
    Coroutine(Coroutine<Value>),
}

impl Awaitable for Item {
    type Output = Value;
    type Future = Future<Value>;

    fn ensure_future(self, event_loop: &EventLoop) -> Future<Value> {
        match self {
            Self::Future(future) => future,
            Self::Coroutine(coroutine) => event_loop.create_task(coroutine).into(),
        }
    }
}

/// As in Python, a future keeps its result.
impl AwaitableResult for Item {
    fn outcome(future: &Future<Value>, _: &'static Location<'static>) -> Result<Value> {
        future.result()
    }
}

/// With no time at all, a future that is done gives its result.
impl Limited for Item {
    type Output = Value;

    fn wait_here(self, co: &Co) -> Result<Value> {
        match self {
            Self::Future(future) => (&future).delegate(co),
            Self::Coroutine(coroutine) => coroutine.delegate(co),
        }
    }

    fn wait_no_time(self, co: &Co) -> Result<Value> {
        match self {
            Self::Future(future) => (&future).wait_no_time(co),
            Self::Coroutine(coroutine) => coroutine.wait_no_time(co),
        }
    }
}

impl Frame<'_> {
    pub(crate) fn composite(&mut self, composite: &Composite) -> Result<Flow> {
        match composite {
            Composite::Wait {
                futures,
                timeout,
                until,
                done,
                pending,
            } => self.wait(futures, timeout.as_ref(), *until, [done, pending])?,
            Composite::WaitFor {
                awaited,
                timeout,
                to,
            } => {
                let item = self.item(awaited)?;
                let timeout = self.timeout(timeout.as_ref())?;
                let result = self.co().yield_from(wait_for(item, timeout))?;
                self.assign(to, result);
            }
            Composite::Gather {
                all,
                return_exceptions,
                name,
            } => {
                let future = gather_with(self.items(all)?, *return_exceptions, self.list());
                self.world.name(self.name(name)?, Thing::Future(future));
            }
            Composite::Shield { awaited, name } => {
                let future = shield(self.item(awaited)?);
                self.world.name(self.name(name)?, Thing::Future(future));
            }
            Composite::AsCompleted {
                futures,
                timeout,
                name,
                body,
                is_loop,
            } => {
                let flow = self.as_completed([futures, name], timeout.as_ref(), body)?;
                if !(*is_loop && matches!(flow, Flow::Break)) {
                    return Ok(flow);
                }
            }
        }
        Ok(Flow::Normal)
    }

    fn item(&self, awaited: &Awaited) -> Result<Item> {
        Ok(match awaited {
            Awaited::Future(name) => Item::Future(self.future(name)?),
            Awaited::Coroutine { call, label } => {
                let label = match label {
                    Some(label) => self.name(label)?,
                    None => "~".into(),
                };
                Item::Coroutine(self.instance(call, label, Role::Task)?)
            }
        })
    }

    fn items(&self, several: &Several) -> Result<Vec<Item>> {
        match several {
            Several::Each(each) => each.iter().map(|awaited| self.item(awaited)).collect(),
            Several::Names(names) => {
                let futures = self.futures_named(&self.names(names)?)?;
                Ok(futures.into_iter().map(Item::Future).collect())
            }
        }
    }

    /// Returns what makes a list of what several futures came to, an exception being the string
    /// that shows it.
    fn list(&self) -> impl FnOnce(Vec<Result<Value>>) -> Result<Value> + use<> {
        let (world, line) = (self.world.clone(), self.line());
        move |outcomes| {
            let items = outcomes.into_iter().map(|outcome| match outcome {
                Ok(value) => value,
                Err(error) => Value::from(of_error(&error).to_string()),
            });
            Value::list(items).map_err(|trouble| {
                let stopped = world.session.malformed(line, trouble.to_string());
                world.stop_loop();
                stopped
            })
        }
    }

    fn wait(
        &mut self,
        futures: &Expr,
        timeout: Option<&Expr>,
        until: Until,
        [done, pending]: [&To; 2],
    ) -> Result<()> {
        let names = self.names(futures)?;
        let futures = self.futures_named(&names)?;
        let until = match until {
            Until::AllCompleted => ReturnWhen::AllCompleted,
            Until::FirstCompleted => ReturnWhen::FirstCompleted,
            Until::FirstException => ReturnWhen::FirstException,
        };
        let mut waiting = wait(futures.iter().cloned()).return_when(until);
        if let Some(timeout) = self.timeout(timeout)? {
            waiting = waiting.timeout(timeout);
        }
        let waited = self.co().yield_from(waiting)?;
        let is_done = |future: &Future<Value>| waited.done.iter().any(|done| done.ptr_eq(future));
        let listed = |wanted| {
            let all = names.iter().zip(&futures);
            let names = all.filter(|(_, future)| is_done(future) == wanted);
            Value::list(names.map(|(name, _)| Value::Str(name.clone())))
        };
        let (is, is_not) = (listed(true), listed(false));
        self.assign(done, is.map_err(|trouble| self.raise(trouble))?);
        self.assign(pending, is_not.map_err(|trouble| self.raise(trouble))?);
        Ok(())
    }

    /// Runs the body once for each future, in the order in which they are done.
    fn as_completed(
        &mut self,
        [futures, name]: [&Expr; 2],
        timeout: Option<&Expr>,
        body: &[Stmt<Action>],
    ) -> Result<Flow> {
        let futures = self.futures_named(&self.names(futures)?)?;
        let mut rounds = as_completed(futures.into_iter().map(Item::Future));
        if let Some(timeout) = self.timeout(timeout)? {
            rounds = rounds.timeout(timeout);
        }
        for round in rounds {
            let round = Thing::Round(Rc::new(Cell::new(Some(round))));
            self.world.name(self.name(name)?, round);
            match self.block(body)? {
                Flow::Normal | Flow::Continue => {}
                flow => return Ok(flow),
            }
        }
        Ok(Flow::Normal)
    }
}
