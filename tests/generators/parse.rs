//! From a scenario's text to its statements, with all checks that can be made without running it.

use std::collections::HashMap;
use std::rc::Rc;

use super::syntax::{
    Call, Expr, Function, Handler, Name, Op, Operation, Raise, Scenario, Source, Stmt, To, Try,
};
use super::value::{Operator, Value};
use crate::json::{Json, Kind, Malformed, Object, Text};

/// How deep statements and expressions may nest: they are run by recursion, on a generator's stack.
const MAX_DEPTH: usize = 64;

type Result<T, E = Malformed> = std::result::Result<T, E>;

/// Reads a scenario.
///
/// # Errors
///
/// It is not JSON, or not a scenario.
pub fn parse(bytes: &[u8]) -> Result<Scenario> {
    let text = Text::new(bytes)?;
    let scenario = text.json()?.object()?;
    let definitions = scenario.required("gens")?.object()?;
    let mut arities = HashMap::new();
    for (name, definition) in definitions.entries() {
        arities.insert(name.to_owned(), params(&definition.object()?)?.len());
    }
    let parser = Parser { arities };
    let mut functions = HashMap::new();
    for (name, definition) in definitions.entries() {
        functions.insert(
            name.to_owned(),
            Rc::new(parser.function(name, &definition.object()?)?),
        );
    }
    let drive = parser
        .block(scenario.required("drive")?, Place::default())?
        .into();
    Ok(Scenario { functions, drive })
}

fn params(definition: &Object<'_>) -> Result<Vec<Name>> {
    let Some(params) = definition.optional("params") else {
        return Ok(Vec::new());
    };
    params
        .array()?
        .into_iter()
        .map(|name| Ok(name.string()?.into()))
        .collect()
}

/// Where a statement stands, as far as that decides what is allowed.
#[derive(Clone, Copy, Default)]
struct Place {
    depth: usize,
    in_body: bool,
    in_loop: bool,
    in_handler: bool,
    in_finally: bool,
}

