//! How long an environment runs.

use std::rc::Rc;

use super::callbacks::Callback;
use super::condition::{Condition, ConditionValue};
use super::core::{Core, Ran};
use super::event::{AnyEvent, Event};
use super::node::{Kind, Node};
use super::process::Process;
use super::queue::Priority;
use super::resources::{Get, Put, Request};
use super::time::Number;
use super::timeout::Timeout;
use super::waiting;
use crate::errors::{RuntimeError, ValueError};
use yieldfrom_delegation::Result;

/// Up to what [`Env::run_until`](super::Env::run_until) runs: a time, of type `f64` or `i32`, or an event.
///
/// By value, an event's value is moved out; by reference, it is cloned.
#[diagnostic::on_unimplemented(
    message = "an environment cannot run until `{Self}`",
    label = "give a time, such as `15` or `time as f64`, or an event"
)]
pub trait Until: sealed::Sealed {
    /// What the run returns: `()` for a time, or the value of the event.
    type Output;

    #[doc(hidden)]
    fn run(self, core: sealed::Running<'_>) -> Result<Self::Output>;
}

mod sealed {
    use super::*;

    pub trait Sealed {}

    /// Only this module runs environments.
    #[expect(missing_debug_implementations, reason = "nobody gets one")]
    pub struct Running<'a>(pub(super) &'a Rc<Core>);
}

use sealed::{Running, Sealed};

pub(super) fn run_until<U: Until>(core: &Rc<Core>, until: U) -> Result<U::Output> {
    until.run(Running(core))
}

macro_rules! times {
    ($($type:ty)*) => {$(
        impl Sealed for $type {}

        impl Until for $type {
            type Output = ();

            fn run(self, Running(core): Running<'_>) -> Result<()> {
                run_to_time(core, self.to_f64())
            }
        }
    )*};
}

// With one type of integers only, the compiler knows that of a number such as `15` before it needs the output.
times!(f64 i32);

/// Runs until a time. The events of that time are not processed any more, but those with a higher priority.
fn run_to_time(core: &Rc<Core>, time: f64) -> Result<()> {
    core.check_idle("run_until")?;
    let now = core.now();
    if time.is_nan() || time <= now {
        let why = format!(
            "run_until: until ({time}) must be greater than the current simulation time ({now})"
        );
        return Err(ValueError::new(why).into());
    }
    let end = core.node(Kind::Internal("Event"));
    end.set_succeeded(None);
    core.schedule(Rc::clone(&end), Priority::Urgent, time - now);
    run_to_event(core, &end)
}

/// Runs until an event is processed.
fn run_to_event(core: &Rc<Core>, node: &Rc<Node>) -> Result<()> {
    if !node.belongs_to(core) {
        let why = format!("run_until: {node:?} is of another environment");
        return Err(ValueError::new(why).into());
    }
    if !node.is_processed() {
        core.check_idle("run_until")?;
        // As in SimPy, it stays there if an error ends this run before: then it ends the next one.
        node.add_callback(Callback::Stop);
        if let Ran::OutOfEvents = core.run()? {
            return Err(RuntimeError::new(out_of_events(core, node)).into());
        }
        if !node.is_triggered() {
            let why = format!(
                "run_until: an earlier run, which failed, was to end here, and {node:?} was not triggered"
            );
            return Err(RuntimeError::new(why).into());
        }
    }
    node.error().map_or(Ok(()), Err)
}

fn out_of_events(core: &Core, node: &Node) -> String {
    let processes = waiting::report(core);
    format!(
        "run_until: no scheduled events left but the \"until\" event was not triggered: {node:?}{processes}"
    )
}

macro_rules! events {
    ($($type:ident<$t:ident>),*) => {$(
        impl<$t: 'static> Sealed for $type<$t> {}

        impl<$t: 'static> Until for $type<$t> {
            type Output = $t;

            fn run(self, Running(core): Running<'_>) -> Result<$t> {
                run_to_event(core, self.node())?;
                self.take()
            }
        }

        impl<$t: Clone + 'static> Sealed for &$type<$t> {}

        impl<$t: Clone + 'static> Until for &$type<$t> {
            type Output = $t;

            fn run(self, Running(core): Running<'_>) -> Result<$t> {
                run_to_event(core, self.node())?;
                self.value()
            }
        }
    )*};
}

events!(Event<T>, Timeout<T>, Process<T>, Get<T>);

macro_rules! units {
    ($($type:ty),*) => {$(
        impl Sealed for $type {}

        impl Until for $type {
            type Output = ();

            fn run(self, Running(core): Running<'_>) -> Result<()> {
                run_to_event(core, self.node())
            }
        }
    )*};
}

units!(&AnyEvent, Put, &Put, &Request);

impl Sealed for Condition {}

impl Until for Condition {
    type Output = ConditionValue;

    fn run(self, Running(core): Running<'_>) -> Result<ConditionValue> {
        run_to_event(core, self.node())?;
        self.value()
    }
}

impl Sealed for &Condition {}

impl Until for &Condition {
    type Output = ConditionValue;

    fn run(self, running: Running<'_>) -> Result<ConditionValue> {
        self.clone().run(running)
    }
}
