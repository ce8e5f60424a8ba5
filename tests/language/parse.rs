//! From a scenario's text to its statements, with all checks that can be made without running it.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::rc::Rc;

use super::expr::{Expressions, MAX_DEPTH};
use super::syntax::{Block, Call, Function, Handler, Op, Program, Raise, Stmt, Try};
use crate::json::{Json, Kind, Malformed, Object, Text};

pub(crate) type Result<T, E = Malformed> = std::result::Result<T, E>;

/// What a language adds to the common statements.
pub(crate) trait Language: Sized {
    type Action;
    const WORDS: Words;
    const EXPRESSIONS: Expressions;

    /// Reads a statement of this language, unless there is none of this name in this place.
    fn action(
        parser: &Parser<Self>,
        name: &str,
        object: &Object<'_>,
        place: Place,
    ) -> Result<Option<Self::Action>>;

    /// Returns whether exceptions may be raised and handled in this place.
    fn has_exceptions(scope: Scope) -> bool;
}

/// What a language calls its parts.
pub(crate) struct Words {
    /// The key of all functions.
    pub(crate) functions: &'static str,
    /// The key of the statements outside of functions.
    pub(crate) outside: &'static str,
    /// The key that names a function to be called.
    pub(crate) call: &'static str,
    /// What a complaint calls a function.
    pub(crate) function: &'static str,
    /// What a complaint calls each scope: the outside, a body, a callback.
    pub(crate) scopes: [&'static str; 3],
}

/// Where statements belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scope {
    #[default]
    Outside,
    Body,
    Callback,
}

/// Where a statement stands, as far as that decides what is allowed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    depth: usize,
    pub(crate) scope: Scope,
    pub(crate) in_loop: bool,
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

    /// Returns the place of a loop's body.
    pub(crate) fn in_loop(self) -> Self {
        Self {
            in_loop: true,
            ..self
        }
    }

    /// Returns the place of a callback's body, which leaves nothing around it.
    pub(crate) fn callback(self) -> Self {
        Self {
            depth: self.depth,
            scope: Scope::Callback,
            ..Self::default()
        }
    }
}

/// Reads a scenario.
pub(crate) fn program<L: Language>(bytes: &[u8]) -> Result<Program<L::Action>> {
    let text = Text::new(bytes)?;
    let scenario = text.json()?.object()?;
    let definitions = scenario.required(L::WORDS.functions)?.object()?;
    let mut arities = HashMap::new();
    for (name, definition) in definitions.entries() {
        arities.insert(name.to_owned(), params(&definition.object()?)?.len());
    }
    let parser = Parser::<L> {
        arities,
        language: PhantomData,
    };
    let mut functions = HashMap::new();
    for (name, definition) in definitions.entries() {
        functions.insert(
            name.to_owned(),
            Rc::new(parser.function(name, &definition.object()?)?),
        );
    }
    let outside = parser.block(scenario.required(L::WORDS.outside)?, Place::default())?;
    Ok(Program { functions, outside })
}

fn params(definition: &Object<'_>) -> Result<Vec<Rc<str>>> {
    let Some(params) = definition.optional("params") else {
        return Ok(Vec::new());
    };
    params
        .array()?
        .into_iter()
        .map(|name| Ok(name.string()?.into()))
        .collect()
}

pub(crate) struct Parser<L> {
    /// How many parameters each function has.
    arities: HashMap<String, usize>,
    language: PhantomData<L>,
}

impl<L: Language> Parser<L> {
    fn function(&self, name: &str, definition: &Object<'_>) -> Result<Function<L::Action>> {
        let place = Place {
            scope: Scope::Body,
            ..Place::default()
        };
        let body = self.block(definition.required("body")?, place)?;
        Ok(Function {
            name: name.to_owned(),
            params: params(definition)?,
            body,
        })
    }

    pub(crate) fn block(&self, statements: Json<'_>, place: Place) -> Result<Block<L::Action>> {
        let place = place.deeper(statements)?;
        statements
            .array()?
            .into_iter()
            .map(|statement| self.statement(statement, place))
            .collect()
    }

    fn optional_block(
        &self,
        statement: &Object<'_>,
        key: &str,
        place: Place,
    ) -> Result<Block<L::Action>> {
        statement
            .optional(key)
            .map_or(Ok(Rc::new([])), |block| self.block(block, place))
    }

