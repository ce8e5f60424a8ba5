//! Reads the statements about locks, queues and the like.

use super::super::syntax::{Action, Method, ObjectKind, Order};
use super::{EXPRESSIONS, Statement};
use crate::json::Json;
use crate::language::expr::Expr;
use crate::language::parse::{Result, Scope};

impl Statement<'_, '_> {
    pub(super) fn on_object(&self, name: &str) -> Result<Option<Action>> {
        Ok(Some(match name {
            "make" => Action::Make {
                kind: self.kind()?,
                name: EXPRESSIONS.required(self.object, "as")?,
            },
            "do" => Action::Do {
                object: EXPRESSIONS.required(self.object, "on")?,
                method: self.method(self.object.required("m")?)?,
                to: EXPRESSIONS.to(self.object, "to")?,
            },
            _ => return Ok(None),
        }))
    }

    fn kind(&self) -> Result<ObjectKind> {
        let json = self.object.required("kind")?;
        let size = || EXPRESSIONS.optional(self.object, "size");
        let name = json.string()?;
        Ok(match name.as_str() {
            "lock" => ObjectKind::Lock,
            "event" => ObjectKind::Event,
            "condition" => ObjectKind::Condition(EXPRESSIONS.optional(self.object, "lock")?),
            "semaphore" | "bounded_semaphore" => ObjectKind::Semaphore {
                size: size()?,
                bounded: name == "bounded_semaphore",
            },
            "queue" | "lifo_queue" | "priority_queue" => ObjectKind::Queue {
                size: size()?,
                order: match name.as_str() {
                    "queue" => Order::Oldest,
                    "lifo_queue" => Order::Newest,
                    _ => Order::Smallest,
                },
            },
            _ => return Err(json.error(format!("unknown kind '{name}'"))),
        })
    }

    fn method(&self, json: Json<'_>) -> Result<Method> {
        let name = json.string()?;
        let waits = match name.as_str() {
            "acquire" => Some(Method::Acquire),
            "wait" => Some(Method::Wait),
            "wait_for" => Some(Method::WaitFor(EXPRESSIONS.required(self.object, "pred")?)),
            "put" => Some(Method::Put(self.argument()?)),
            "get" => Some(Method::Get),
            "join" => Some(Method::Join),
            _ => None,
        };
        match waits {
            Some(_) if self.place.scope != Scope::Body => {
                Err(json.error(format!("'{name}' waits, which only a coroutine can")))
            }
            Some(method) => Ok(method),
            None => self.method_at_once(&name, json),
        }
    }

    fn method_at_once(&self, name: &str, json: Json<'_>) -> Result<Method> {
        Ok(match name {
            "release" => Method::Release,
            "locked" => Method::Locked,
            "set" => Method::Set,
            "clear" => Method::Clear,
            "is_set" => Method::IsSet,
            "notify" => Method::Notify(self.arguments()?.pop()),
            "notify_all" => Method::NotifyAll,
            "put_nowait" => Method::PutNowait(self.argument()?),
            "get_nowait" => Method::GetNowait,
            "task_done" => Method::TaskDone,
            "qsize" => Method::Qsize,
            "empty" => Method::Empty,
            "full" => Method::Full,
            _ => return Err(json.error(format!("unknown method '{name}'"))),
        })
    }

    fn arguments(&self) -> Result<Vec<Expr>> {
        self.object
            .optional("args")
            .map_or(Ok(Vec::new()), |args| EXPRESSIONS.list(args))
    }

    /// Reads the only argument.
    fn argument(&self) -> Result<Expr> {
        let mut arguments = self.arguments()?;
        match (arguments.pop(), arguments.len()) {
            (Some(argument), 0) => Ok(argument),
            _ => Err(self.object.whole().error("expected one argument")),
        }
    }
}
