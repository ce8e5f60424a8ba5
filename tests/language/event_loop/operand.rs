//! What statements refer to: things by their names, and times.

use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{Error, Future, Result};

use super::frame::Frame;
use super::thing::{Object, Thing};
use crate::language::expr::Expr;
use crate::language::run::Runner;
use crate::language::value::Value;

impl Frame<'_> {
    /// Evaluates the name of a thing.
    pub(crate) fn name(&self, expr: &Expr) -> Result<Rc<str>> {
        match self.eval(expr)? {
            Value::Str(name) => Ok(name),
            value => Err(self.malformed(format!("a name must be a string, not {value}"))),
        }
    }

    /// Evaluates a list of names.
    pub(crate) fn names(&self, expr: &Expr) -> Result<Vec<Rc<str>>> {
        let not_names = |value| self.malformed(format!("expected a list of names, not {value}"));
        let Value::List(list) = self.eval(expr)? else {
            return Err(not_names(self.eval(expr)?));
        };
        let names = list.items().iter().map(|item| match item {
            Value::Str(name) => Ok(name.clone()),
            value => Err(not_names(value.clone())),
        });
        names.collect()
    }

    pub(crate) fn thing(&self, expr: &Expr) -> Result<Thing> {
        self.thing_named(&self.name(expr)?)
    }

    fn thing_named(&self, name: &str) -> Result<Thing> {
        self.world
            .named(name)
            .ok_or_else(|| self.malformed(format!("nothing is named '{name}'")))
    }

    pub(crate) fn future(&self, expr: &Expr) -> Result<Future<Value>> {
        self.future_named(&self.name(expr)?)
    }

    pub(crate) fn future_named(&self, name: &str) -> Result<Future<Value>> {
        match self.thing_named(name)? {
            Thing::Future(future) => Ok(future),
            thing => Err(self.unexpected("a future", thing.kind())),
        }
    }

    pub(crate) fn futures_named(&self, names: &[Rc<str>]) -> Result<Vec<Future<Value>>> {
        names.iter().map(|name| self.future_named(name)).collect()
    }

    pub(crate) fn object(&self, expr: &Expr) -> Result<Rc<Object>> {
        match self.thing(expr)? {
            Thing::Object(object) => Ok(object),
            thing => Err(self.unexpected("an object with methods", thing.kind())),
        }
    }

    pub(crate) fn unexpected(&self, expected: &str, found: &str) -> Error {
        self.malformed(format!("expected {expected}, found {found}"))
    }

    /// Evaluates a delay; one that is over counts as none.
    pub(crate) fn duration(&self, expr: &Expr, what: &str) -> Result<Duration> {
        self.delay(self.integer(expr, what)?)
    }

    /// Evaluates a timeout; none stands for no limit.
    pub(crate) fn timeout(&self, expr: Option<&Expr>) -> Result<Option<Duration>> {
        match expr.map_or(Ok(Value::None), |expr| self.eval(expr))? {
            Value::None => Ok(None),
            Value::Int(timeout) => self.delay(timeout).map(Some),
            value => Err(self.malformed(format!("'timeout' must be an integer, not {value}"))),
        }
    }

    fn delay(&self, delay: i64) -> Result<Duration> {
        let until = self.world.now().checked_add(delay.max(0));
        match until.and_then(|until| self.world.loop_time(until)) {
            Some(_) => Ok(Duration::from_micros(delay.max(0).unsigned_abs())),
            None => Err(self.malformed("a time is too late")),
        }
    }
}
