//! Reads the statements that event-loop scenarios add.

mod object;

use super::syntax::{
    Action, Awaited, Composite, FutureAction, Scenario, Several, Until, What, When,
};
use crate::json::{Json, Kind, Object};
use crate::language::expr::Expressions;
use crate::language::parse::{Language, Parser, Place, Result, Scope, Words, program};

/// Reads a scenario.
///
/// # Errors
///
/// It is not JSON, or not a scenario.
pub fn parse(bytes: &[u8]) -> Result<Scenario> {
    program::<EventLoops>(bytes).map(Scenario)
}

const EXPRESSIONS: Expressions = Expressions { globals: true };

struct EventLoops;

impl Language for EventLoops {
    type Action = Action;
    const WORDS: Words = Words {
        functions: "coros",
        outside: "main",
        call: "coro",
        function: "coroutine",
        scopes: ["main", "a coroutine", "a callback"],
    };
    const EXPRESSIONS: Expressions = EXPRESSIONS;

    fn action(
        parser: &Parser<Self>,
        name: &str,
        object: &Object<'_>,
        place: Place,
    ) -> Result<Option<Action>> {
        let statement = Statement {
            parser,
            object,
            place,
        };
        let own = match place.scope {
            Scope::Body => statement.only_in_coroutines(name)?,
            Scope::Outside => statement.only_in_main(name)?,
            Scope::Callback => None,
        };
        if own.is_some() {
            return Ok(own);
        }
        if let Some(action) = statement.on_future(name)? {
            return Ok(Some(Action::Future(action)));
        }
        if let Some(action) = statement.on_object(name)? {
            return Ok(Some(action));
        }
        statement.anywhere(name)
    }

    fn has_exceptions(_: Scope) -> bool {
        true
    }
}

/// A statement that is being read.
struct Statement<'a, 'o> {
    parser: &'a Parser<EventLoops>,
    object: &'a Object<'o>,
    place: Place,
}

