//! The processes of a scenario, and the statements that wait.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::Value as Json;
use yieldfrom::simulation::{AnyEvent, AsEvent, Co, Request};
use yieldfrom::{Result, bail};

use super::fields::{Number, flag, index, list, number, text};
use super::show::{self, Failure, Returned, is_caught};
use super::supplies::Transfer;
use super::world::World;

/// A process that runs.
pub(super) struct Running {
    world: Rc<World>,
    name: String,
    /// Requests that are not given back when they are dropped.
    held: RefCell<Vec<Rc<Request>>>,
}

impl Running {
    pub(super) fn new(world: &Rc<World>, name: String) -> Self {
        Self {
            world: Rc::clone(world),
            name,
            held: RefCell::default(),
        }
    }

    fn log(&self, what: impl std::fmt::Display) {
        self.world.log(&self.name, what);
    }

    pub(super) fn run(&self, co: &Co, body: &[Json]) -> Result<Number> {
        self.log("begins");
        let Err(error) = self.block(co, body) else {
            self.log("ends");
            return Ok(None);
        };
        if let Some(Returned(value)) = error.downcast_ref() {
            self.log(format_args!("returns {}", show::number(*value)));
            return Ok(*value);
        }
        self.log(format_args!("fails {}", self.world.show_error(&error)));
        Err(error)
    }

    fn block(&self, co: &Co, body: &[Json]) -> Result<()> {
        body.iter()
            .try_for_each(|statement| self.statement(co, statement))
    }

    fn statement(&self, co: &Co, statement: &Json) -> Result<()> {
        match text(statement, "op") {
            "wait" => self.catch(statement, self.wait(co, &statement["on"])),
            "try" => self.try_statement(co, statement),
            "call" => self.call(co, statement),
            "repeat" => (0..index(statement, "times"))
                .try_for_each(|_| self.block(co, list(statement, "body"))),
            "raise" => bail!(Failure::new(text(statement, "name"))),
            "return" => bail!(Returned(statement["value"].as_i64())),
            "with" => self.catch(statement, self.with(co, statement)),
            "request" => self.request(statement),
            "release" => self.release(co, statement),
            "cancel" => self.cancel(statement),
            "amount" => self.transfer(co, statement, self.amount(statement)),
            "item" => self.transfer(co, statement, self.item(statement)),
            _ => {
                self.world.act(&self.name, statement);
                Ok(())
            }
        }
    }

    fn is_caught(&self, statement: &Json, error: &yieldfrom::Error) -> bool {
        let is_caught = is_caught(statement["catch"].as_str(), error);
        if is_caught {
            self.log(format_args!("caught {}", self.world.show_error(error)));
        }
        is_caught
    }

    fn catch(&self, statement: &Json, outcome: Result<()>) -> Result<()> {
        match outcome {
            Err(error) if self.is_caught(statement, &error) => Ok(()),
            other => other,
        }
    }

    fn got(&self, value: &str) {
        self.log(format_args!("got {value}"));
    }

    fn wait_for(&self, co: &Co, event: &AnyEvent) -> Result<()> {
        co.yield_from(event)?;
        self.got(&show::event(event));
        Ok(())
    }

    /// Waits for the event of an expression, by the type that it has where that is known.
    fn wait(&self, co: &Co, on: &Json) -> Result<()> {
        let (world, env) = (&self.world, &self.world.env);
        if on.get("timeout").is_some() {
            let value =
                co.yield_from(env.timeout_with(number(on, "timeout"), on["value"].as_i64()))?;
            self.got(&show::number(value));
        } else if on.get("event").is_some() {
            let value = co.yield_from(&world.events[index(on, "event")])?;
            self.got(&show::number(value));
        } else if on.get("held").is_some() {
            let held = self.held_at(index(on, "held"));
            let event = held.map_or_else(|| world.events[0].to_any(), |request| request.to_any());
            self.wait_for(co, &event)?;
        } else if ["slot", "process"].iter().all(|key| on.get(key).is_none()) {
            let value = co.yield_from(world.condition(on))?;
            self.got(&show::condition(&value));
        } else {
            let event = world.event(on);
            let myself = env.active_process().map(|process| process.to_any());
            match myself.is_some_and(|myself| event == myself) {
                true => self.log("not for itself"),
                false => self.wait_for(co, &event)?,
            }
        }
        Ok(())
    }

    fn try_statement(&self, co: &Co, statement: &Json) -> Result<()> {
        match self.block(co, list(statement, "body")) {
            Err(error) if self.is_caught(statement, &error) => {
                self.block(co, list(statement, "handler"))
            }
            other => other,
        }
    }

    fn call(&self, co: &Co, statement: &Json) -> Result<()> {
        co.yield_from(|co: &Co| self.block(co, list(statement, "body")))?;
        self.log("called");
        Ok(())
    }

    fn with(&self, co: &Co, statement: &Json) -> Result<()> {
        let request = self.world.resources[index(statement, "resource")].request(statement);
        if self.is_granted(co, &request.to_any(), statement)? {
            self.block(co, list(statement, "body"))?;
        }
        Ok(())
    }

    /// Waits for a request, and returns whether it was granted in time.
    fn is_granted(&self, co: &Co, request: &AnyEvent, statement: &Json) -> Result<bool> {
        let Some(patience) = statement["patience"].as_f64() else {
            self.wait_for(co, request)?;
            return Ok(true);
        };
        let late = self.world.env.timeout_with(patience, Some(-1_i64));
        let results = co.yield_from(request | late)?;
        self.got(&show::condition(&results));
        Ok(results.contains(request))
    }

    fn request(&self, statement: &Json) -> Result<()> {
        let request = self.world.resources[index(statement, "resource")].request(statement);
        request.keep();
        self.held.borrow_mut().push(Rc::new(request));
        Ok(())
    }

    /// Returns a request by its number, counted round.
    fn held_at(&self, number: usize) -> Option<Rc<Request>> {
        let held = self.held.borrow();
        Some(Rc::clone(&held[number.checked_rem(held.len())?]))
    }

    fn release(&self, co: &Co, statement: &Json) -> Result<()> {
        let Some(request) = self.held_at(index(statement, "held")) else {
            return Ok(());
        };
        let release = request.release();
        match flag(statement, "wait") {
            true => self.wait_for(co, &release.to_any()),
            false => Ok(()),
        }
    }

    fn cancel(&self, statement: &Json) -> Result<()> {
        if let Some(request) = self.held_at(index(statement, "held")) {
            request.cancel();
        }
        Ok(())
    }

    fn amount(&self, statement: &Json) -> Transfer {
        let tank = &self.world.containers[index(statement, "container")];
        let amount = number(statement, "amount");
        if flag(statement, "put") {
            let put = tank.put(amount);
            Transfer::new(put.to_any(), statement, || put.cancel_on_drop())
        } else {
            let get = tank.get(amount);
            Transfer::new(get.to_any(), statement, || get.cancel_on_drop())
        }
    }

    fn item(&self, statement: &Json) -> Transfer {
        let store = &self.world.stores[index(statement, "store")];
        match flag(statement, "put") {
            true => store.put(statement),
            false => store.get(statement),
        }
    }

    fn transfer(&self, co: &Co, statement: &Json, transfer: Transfer) -> Result<()> {
        if !statement["slot"].is_null() {
            self.world.keep(index(statement, "slot"), transfer.event);
            return Ok(());
        }
        let outcome = self.is_granted(co, &transfer.event, statement).map(drop);
        drop(transfer.guard);
        self.catch(statement, outcome)
    }
}
