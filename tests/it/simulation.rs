//! Simulation: programs of SimPy, bad input, and what ends an environment.

mod bad_input;
mod conditions;
mod dropped_environments;
mod extreme_numbers;
mod interrupted_at_once;
mod invented_scenarios;
mod panics;
mod pictures;
mod random_streams;
mod recorded_scenarios;
mod reentrant_code;
mod released_memory;
mod requests;
mod resource_queues;
mod simpy_programs;
mod statistics;
mod stubborn_bodies;
mod timeouts;
mod tracebacks;

use std::error::Error as StdError;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment};

/// Runs this as the only process of an environment.
fn in_process<T: 'static>(body: impl FnOnce(&Co, &Env) -> Result<T> + 'static) -> Result<T> {
    let env = Environment::new();
    let handle = env.handle();
    let process = env.process(move |co: &Co| body(co, &handle));
    env.run_until(process)
}

/// Checks that something was refused with an error of this type, whose message begins with the operation.
#[track_caller]
fn assert_refused<E: StdError + 'static>(result: Result<impl Sized>, operation: &str) {
    let error = result.err().expect("it makes no sense");
    assert!(error.is::<E>(), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with(&format!("{operation}: ")), "{message}");
}