impl Place {
    fn deeper(self, at: Json<'_>) -> Result<Self> {
        if self.depth == MAX_DEPTH {
            return Err(at.error(format!("nested more than {MAX_DEPTH} levels deep")));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

struct Parser {
    /// How many parameters each generator function has.
    arities: HashMap<String, usize>,
}

impl Parser {
    fn function(&self, name: &str, definition: &Object<'_>) -> Result<Function> {
        let place = Place {
            in_body: true,
            ..Place::default()
        };
        let body = self.block(definition.required("body")?, place)?;
        Ok(Function {
            name: name.to_owned(),
            params: params(definition)?,
            body,
        })
    }

    fn block(&self, statements: Json<'_>, place: Place) -> Result<Vec<Stmt>> {
        let place = place.deeper(statements)?;
        statements
            .array()?
            .into_iter()
            .map(|statement| self.statement(statement, place))
            .collect()
    }

    fn optional_block(&self, statement: &Object<'_>, key: &str, place: Place) -> Result<Vec<Stmt>> {
        statement
            .optional(key)
            .map_or(Ok(Vec::new()), |block| self.block(block, place))
    }

    fn statement(&self, json: Json<'_>, place: Place) -> Result<Stmt> {
        let object = json.object()?;
        let name = object.required("op")?.string()?;
        let op = match self.common(&name, &object, place)? {
            Some(op) => Some(op),
            None if place.in_body => self.only_in_bodies(&name, &object, place)?,
            None => only_in_drivers(&name, &object)?,
        };
        let op = op.ok_or_else(|| {
            let place = if place.in_body {
                "a body"
            } else {
                "the driver"
            };
            object
                .whole()
                .error(format!("unknown op '{name}' in {place}"))
        })?;
        Ok(Stmt {
            line: json.line(),
            op,
        })
    }

    /// Reads a statement that can stand anywhere.
    fn common(&self, name: &str, object: &Object<'_>, place: Place) -> Result<Option<Op>> {
        Ok(Some(match name {
            "emit" => Op::Emit(exprs(object.required("args")?)?),
            "let" => Op::Let {
                to: object.required("to")?.string()?.into(),
                value: required(object, "value")?,
            },
            "repeat" => {
                let times = object.required("times")?;
                let times = if times.kind() == Kind::Null {
                    None
                } else {
                    Some(expr(times, 0)?)
                };
                let body = self.block(
                    object.required("body")?,
                    Place {
                        in_loop: true,
                        ..place
                    },
                )?;
                Op::Repeat {
                    times,
                    var: to(object, "var")?,
                    body,
                }
            }
            "break" | "continue" if !place.in_loop => {
                return Err(object
                    .whole()
                    .error(format!("'{name}' without a 'repeat' that it may leave")));
            }
            "break" => Op::Break,
            "continue" => Op::Continue,
            "if" => Op::If {
                cond: required(object, "cond")?,
                then: self.block(object.required("then")?, place)?,
                otherwise: self.optional_block(object, "else", place)?,
            },
            "new" => Op::New {
                call: self.call(object)?,
                slot: required(object, "slot")?,
            },
            "iter" => Op::Iter {
                items: required(object, "value")?,
                slot: required(object, "slot")?,
            },
            _ => return operation(name, object),
        }))
    }

    fn only_in_bodies(&self, name: &str, object: &Object<'_>, place: Place) -> Result<Option<Op>> {
        Ok(Some(match name {
            "yield" => Op::Yield {
                value: required(object, "value")?,
                to: to(object, "to")?,
            },
            "from" => {
                let source = self.source(&object.required("source")?.object()?)?;
                Op::From {
                    source,
                    to: to(object, "to")?,
                }
            }
            "return" if place.in_finally => {
                return Err(object.whole().error("'return' inside 'finally'"));
            }
            "return" => Op::Return(required(object, "value")?),
            "raise" => Op::Raise(raise(object)?),
            "reraise" if !place.in_handler => {
                return Err(object.whole().error("'reraise' outside of 'except'"));
            }
            "reraise" => Op::Reraise,
            "try" => Op::Try(self.try_statement(object, place)?),
            _ => return Ok(None),
        }))
    }

    fn try_statement(&self, object: &Object<'_>, place: Place) -> Result<Try> {
        let handlers = match object.optional("except") {
            Some(handlers) => handlers.array()?,
            None => Vec::new(),
        };
        let handlers = handlers
            .into_iter()
            .map(|handler| self.handler(&handler.object()?, place));
        // A loop outside of the `finally` must not be left from inside.
        let in_finally = Place {
            in_finally: true,
            in_loop: false,
            ..place
        };
        Ok(Try {
            body: self.block(object.required("body")?, place)?,
            handlers: handlers.collect::<Result<_>>()?,
            otherwise: self.optional_block(object, "else", place)?,
            finally: self.optional_block(object, "finally", in_finally)?,
        })
    }

    fn handler(&self, object: &Object<'_>, place: Place) -> Result<Handler> {
        let names = object
            .required("match")?
            .array()?
            .into_iter()
            .map(Json::string);
        Ok(Handler {
            names: names.collect::<Result<_>>()?,
            to: to(object, "as")?,
            body: self.block(
                object.required("body")?,
                Place {
                    in_handler: true,
                    ..place
                },
            )?,
        })
    }

    fn source(&self, source: &Object<'_>) -> Result<Source> {
        match (source.get("gen"), source.get("slot"), source.get("iter")) {
            (Some(_), None, None) => Ok(Source::Call(self.call(source)?)),
            (None, Some(slot), None) => Ok(Source::Slot(expr(slot, 0)?)),
            (None, None, Some(items)) => Ok(Source::Items(expr(items, 0)?)),
            _ => Err(source
                .whole()
                .error("a source has one of the keys 'gen', 'slot' and 'iter'")),
        }
    }

    fn call(&self, object: &Object<'_>) -> Result<Call> {
        let json = object.required("gen")?;
        let function = json.string()?;
        let args = object.optional("args").map_or(Ok(Vec::new()), exprs)?;
        match self.arities.get(&function) {
            None => Err(json.error(format!("unknown generator '{function}'"))),
            Some(arity) if *arity != args.len() => Err(json.error(format!(
                "'{function}' has {arity} parameters, not {}",
                args.len()
            ))),
            Some(_) => Ok(Call { function, args }),
        }
    }
}

fn only_in_drivers(name: &str, object: &Object<'_>) -> Result<Option<Op>> {
    Ok(match name {
        "del" => Some(Op::Del(required(object, "g")?)),
        _ => None,
    })
}

/// Reads an operation on the generator in a slot.
fn operation(name: &str, object: &Object<'_>) -> Result<Option<Op>> {
    let operation = match name {
        "next" => Operation::Next,
        "send" => Operation::Send(required(object, "value")?),
        "throw" => Operation::Throw(raise(object)?),
        "close" => Operation::Close,
        "state" => Operation::State,
        "exhaust" => Operation::Exhaust {
            limit: object.optional("limit").map(|e| expr(e, 0)).transpose()?,
        },
        _ => return Ok(None),
    };
    Ok(Some(Op::Operate {
        slot: required(object, "g")?,
        operation,
        to: to(object, "to")?,
    }))
}

fn raise(object: &Object<'_>) -> Result<Raise> {
    // Null is an argument here: none.
    let argument = object.get("msg").map(|e| expr(e, 0)).transpose()?;
    Ok(Raise {
        name: object.required("exc")?.string()?,
        argument,
    })
}

fn to(object: &Object<'_>, key: &str) -> Result<To> {
    object
        .optional(key)
        .map(|name| Ok(name.string()?.into()))
        .transpose()
}

fn required(object: &Object<'_>, key: &str) -> Result<Expr> {
    expr(object.required(key)?, 0)
}

fn exprs(list: Json<'_>) -> Result<Vec<Expr>> {
    list.array()?
        .into_iter()
        .map(|item| expr(item, 0))
        .collect()
}

fn expr(json: Json<'_>, depth: usize) -> Result<Expr> {
    if depth == MAX_DEPTH {
        return Err(json.error(format!("nested more than {MAX_DEPTH} levels deep")));
    }
    match json.kind() {
        Kind::Null => Ok(Expr::Value(Value::None)),
        Kind::Number => Ok(Expr::Value(Value::Int(json.integer()?))),
        Kind::String => {
            let text = json.string()?;
            Ok(match text.strip_prefix('$') {
                Some(name) => Expr::Var(name.into()),
                None => Expr::Value(Value::from(text)),
            })
        }
        Kind::Array => {
            let items = json.array()?.into_iter().map(|item| expr(item, depth + 1));
            Ok(Expr::List(items.collect::<Result<_>>()?))
        }
        Kind::Object => binary(&json.object()?, depth),
        Kind::Bool => Err(json.error("expected an expression, found a boolean")),
    }
}

fn binary(object: &Object<'_>, depth: usize) -> Result<Expr> {
    let op = object.required("op")?;
    let name = op.string()?;
    let operator =
        Operator::from_name(&name).ok_or_else(|| op.error(format!("unknown operator '{name}'")))?;
    let a = expr(object.required("a")?, depth + 1)?;
    let b = expr(object.required("b")?, depth + 1)?;
    Ok(Expr::Binary(operator, Box::new((a, b))))
}
