//! Models of nexosim, on one thread, that schedule their own events.

use std::sync::Mutex;
use std::time::Duration;

use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::Output;
use nexosim::simulation::{EventKey, Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};

use super::model::{
    Draws, INTERRUPTER, INTERRUPTS, JOB, Outcome, Simulator, Tally, WORKERS, waits,
};

pub(super) struct Nexosim;

impl Simulator for Nexosim {
    fn timeouts(processes: usize) -> Outcome {
        let mut bench = SimInit::with_num_threads(1);
        for number in 0..processes {
            let model = Waiting {
                waits: waits(processes),
                done: 0,
                draws: Draws::of(number),
            };
            bench = bench.add_model(model, Mailbox::new(), "waiting");
        }
        simulated(bench)
    }

    fn mmc() -> Outcome {
        unreachable!("it is not asked")
    }

    fn interrupts() -> Outcome {
        let mut bench = SimInit::with_num_threads(1);
        let mut interrupter = Interrupter::new();
        for number in 0..WORKERS {
            let mailbox = Mailbox::new();
            let mut interrupt = Output::default();
            interrupt.connect(Worker::interrupt, &mailbox);
            interrupter.close.connect(Worker::close, &mailbox);
            interrupter.interrupts.push(interrupt);
            bench = bench.add_model(Worker::new(number), mailbox, "worker");
        }
        simulated(bench.add_model(interrupter, Mailbox::new(), "interrupter"))
    }

    fn conditions() -> Outcome {
        unreachable!("it is not asked")
    }

    fn store() -> Outcome {
        unreachable!("it is not asked")
    }
}

/// What the models tell when they end: they share nothing else.
static TALLY: Mutex<Option<Tally>> = Mutex::new(None);

/// Runs the models until none has an event.
fn simulated(bench: SimInit) -> Outcome {
    *TALLY.lock().expect("nobody panics") = Some(Tally::default());
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("the models start");
    simulation.run().expect("the models run");
    drop(simulation);
    let tally = TALLY.lock().expect("nobody panics").take();
    tally.expect("it was there before").outcome()
}

fn done(operations: u64, now: MonotonicTime) {
    let tally = TALLY.lock().expect("nobody panics");
    tally
        .as_ref()
        .expect("it is there")
        .done(operations, nanoseconds(now), 0.0);
}

/// A unit of time is a nanosecond.
fn after(delay: f64) -> Duration {
    Duration::from_nanos(delay as u64)
}

fn nanoseconds(now: MonotonicTime) -> f64 {
    now.duration_since(MonotonicTime::EPOCH).as_nanos() as f64
}

#[derive(Serialize, Deserialize)]
struct Waiting {
    waits: u64,
    done: u64,
    draws: Draws,
}

#[Model]
impl Waiting {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _env: &mut ()) {
        self.wait(cx);
    }

    fn wait(&mut self, cx: &Context<Self>) {
        let delay = after(self.draws.next());
        cx.schedule_event(delay, schedulable!(Self::awake), ())
            .expect("it is in the future");
    }

    #[nexosim(schedulable)]
    fn awake(&mut self, _: (), cx: &Context<Self>) {
        self.done += 1;
        if self.done < self.waits {
            self.wait(cx);
        } else {
            done(self.done, cx.time());
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Worker {
    draws: Draws,
    left: Duration,
    begun: MonotonicTime,
    interrupted: u64,
    /// What cancels the end of its wait.
    end: Option<EventKey>,
    is_closed: bool,
}

#[Model]
impl Worker {
    fn new(number: usize) -> Self {
        Self {
            draws: Draws::of(number),
            left: Duration::ZERO,
            begun: MonotonicTime::EPOCH,
            interrupted: 0,
            end: None,
            is_closed: false,
        }
    }

    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _env: &mut ()) {
        self.begin(cx);
    }

    fn begin(&mut self, cx: &Context<Self>) {
        self.left = after(JOB * self.draws.next());
        self.wait(cx);
    }

    fn wait(&mut self, cx: &Context<Self>) {
        self.begun = cx.time();
        let end = cx.schedule_keyed_event(self.left, schedulable!(Self::finish), ());
        self.end = Some(end.expect("it is in the future"));
    }

    #[nexosim(schedulable)]
    fn finish(&mut self, _: (), cx: &Context<Self>) {
        if self.is_closed {
            done(self.interrupted, cx.time());
        } else {
            self.begin(cx);
        }
    }

    async fn interrupt(&mut self, _: (), cx: &Context<Self>) {
        self.interrupted += 1;
        self.end.take().expect("it waits").cancel();
        self.left -= cx.time().duration_since(self.begun);
        self.wait(cx);
    }

    async fn close(&mut self) {
        self.is_closed = true;
    }
}

#[derive(Serialize, Deserialize)]
struct Interrupter {
    pauses: Draws,
    interrupts: Vec<Output<()>>,
    /// Tells all workers.
    close: Output<()>,
    done: usize,
}

#[Model]
impl Interrupter {
    fn new() -> Self {
        Self {
            pauses: Draws::of(INTERRUPTER),
            interrupts: Vec::with_capacity(WORKERS),
            close: Output::default(),
            done: 0,
        }
    }

    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>, _env: &mut ()) {
        self.pause(cx);
    }

    fn pause(&mut self, cx: &Context<Self>) {
        let pause = after(self.pauses.next());
        cx.schedule_event(pause, schedulable!(Self::interrupt), ())
            .expect("it is in the future");
    }

    #[nexosim(schedulable)]
    async fn interrupt(&mut self, _: (), cx: &Context<Self>) {
        self.interrupts[self.done % WORKERS].send(()).await;
        self.done += 1;
        if self.done < INTERRUPTS {
            self.pause(cx);
        } else {
            self.close.send(()).await;
            done(0, cx.time());
        }
    }
}
