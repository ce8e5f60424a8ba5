//! Variables and expressions.

use std::rc::Rc;

use super::value::{Operator, Trouble, Value};
use crate::json::{Json, Kind, Malformed, Object};

/// How deep expressions, and statements, may nest: they are run by recursion, on a coroutine's
/// stack.
pub(crate) const MAX_DEPTH: usize = 64;

type Result<T, E = Malformed> = std::result::Result<T, E>;

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Variable {
    /// `$x`, an instance's own.
    Local(Rc<str>),
    /// `@x`, everybody's.
    Global(Rc<str>),
}

/// Where a result goes.
pub(crate) type To = Option<Variable>;

#[derive(Debug)]
pub(crate) enum Expr {
    Value(Value),
    Variable(Variable),
    List(Vec<Self>),
    Binary(Operator, Box<(Self, Self)>),
}

impl Expr {
    /// Computes the value, with the variables as `lookup` tells them.
    pub(crate) fn eval(&self, lookup: &impl Fn(&Variable) -> Value) -> Result<Value, Trouble> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::Variable(variable) => Ok(lookup(variable)),
            Self::List(items) => {
                let items: Vec<_> = items
                    .iter()
                    .map(|item| item.eval(lookup))
                    .collect::<Result<_, _>>()?;
                Value::list(items)
            }
            Self::Binary(operator, operands) => {
                let a = operands.0.eval(lookup)?;
                let b = operands.1.eval(lookup)?;
                operator.apply(&a, &b)
            }
        }
    }
}

/// Reads expressions of a language that may have global variables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expressions {
    pub(crate) globals: bool,
}

impl Expressions {
    pub(crate) fn required(self, object: &Object<'_>, key: &str) -> Result<Expr> {
        self.read(object.required(key)?)
    }

    /// Reads an expression; null is as good as none.
    pub(crate) fn optional(self, object: &Object<'_>, key: &str) -> Result<Option<Expr>> {
        object.optional(key).map(|json| self.read(json)).transpose()
    }

    pub(crate) fn list(self, json: Json<'_>) -> Result<Vec<Expr>> {
        json.array()?
            .into_iter()
            .map(|item| self.read(item))
            .collect()
    }

    /// Reads a variable that takes a result.
    pub(crate) fn target(self, json: Json<'_>) -> Result<Variable> {
        let name = json.string()?;
        Ok(match name.strip_prefix('@') {
            Some(name) if self.globals => Variable::Global(name.into()),
            _ => Variable::Local(name.into()),
        })
    }

    pub(crate) fn to(self, object: &Object<'_>, key: &str) -> Result<To> {
        object
            .optional(key)
            .map(|json| self.target(json))
            .transpose()
    }

    pub(crate) fn read(self, json: Json<'_>) -> Result<Expr> {
        self.read_at(json, 0)
    }

    fn read_at(self, json: Json<'_>, depth: usize) -> Result<Expr> {
        if depth == MAX_DEPTH {
            return Err(json.error(format!("nested more than {MAX_DEPTH} levels deep")));
        }
        match json.kind() {
            Kind::Null => Ok(Expr::Value(Value::None)),
            Kind::Number => Ok(Expr::Value(Value::Int(json.integer()?))),
            Kind::String => Ok(self.text(json.string()?)),
            Kind::Array => {
                let items = json.array()?.into_iter();
                let items = items.map(|item| self.read_at(item, depth + 1));
                Ok(Expr::List(items.collect::<Result<_>>()?))
            }
            Kind::Object => self.binary(&json.object()?, depth),
            Kind::Bool => Err(json.error("expected an expression, found a boolean")),
        }
    }

    fn text(self, text: String) -> Expr {
        if let Some(name) = text.strip_prefix('$') {
            return Expr::Variable(Variable::Local(name.into()));
        }
        match text.strip_prefix('@') {
            Some(name) if self.globals => Expr::Variable(Variable::Global(name.into())),
            _ => Expr::Value(Value::from(text)),
        }
    }

    fn binary(self, object: &Object<'_>, depth: usize) -> Result<Expr> {
        let op = object.required("op")?;
        let name = op.string()?;
        let operator = Operator::from_name(&name)
            .ok_or_else(|| op.error(format!("unknown operator '{name}'")))?;
        let a = self.read_at(object.required("a")?, depth + 1)?;
        let b = self.read_at(object.required("b")?, depth + 1)?;
        Ok(Expr::Binary(operator, Box::new((a, b))))
    }
}