    fn statement(&self, json: Json<'_>, place: Place) -> Result<Stmt<L::Action>> {
        let object = json.object()?;
        let name = object.required("op")?.string()?;
        let op = match self.common(&name, &object, place)? {
            Some(op) => Some(op),
            None => self.exceptional(&name, &object, place)?,
        };
        let op = match op {
            Some(op) => Some(op),
            None => L::action(self, &name, &object, place)?.map(Op::Action),
        };
        let op = op.ok_or_else(|| {
            let scope = L::WORDS.scopes[place.scope as usize];
            json.error(format!("unknown op '{name}' in {scope}"))
        })?;
        Ok(Stmt {
            line: json.line(),
            op,
        })
    }

    /// Reads a statement that can stand anywhere.
    fn common(
        &self,
        name: &str,
        object: &Object<'_>,
        place: Place,
    ) -> Result<Option<Op<L::Action>>> {
        let expressions = L::EXPRESSIONS;
        Ok(Some(match name {
            "emit" => Op::Emit(expressions.list(object.required("args")?)?),
            "let" => Op::Let {
                to: expressions.target(object.required("to")?)?,
                value: expressions.required(object, "value")?,
            },
            "repeat" => self.repeat(object, place)?,
            "break" | "continue" if !place.in_loop => {
                let message = format!("'{name}' without a 'repeat' that it may leave");
                return Err(object.whole().error(message));
            }
            "break" => Op::Break,
            "continue" => Op::Continue,
            "if" => Op::If {
                cond: expressions.required(object, "cond")?,
                then: self.block(object.required("then")?, place)?,
                otherwise: self.optional_block(object, "else", place)?,
            },
            _ => return Ok(None),
        }))
    }

    fn repeat(&self, object: &Object<'_>, place: Place) -> Result<Op<L::Action>> {
        let times = object.required("times")?;
        let times = if times.kind() == Kind::Null {
            None
        } else {
            Some(L::EXPRESSIONS.read(times)?)
        };
        Ok(Op::Repeat {
            times,
            var: L::EXPRESSIONS.to(object, "var")?,
            body: self.block(object.required("body")?, place.in_loop())?,
        })
    }

    /// Reads a statement that can stand where exceptions, or results, have somewhere to go.
    fn exceptional(
        &self,
        name: &str,
        object: &Object<'_>,
        place: Place,
    ) -> Result<Option<Op<L::Action>>> {
        let has_exceptions = L::has_exceptions(place.scope);
        Ok(Some(match name {
            "return" if place.scope != Scope::Body => return Ok(None),
            "return" if place.in_finally => {
                return Err(object.whole().error("'return' inside 'finally'"));
            }
            "return" => Op::Return(L::EXPRESSIONS.required(object, "value")?),
            _ if !has_exceptions => return Ok(None),
            "raise" => Op::Raise(self.raise(object)?),
            "reraise" if !place.in_handler => {
                return Err(object.whole().error("'reraise' outside of 'except'"));
            }
            "reraise" => Op::Reraise,
            "try" => Op::Try(self.try_statement(object, place)?),
            _ => return Ok(None),
        }))
    }

    fn try_statement(&self, object: &Object<'_>, place: Place) -> Result<Try<L::Action>> {
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

    fn handler(&self, object: &Object<'_>, place: Place) -> Result<Handler<L::Action>> {
        let names = object
            .required("match")?
            .array()?
            .into_iter()
            .map(Json::string);
        let in_handler = Place {
            in_handler: true,
            ..place
        };
        Ok(Handler {
            names: names.collect::<Result<_>>()?,
            to: L::EXPRESSIONS.to(object, "as")?,
            body: self.block(object.required("body")?, in_handler)?,
        })
    }

    pub(crate) fn raise(&self, object: &Object<'_>) -> Result<Raise> {
        // Null is an argument here: none.
        let argument = object.get("msg").map(|json| L::EXPRESSIONS.read(json));
        Ok(Raise {
            name: object.required("exc")?.string()?,
            argument: argument.transpose()?,
        })
    }

    pub(crate) fn call(&self, object: &Object<'_>) -> Result<Call> {
        let json = object.required(L::WORDS.call)?;
        let function = json.string()?;
        let args = object
            .optional("args")
            .map_or(Ok(Vec::new()), |args| L::EXPRESSIONS.list(args))?;
        match self.arities.get(&function) {
            None => Err(json.error(format!("unknown {} '{function}'", L::WORDS.function))),
            Some(arity) if *arity != args.len() => Err(json.error(format!(
                "'{function}' has {arity} parameters, not {}",
                args.len()
            ))),
            Some(_) => Ok(Call { function, args }),
        }
    }
}
