//! Shows values and errors as the reference does.

use yieldfrom::simulation::{
    AnyEvent, ConditionValue, EmptySchedule, Interrupt, Preempted, PriorityItem, util::Subscribed,
};
use yieldfrom::{Error, Panicked, RuntimeError, ValueError, exception};

use super::fields::Number;
use super::world::World;

exception! {
    /// What events and processes of scenarios fail with.
    pub(super) Failure
}

/// Ends a process in the middle of nested statements.
#[derive(Debug)]
pub(super) struct Returned(pub(super) Number);

impl std::fmt::Display for Returned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("returned")
    }
}

impl std::error::Error for Returned {}

/// Returns whether a statement catches an error.
pub(super) fn is_caught(catch: Option<&str>, error: &Error) -> bool {
    if error.is_generator_exit() || error.is::<Returned>() || error.is::<Panicked>() {
        return false;
    }
    match catch {
        Some("interrupt") => error.is::<Interrupt>(),
        Some("failure") => error.is::<Failure>(),
        Some("all") => true,
        _ => false,
    }
}

pub(super) fn number(number: Number) -> String {
    number.map_or("None".to_owned(), |number| number.to_string())
}

/// Shows the value of an event. A condition can have events that have failed.
pub(super) fn event(event: &AnyEvent) -> String {
    if event.error().is_some() {
        "failed".to_owned()
    } else if let Some(value) = event.value::<Number>() {
        number(value)
    } else if let Some(item) = event.value::<i64>() {
        item.to_string()
    } else if let Some(item) = event.value::<PriorityItem<i64, i64>>() {
        priority_item(&item)
    } else if let Some(value) = event.value::<ConditionValue>() {
        condition(&value)
    } else {
        number(None)
    }
}

pub(super) fn priority_item(item: &PriorityItem<i64, i64>) -> String {
    format!("{}/{}", item.priority, item.item)
}

pub(super) fn condition(value: &ConditionValue) -> String {
    let values: Vec<_> = value.events().iter().map(event).collect();
    format!("{{{}}}", values.join(", "))
}

pub(super) fn state(event: Option<AnyEvent>) -> String {
    let Some(event) = event else {
        return "-".to_owned();
    };
    let ended = match (event.triggered(), event.ok()) {
        (false, _) => "",
        (true, true) => "ok",
        (true, false) => "failed",
    };
    format!("{ended}{}.", if event.processed() { "!" } else { "" })
}

impl World {
    pub(super) fn show_error(&self, error: &Error) -> String {
        if let Some(interrupt) = error.downcast_ref::<Interrupt>() {
            format!("Interrupt({})", self.show_cause(interrupt))
        } else if let Some(failure) = error.downcast_ref::<Failure>() {
            format!("Failure({failure})")
        } else if error.is::<RuntimeError>() {
            "RuntimeError".to_owned()
        } else if error.is::<ValueError>() {
            "ValueError".to_owned()
        } else if error.is::<EmptySchedule>() {
            "EmptySchedule".to_owned()
        } else {
            format!("{error:?}")
        }
    }

    fn show_cause(&self, interrupt: &Interrupt) -> String {
        if let Some(preempted) = interrupt.cause::<Preempted>() {
            let (by, since) = (self.name(preempted.by()), preempted.usage_since());
            let resource = self.index_of(preempted.resource());
            format!("preempted by {by} since {since:?} from r{resource}")
        } else if let Some(subscribed) = interrupt.cause::<Subscribed>() {
            format!("subscribed {}", event(subscribed.event()))
        } else {
            number(interrupt.cause::<Number>().copied().flatten())
        }
    }
}
