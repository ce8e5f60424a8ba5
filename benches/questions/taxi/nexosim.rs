//! The taxis as models of nexosim, on one thread.
//!
//! A model schedules its own next event; the queue is nexosim's. It draws its own
//! durations, since models share nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use super::{Action, Durations, Machine, start, trips};

/// How many events there have been: a model has nobody to tell.
static EVENTS: AtomicU64 = AtomicU64::new(0);

#[derive(Serialize, Deserialize)]
struct Taxi {
    start: u64,
    machine: Machine,
    durations: Durations,
}

#[Model]
impl Taxi {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _env: &mut ()) {
        // The clock starts at zero, and what is scheduled must lie in the future.
        let delay = Duration::from_secs(self.start + 1);
        cx.schedule_event(delay, schedulable!(Self::drive), Action::LeaveGarage)
            .expect("it is in the future");
    }

    #[nexosim(schedulable)]
    fn drive(&mut self, action: Action, cx: &Context<Self>) {
        EVENTS.store(EVENTS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let busy = Duration::from_secs(self.durations.draw(action));
        if let Some(next) = self.machine.step() {
            cx.schedule_event(busy, schedulable!(Self::drive), next)
                .expect("it is in the future");
        }
    }
}

/// Runs so many taxis to the end and returns the number of events.
pub(super) fn run(taxis: u32) -> u64 {
    EVENTS.store(0, Ordering::Relaxed);
    let mut bench = SimInit::with_num_threads(1);
    let mut seeds = Durations::new();
    for taxi in 0..taxis {
        let machine = Machine {
            trips_left: trips(taxi),
            last: Action::LeaveGarage,
        };
        let model = Taxi {
            start: start(taxi),
            machine,
            durations: seeds.split(),
        };
        bench = bench.add_model(model, Mailbox::new(), "taxi");
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("the models start");
    simulation.run().expect("the models run");
    EVENTS.load(Ordering::Relaxed)
}
