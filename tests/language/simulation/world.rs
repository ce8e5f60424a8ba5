//! What a scenario has, and the events that it names.

use std::cell::{Cell, RefCell};
use std::fmt::{Display, Write};

use serde_json::Value as Json;
use yieldfrom::simulation::{
    AnyEvent, AnyProcess, AsEvent, Condition, Container, Env, Event, PreemptiveResource, Process,
};

use super::fields::{Number, index, list, number};
use super::show;
use super::supplies::{Shelf, Slots, container};

pub(super) struct World {
    pub(super) env: Env,
    trace: RefCell<String>,
    is_over: Cell<bool>,
    pub(super) functions: Vec<Json>,
    pub(super) events: Vec<Event<Number>>,
    pub(super) slots: RefCell<Vec<Option<AnyEvent>>>,
    pub(super) resources: Vec<Slots>,
    pub(super) containers: Vec<Container>,
    pub(super) stores: Vec<Shelf>,
    pub(super) processes: RefCell<Vec<Process<Number>>>,
}

impl World {
    pub(super) fn new(env: &Env, scenario: &Json) -> Self {
        let resources = list(scenario, "resources").iter();
        let containers = list(scenario, "containers").iter();
        let stores = list(scenario, "stores").iter();
        Self {
            env: env.handle(),
            trace: RefCell::default(),
            is_over: Cell::new(false),
            functions: list(scenario, "functions").to_vec(),
            events: (0..index(scenario, "events"))
                .map(|_| env.event())
                .collect(),
            slots: RefCell::new(vec![None; index(scenario, "slots")]),
            resources: resources
                .map(|what| Slots::new(env, what).expect("it has slots"))
                .collect(),
            containers: containers
                .map(|what| container(env, what).expect("it has room"))
                .collect(),
            stores: stores
                .map(|what| Shelf::new(env, what).expect("it has room"))
                .collect(),
            processes: RefCell::default(),
        }
    }

    pub(super) fn log(&self, who: impl Display, what: impl Display) {
        if !self.is_over.get() {
            let mut trace = self.trace.borrow_mut();
            writeln!(trace, "{:?} {who} {what}", self.env.now()).expect("strings grow");
        }
    }

    /// Ends the trace, and returns it. What is closed from now on is not traced.
    pub(super) fn finish(&self) -> String {
        self.is_over.set(true);
        self.slots.take();
        self.trace.take()
    }

    pub(super) fn name(&self, process: Option<&AnyProcess>) -> String {
        let Some(process) = process else {
            return "nobody".to_owned();
        };
        let number = self
            .processes
            .borrow()
            .iter()
            .position(|known| process == known);
        number.map_or("another".to_owned(), |number| format!("p{number}"))
    }

    pub(super) fn index_of(&self, resource: &PreemptiveResource) -> usize {
        let is_it = |slots: &Slots| matches!(slots, Slots::Preemptive(known) if known == resource);
        self.resources
            .iter()
            .position(is_it)
            .expect("it is of this world")
    }

    /// Returns a process by its number, counted round.
    pub(super) fn process_at(&self, number: usize) -> Option<Process<Number>> {
        let processes = self.processes.borrow();
        let at = number.checked_rem(processes.len())?;
        Some(processes[at].clone())
    }

    /// Returns the event that an expression names or makes.
    pub(super) fn event(&self, expression: &Json) -> AnyEvent {
        let kind = expression
            .as_object()
            .and_then(|fields| fields.keys().next());
        match kind.map(String::as_str) {
            Some("slot") => {
                let kept = self.slots.borrow()[index(expression, "slot")].clone();
                kept.unwrap_or_else(|| self.events[0].to_any())
            }
            Some("event") => self.events[index(expression, "event")].to_any(),
            Some("process") => {
                let process = self.process_at(index(expression, "process"));
                process.map_or_else(|| self.events[0].to_any(), |process| process.to_any())
            }
            Some("timeout" | "value") => {
                let (delay, value) = (number(expression, "timeout"), expression["value"].as_i64());
                self.env.timeout_with(delay, value).to_any()
            }
            _ => self.condition(expression).to_any(),
        }
    }

    fn events_of(&self, expression: &Json, key: &str) -> Vec<AnyEvent> {
        list(expression, key)
            .iter()
            .map(|one| self.event(one))
            .collect()
    }

    pub(super) fn condition(&self, expression: &Json) -> Condition {
        let has = |key: &str| expression.get(key).is_some();
        if has("all") {
            self.env.all_of(self.events_of(expression, "all"))
        } else if has("any") {
            self.env.any_of(self.events_of(expression, "any"))
        } else if has("and") {
            let events = self.events_of(expression, "and");
            &events[0] & &events[1]
        } else if has("or") {
            let events = self.events_of(expression, "or");
            &events[0] | &events[1]
        } else {
            let least = index(expression, "at_least");
            self.env.condition(
                move |_, done| done >= least,
                self.events_of(expression, "of"),
            )
        }
    }

    /// Logs how all is.
    pub(super) fn look(&self, who: &str) {
        let (peek, active) = (self.env.peek(), self.env.active_process());
        self.log(
            who,
            format_args!("look peek {peek:?} active {}", self.name(active.as_ref())),
        );
        let mut states: Vec<_> = self
            .events
            .iter()
            .map(|event| show::state(Some(event.to_any())))
            .collect();
        states.extend(self.slots.borrow().iter().cloned().map(show::state));
        self.log(who, format_args!("events {}", states.join(" ")));
        let processes = self.processes.borrow();
        let states: Vec<_> = processes
            .iter()
            .map(|process| show::state(Some(process.to_any())))
            .collect();
        self.log(who, format_args!("processes {}", states.join(" ")));
        drop(processes);
        self.look_at_supplies(who);
    }

    fn look_at_supplies(&self, who: &str) {
        for slots in &self.resources {
            let (users, queue) = (slots.users(), slots.queue());
            let since = |at: Option<f64>| at.expect("a user has its slot since some time");
            let using = users.iter().map(|user| {
                format!(
                    "{}@{:?}",
                    self.name(user.process()),
                    since(user.usage_since())
                )
            });
            let waiting = queue
                .iter()
                .map(|request| format!("{}!{}", self.name(request.process()), request.priority()));
            let (using, waiting): (Vec<_>, Vec<_>) = (using.collect(), waiting.collect());
            let (using, waiting) = (using.join(" "), waiting.join(" "));
            self.log(
                who,
                format_args!("resource {} users {using} queue {waiting}", users.len()),
            );
        }
        for tank in &self.containers {
            let (puts, gets) = (tank.put_queue_len(), tank.get_queue_len());
            self.log(
                who,
                format_args!("container {:?} {puts} {gets}", tank.level()),
            );
        }
        for store in &self.stores {
            let ((puts, gets), items) = (store.queues(), store.items().join(" "));
            self.log(who, format_args!("store {items} puts {puts} gets {gets}"));
        }
    }
}
