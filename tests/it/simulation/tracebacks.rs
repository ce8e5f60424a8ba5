//! Tracebacks of a program that only simulates show its own lines, and none of the library.

use crate::support::{in_a_child, test_path};
use yieldfrom::simulation::{Co, Environment, PreemptiveResource, Resource};
use yieldfrom::{Error, Result};

fn assert_shows_own_lines_only(error: &Error) {
    let frames = error.traceback();
    assert!(!frames.is_empty(), "{error:?}");
    let is_ours =
        |frame: &yieldfrom::FrameSummary| frame.file().ends_with("simulation/tracebacks.rs");
    assert!(frames.iter().all(is_ours), "{error:?}");
}

#[test]
fn errors_have_the_lines_of_the_program() {
    // Another test may have had these lines hidden, by an event loop.
    if !in_a_child(test_path!("errors_have_the_lines_of_the_program")) {
        return;
    }
    let env = Environment::new();
    assert_shows_own_lines_only(&Resource::new(&env, 0).unwrap_err());
    assert_shows_own_lines_only(&env.run_until(-1).unwrap_err());
    assert_shows_own_lines_only(&env.run_until(env.event::<()>()).unwrap_err());
    let handle = env.handle();
    let late = env.process(move |co: &Co| co.yield_from(handle.timeout(-1)));
    assert_shows_own_lines_only(&env.run_until(late).unwrap_err());
    assert_shows_own_lines_only(&preempted(&env).unwrap_err());
}

/// Returns the error of a process that loses its slot.
fn preempted(env: &Environment) -> Result<()> {
    let machine = PreemptiveResource::new(env, 1)?;
    let user = |priority: i32| {
        let (handle, machine) = (env.handle(), machine.clone());
        move |co: &Co| {
            co.yield_from(handle.timeout(5 - priority))?;
            let _slot = co.yield_from(machine.request(priority))?;
            co.yield_from(handle.timeout(9))
        }
    };
    let loser = env.process(user(2));
    env.process(user(1));
    env.run_until(loser)
}
