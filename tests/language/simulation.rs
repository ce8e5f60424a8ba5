//! Scenarios of simulations: a player over the public API of `yieldfrom::simulation`, and what invents them.
//!
//! A scenario has events, resources, containers and stores, functions of processes, and a driver, which starts processes and runs
//! the environment (`world`). Each process is a real one (`process`). `reference/simulation.py` plays the same in SimPy.

mod check;
mod fields;
mod process;
mod show;
mod statements;
mod supplies;
mod world;

pub mod random;

use std::rc::Rc;

use serde_json::{Value as Json, json};
use yieldfrom::simulation::{Env, Environment};

use fields::{list, number};
use world::World;

/// How often a run may end with an error before a scenario is over.
const MOST_RUNS: usize = 30;

/// Plays a scenario, and returns its trace; none if there is no such scenario.
///
/// # Panics
///
/// Panics if something of the scenario is left when its environment is dropped.
pub fn play(scenario: &Json) -> Option<String> {
    if !check::is_sound(scenario) {
        return None;
    }
    let initial = number(scenario, "initial");
    let env = Environment::builder().initial_time(initial).build().ok()?;
    let world = Rc::new(World::new(&env, scenario));
    for statement in list(scenario, "drive") {
        drive(&world, &env, statement);
    }
    for _ in 0..MOST_RUNS {
        if drive(&world, &env, &json!({"op": "run"})) {
            break;
        }
    }
    world.look("driver");
    let trace = world.finish();
    drop(env);
    assert_eq!(
        Rc::strong_count(&world),
        1,
        "a process is left of {scenario}"
    );
    Some(trace)
}

/// Runs a statement of the driver. Returns whether it was a run without an error.
fn drive(world: &Rc<World>, env: &Env, statement: &Json) -> bool {
    let operation = fields::text(statement, "op");
    let outcome = match operation {
        "run" => env.run().map(|()| "ok".to_owned()),
        "until" => {
            let time = env.now() + number(statement, "delta");
            env.run_until(time).map(|()| "ok".to_owned())
        }
        "until_event" => {
            let event = world.event(&statement["on"]);
            env.run_until(&event).map(|()| show::event(&event))
        }
        "step" => env.step().map(|()| "ok".to_owned()),
        _ => {
            world.act("driver", statement);
            return false;
        }
    };
    let shown = outcome
        .as_ref()
        .map_or_else(|error| world.show_error(error), String::clone);
    world.log("driver", format_args!("{operation} {shown}"));
    outcome.is_ok()
}
