//! The taxi simulation of the example `taxi_sim`, whose output it has.

pub(super) mod async_await;
pub(super) mod threads;
pub(super) mod yieldfrom;

use std::fmt;

use examples::random::Random;
use num_bigint::BigInt;

/// Simulates taxis and prints what happens.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Options {
    /// Minute at which to stop.
    #[arg(short, long, value_name = "MINUTE", default_value_t = 180)]
    end_time: Time,
    /// Number of taxis.
    #[arg(short, long, value_name = "N", default_value_t = 3)]
    taxis: usize,
    /// Seed of the random numbers, as in Python.
    #[arg(short, long, default_value_t = 3)]
    seed: u32,
}

/// Minutes since the simulation began.
type Time = i64;

/// What a taxi does, in the order of the texts, which Python compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    DropOffPassenger,
    GoingHome,
    LeaveGarage,
    PickUpPassenger,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    time: Time,
    proc: usize,
    action: Action,
}

impl Options {
    fn random(&self) -> Random {
        Random::new(&BigInt::from(self.seed))
    }
}

/// Returns how many trips a taxi makes.
fn trips(proc: usize) -> usize {
    (proc + 1) * 2
}

/// Returns when a taxi leaves the garage.
fn start_time(proc: usize) -> Time {
    proc as Time * 5
}

/// Draws how long it takes from an action to the next one.
fn compute_duration(previous_action: Action, random: &mut Random) -> Time {
    let interval = match previous_action {
        Action::LeaveGarage | Action::DropOffPassenger => 5.0,
        Action::PickUpPassenger => 20.0,
        Action::GoingHome => 1.0,
    };
    random.expovariate(1.0 / interval) as Time + 1
}

impl fmt::Display for Event {
    /// Writes the line of an event, indented by its taxi.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, proc, action } = self;
        let action = match action {
            Action::DropOffPassenger => "drop off passenger",
            Action::GoingHome => "going home",
            Action::LeaveGarage => "leave garage",
            Action::PickUpPassenger => "pick up passenger",
        };
        let indent = "   ".repeat(*proc);
        write!(
            f,
            "taxi: {proc} {indent} Event(time={time}, proc={proc}, action='{action}')"
        )
    }
}
