//! Reads the statements that generator scenarios add.

use super::syntax::{Action, Operation, Scenario, Source};
use crate::json::Object;
use crate::language::expr::Expressions;
use crate::language::parse::{Language, Parser, Place, Result, Scope, Words, program};

/// Reads a scenario.
///
/// # Errors
///
/// It is not JSON, or not a scenario.
pub fn parse(bytes: &[u8]) -> Result<Scenario> {
    program::<Generators>(bytes).map(Scenario)
}

const EXPRESSIONS: Expressions = Expressions { globals: false };

struct Generators;

impl Language for Generators {
    type Action = Action;
    const WORDS: Words = Words {
        functions: "gens",
        outside: "drive",
        call: "gen",
        function: "generator",
        scopes: ["the driver", "a body", ""],
    };
    const EXPRESSIONS: Expressions = EXPRESSIONS;

    fn action(
        parser: &Parser<Self>,
        name: &str,
        object: &Object<'_>,
        place: Place,
    ) -> Result<Option<Action>> {
        Ok(Some(match (name, place.scope) {
            ("new", _) => Action::New {
                call: parser.call(object)?,
                slot: EXPRESSIONS.required(object, "slot")?,
            },
            ("iter", _) => Action::Iter {
                items: EXPRESSIONS.required(object, "value")?,
                slot: EXPRESSIONS.required(object, "slot")?,
            },
            ("del", Scope::Outside) => Action::Del(EXPRESSIONS.required(object, "g")?),
            ("yield", Scope::Body) => Action::Yield {
                value: EXPRESSIONS.required(object, "value")?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            ("from", Scope::Body) => Action::From {
                source: source(parser, &object.required("source")?.object()?)?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            _ => return operation(parser, name, object),
        }))
    }

    fn has_exceptions(scope: Scope) -> bool {
        scope == Scope::Body
    }
}

fn source(parser: &Parser<Generators>, source: &Object<'_>) -> Result<Source> {
    match (source.get("gen"), source.get("slot"), source.get("iter")) {
        (Some(_), None, None) => Ok(Source::Call(parser.call(source)?)),
        (None, Some(slot), None) => Ok(Source::Slot(EXPRESSIONS.read(slot)?)),
        (None, None, Some(items)) => Ok(Source::Items(EXPRESSIONS.read(items)?)),
        _ => Err(source
            .whole()
            .error("a source has one of the keys 'gen', 'slot' and 'iter'")),
    }
}

/// Reads an operation on the generator in a slot.
fn operation(
    parser: &Parser<Generators>,
    name: &str,
    object: &Object<'_>,
) -> Result<Option<Action>> {
    let operation = match name {
        "next" => Operation::Next,
        "send" => Operation::Send(EXPRESSIONS.required(object, "value")?),
        "throw" => Operation::Throw(parser.raise(object)?),
        "close" => Operation::Close,
        "state" => Operation::State,
        "exhaust" => Operation::Exhaust {
            limit: EXPRESSIONS.optional(object, "limit")?,
        },
        _ => return Ok(None),
    };
    Ok(Some(Action::Operate {
        slot: EXPRESSIONS.required(object, "g")?,
        operation,
        to: EXPRESSIONS.to(object, "to")?,
    }))
}
