//! What a taxi does between its events.

use crate::{Action, Event, Time};

/// What keeps a taxi busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Cruising without a passenger.
    Waiting,
    /// Taking a passenger somewhere.
    Driving,
}

/// A phase of a taxi, from one event to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    pub(crate) phase: Phase,
    pub(crate) from: Time,
    pub(crate) to: Time,
}

impl Action {
    /// Returns the phase that begins with this action.
    pub(crate) fn begins(self) -> Option<Phase> {
        match self {
            Self::LeaveGarage | Self::DropOffPassenger => Some(Phase::Waiting),
            Self::PickUpPassenger => Some(Phase::Driving),
            Self::GoingHome => None,
        }
    }
}

/// Turns the events of a fleet into legs.
#[derive(Debug, Default)]
pub(crate) struct Legs {
    /// By taxi, what it has been doing since when.
    current: Vec<Option<(Phase, Time)>>,
}

impl Legs {
    /// Returns the leg that ends with this event.
    pub(crate) fn end_with(&mut self, event: &Event) -> Option<Leg> {
        if event.proc >= self.current.len() {
            self.current.resize(event.proc + 1, None);
        }
        let begins = event.action.begins().map(|phase| (phase, event.time));
        let (phase, from) = std::mem::replace(&mut self.current[event.proc], begins)?;
        Some(Leg {
            phase,
            from,
            to: event.time,
        })
    }

    /// Returns the legs that are under way, cut off at `to`, with the taxis they belong to.
    pub(crate) fn cut_off(&self, to: Time) -> impl Iterator<Item = (usize, Leg)> {
        let legs = self.current.iter().enumerate();
        legs.filter_map(move |(proc, leg)| leg.map(|(phase, from)| (proc, Leg { phase, from, to })))
    }
}
