//! What happens in a simulation, and who is told.

use std::fmt;
use std::io;

use examples::random::Random;

/// Minutes since the simulation began.
pub(crate) type Time = i64;

/// What a taxi does.
///
/// In the order of the texts, which Python compares last. It decides nothing: there is
/// never more than one event of a taxi in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Action {
    DropOffPassenger,
    GoingHome,
    LeaveGarage,
    PickUpPassenger,
}

/// The queue is ordered by the fields, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Event {
    pub(crate) time: Time,
    pub(crate) proc: usize,
    pub(crate) action: Action,
}

/// How a simulation ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    OfEvents,
    OfSimulationTime { pending: usize },
}

/// Sees what happens in a simulation, in the order of its time.
pub(crate) trait Observer {
    /// Takes the event that is about to have its effect.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Takes the end, after the last event.
    fn end(&mut self, end: End) -> io::Result<()>;
}

/// Draws how long it takes from an action to the next one.
pub(crate) fn compute_duration(previous_action: Action, random: &mut Random) -> Time {
    let interval = match previous_action {
        Action::LeaveGarage | Action::DropOffPassenger => 5.0,
        Action::PickUpPassenger => 20.0,
        Action::GoingHome => 1.0,
    };
    random.expovariate(1.0 / interval) as Time + 1
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DropOffPassenger => "drop off passenger",
            Self::GoingHome => "going home",
            Self::LeaveGarage => "leave garage",
            Self::PickUpPassenger => "pick up passenger",
        })
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { time, proc, action } = self;
        write!(f, "Event(time={time}, proc={proc}, action='{action}')")
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfEvents => f.write_str("*** end of events ***"),
            Self::OfSimulationTime { pending } => {
                write!(
                    f,
                    "*** end of simulation time: {pending} events pending ***"
                )
            }
        }
    }
}