impl Statement<'_, '_> {
    fn only_in_coroutines(&self, name: &str) -> Result<Option<Action>> {
        let object = self.object;
        Ok(Some(match name {
            "sleep" => Action::Sleep {
                delay: EXPRESSIONS.required(object, "delay")?,
                value: EXPRESSIONS.optional(object, "value")?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            "call" => Action::Call {
                call: self.parser.call(object)?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            "await" => Action::Await {
                future: EXPRESSIONS.required(object, "f")?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            _ => return Ok(self.composite(name)?.map(Action::Composite)),
        }))
    }

    fn only_in_main(&self, name: &str) -> Result<Option<Action>> {
        let object = self.object;
        Ok(Some(match name {
            "run" if object.get("coro").is_some() => Action::Run(Awaited::Coroutine {
                call: self.parser.call(object)?,
                label: None,
            }),
            "run" => Action::Run(Awaited::Future(EXPRESSIONS.required(object, "f")?)),
            "run_forever" => Action::RunForever,
            _ => return Ok(None),
        }))
    }

    fn anywhere(&self, name: &str) -> Result<Option<Action>> {
        let object = self.object;
        let when = match name {
            "spawn" => {
                return Ok(Some(Action::Spawn {
                    call: self.parser.call(object)?,
                    name: EXPRESSIONS.required(object, "as")?,
                }));
            }
            "stop" => return Ok(Some(Action::Stop)),
            "time" => return Ok(Some(Action::Time(EXPRESSIONS.to(object, "to")?))),
            "cancel_handle" => {
                let handle = EXPRESSIONS.required(object, "h")?;
                return Ok(Some(Action::CancelHandle(handle)));
            }
            "call_soon" => When::Soon,
            "call_later" => When::Later(EXPRESSIONS.required(object, "delay")?),
            "call_at" => When::At(EXPRESSIONS.required(object, "when")?),
            _ => return Ok(None),
        };
        let body = object.required("body")?;
        Ok(Some(Action::Schedule {
            when,
            body: self.parser.block(body, self.place.callback())?,
            name: EXPRESSIONS.optional(object, "as")?,
        }))
    }

    fn on_future(&self, name: &str) -> Result<Option<FutureAction>> {
        let object = self.object;
        let future = || EXPRESSIONS.required(object, "f");
        Ok(Some(match name {
            "future" => FutureAction::Make(EXPRESSIONS.required(object, "as")?),
            "set_result" => FutureAction::SetResult {
                future: future()?,
                value: EXPRESSIONS.required(object, "value")?,
            },
            "set_exception" => FutureAction::SetException {
                future: future()?,
                raise: self.parser.raise(object)?,
            },
            "cancel" => FutureAction::Cancel {
                future: future()?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            "get" => FutureAction::Get {
                future: future()?,
                what: what(object.required("what")?)?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            "on_done" => FutureAction::OnDone {
                future: future()?,
                body: self
                    .parser
                    .block(object.required("body")?, self.place.callback())?,
                name: EXPRESSIONS.optional(object, "as")?,
            },
            "remove_on_done" => FutureAction::RemoveOnDone {
                future: future()?,
                callback: EXPRESSIONS.required(object, "cb")?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            _ => return Ok(None),
        }))
    }

    fn composite(&self, name: &str) -> Result<Option<Composite>> {
        let object = self.object;
        Ok(Some(match name {
            "wait" => Composite::Wait {
                futures: EXPRESSIONS.required(object, "fs")?,
                timeout: EXPRESSIONS.optional(object, "timeout")?,
                until: object
                    .optional("until")
                    .map_or(Ok(Until::AllCompleted), until)?,
                done: EXPRESSIONS.to(object, "done")?,
                pending: EXPRESSIONS.to(object, "pending")?,
            },
            "wait_for" => Composite::WaitFor {
                awaited: self.awaited(object.required("f")?)?,
                timeout: EXPRESSIONS.optional(object, "timeout")?,
                to: EXPRESSIONS.to(object, "to")?,
            },
            "gather" => Composite::Gather {
                all: self.several(object.required("fs")?)?,
                return_exceptions: object
                    .optional("return_exceptions")
                    .map_or(Ok(false), Json::boolean)?,
                name: EXPRESSIONS.required(object, "as")?,
            },
            "shield" => Composite::Shield {
                awaited: self.awaited(object.required("f")?)?,
                name: EXPRESSIONS.required(object, "as")?,
            },
            "as_completed" => self.as_completed()?,
            _ => return Ok(None),
        }))
    }

    fn as_completed(&self) -> Result<Composite> {
        let object = self.object;
        Ok(Composite::AsCompleted {
            futures: EXPRESSIONS.required(object, "fs")?,
            timeout: EXPRESSIONS.optional(object, "timeout")?,
            name: EXPRESSIONS.required(object, "as")?,
            body: self
                .parser
                .block(object.required("body")?, self.place.in_loop())?,
            is_loop: !self.place.in_loop,
        })
    }

    fn awaited(&self, json: Json<'_>) -> Result<Awaited> {
        if json.kind() == Kind::Object {
            let object = json.object()?;
            if object.get("coro").is_some() {
                return Ok(Awaited::Coroutine {
                    call: self.parser.call(&object)?,
                    label: EXPRESSIONS.optional(&object, "as")?,
                });
            }
        }
        EXPRESSIONS.read(json).map(Awaited::Future)
    }

    fn several(&self, json: Json<'_>) -> Result<Several> {
        if json.kind() != Kind::Array {
            return EXPRESSIONS.read(json).map(Several::Names);
        }
        let each = json.array()?.into_iter().map(|item| self.awaited(item));
        Ok(Several::Each(each.collect::<Result<_>>()?))
    }
}

fn what(json: Json<'_>) -> Result<What> {
    let name = json.string()?;
    Ok(match name.as_str() {
        "result" => What::Result,
        "exception" => What::Exception,
        "done" => What::Done,
        "cancelled" => What::Cancelled,
        _ => return Err(json.error(format!("a future has no '{name}' to get"))),
    })
}

fn until(json: Json<'_>) -> Result<Until> {
    let name = json.string()?;
    Ok(match name.as_str() {
        "ALL_COMPLETED" => Until::AllCompleted,
        "FIRST_COMPLETED" => Until::FirstCompleted,
        "FIRST_EXCEPTION" => Until::FirstException,
        _ => return Err(json.error(format!("cannot wait until '{name}'"))),
    })
}
