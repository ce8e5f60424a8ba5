//! Statements that do not wait. They can stand in processes, in callbacks, and in the driver.

use std::rc::Rc;

use serde_json::Value as Json;
use yieldfrom::Result;
use yieldfrom::simulation::{AnyEvent, util};

use super::fields::{flag, index, integer, list, text};
use super::process::Running;
use super::show::{self, Failure};
use super::world::World;

/// At most so many processes are started, as they may start each other.
const MOST_PROCESSES: usize = 14;

impl World {
    /// Runs a statement, and logs whether it has succeeded.
    pub(super) fn act(self: &Rc<Self>, who: &str, statement: &Json) {
        let operation = text(statement, "op");
        let done = match operation {
            "succeed" => {
                self.events[index(statement, "event")].succeed(statement["value"].as_i64())
            }
            "fail" => self.fail(statement),
            "trigger" => {
                self.events[index(statement, "event")].trigger(&self.events[index(statement, "by")])
            }
            "interrupt" => match self.process_at(index(statement, "process")) {
                Some(process) => process.interrupt(statement["cause"].as_i64()),
                None => return,
            },
            "subscribe" => util::subscribe_at(&self.env, &self.event(&statement["on"])),
            "callback" => match self.add_callback(statement) {
                Ok(()) => return,
                refused => refused,
            },
            "keep" => return self.keep(index(statement, "slot"), self.event(&statement["on"])),
            "start" => return self.start(who, index(statement, "function")),
            "look" => return self.look(who),
            other => panic!("there is no statement {other}"),
        };
        let shown = done.map_or_else(|error| self.show_error(&error), |()| "ok".to_owned());
        self.log(who, format_args!("{operation} {shown}"));
    }

    pub(super) fn keep(&self, slot: usize, event: AnyEvent) {
        let before = self.slots.borrow_mut()[slot].replace(event);
        drop(before);
    }

    fn fail(&self, statement: &Json) -> Result<()> {
        let event = &self.events[index(statement, "event")];
        if flag(statement, "defuse") {
            event.defuse();
        }
        event.fail(Failure::new(text(statement, "name")))
    }

    fn start(self: &Rc<Self>, who: &str, function: usize) {
        let number = self.processes.borrow().len();
        if number < MOST_PROCESSES {
            let running = Running::new(self, format!("p{number}"));
            let body = list(&self.functions[function], "body").to_vec();
            let process = self.env.process(move |co| running.run(co, &body));
            self.processes.borrow_mut().push(process);
        }
        self.log(who, format_args!("start p{number}"));
    }

    fn add_callback(self: &Rc<Self>, statement: &Json) -> Result<()> {
        // The events of a world keep their callbacks, so these do not keep the world.
        let world = Rc::downgrade(self);
        let event = self.event(&statement["on"]);
        let statement = statement.clone();
        let callback = move |event: &AnyEvent| {
            if let Some(world) = world.upgrade() {
                world.called_back(event, &statement);
            }
        };
        event.add_callback(callback).map(drop)
    }

    fn called_back(self: &Rc<Self>, event: &AnyEvent, statement: &Json) {
        if flag(statement, "defuse") {
            event.defuse();
        }
        let who = format!("c{}", integer(statement, "number"));
        let shown = event
            .error()
            .map_or_else(|| show::event(event), |error| self.show_error(&error));
        self.log(&who, format_args!("called {shown}"));
        for statement in list(statement, "then") {
            self.act(&who, statement);
        }
    }
}
