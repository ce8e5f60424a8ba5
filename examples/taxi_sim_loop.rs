//! The taxi simulation of `taxi_sim` on an event loop, in virtual time.
//!
//! Every taxi is a task, which sleeps until its next event: a minute of the simulation is
//! a second on the loop's clock. The loop's timers take the place of the priority queue,
//! so there is no simulator, only a city that the taxis share. As the clock is a virtual
//! one, nobody really waits: it jumps from one deadline to the next.
//!
//! The options are those of `taxi_sim`, and so is the output, to the byte:
//!
//! ```text
//! cargo run --release --example taxi_sim_loop -- --seed 3 --end-time 120
//! cargo run --release --example taxi_sim_loop -- --summary --taxis 100000
//! ```

#[path = "taxi_sim/command.rs"]
mod command;
#[path = "taxi_sim/events.rs"]
mod events;
#[path = "taxi_sim/legs.rs"]
mod legs;
#[path = "taxi_sim/options.rs"]
mod options;
#[path = "taxi_sim/pace.rs"]
mod pace;
#[path = "taxi_sim/print.rs"]
mod print;
#[path = "taxi_sim/progress.rs"]
mod progress;
#[path = "taxi_sim/summary.rs"]
mod summary;
#[path = "taxi_sim/timeline.rs"]
mod timeline;

use std::cell::{Cell, RefCell};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use examples::random::Random;
use examples::recording::Recording;
use num_bigint::BigInt;
use yieldfrom::{Co, Coroutine, CoroutineBuilder, Error, EventLoop, Result, Task};
use yieldfrom::{gather, gather_return_exceptions, set_event_loop, sleep};

use crate::events::{Action, End, Event, Observer, Time, compute_duration};
use crate::options::Options;

/// Goes from one event to the next.
fn taxi_process(city: Rc<City>, ident: usize, trips: usize, start_time: Time) -> Coroutine<()> {
    // A small stack, so that a fleet of a million finds room.
    let builder = CoroutineBuilder::new().stack_size(64 << 10);
    builder.build(move |co| {
        let event = |time, action| Event {
            time,
            proc: ident,
            action,
        };
        let mut time = city.event(co, event(start_time, Action::LeaveGarage))?;
        for _ in 0..trips {
            time = city.event(co, event(time, Action::PickUpPassenger))?;
            time = city.event(co, event(time, Action::DropOffPassenger))?;
        }
        city.event(co, event(time, Action::GoingHome))?;
        Ok(())
    })
}

/// What the taxis share.
struct City {
    event_loop: EventLoop,
    end_time: Time,
    time_is_up: Cell<bool>,
    random: RefCell<Random>,
    observers: RefCell<Vec<Box<dyn Observer>>>,
}

impl City {
    /// Waits for the time of an event, and returns the time of the taxi's next one.
    fn event(&self, co: &Co, event: Event) -> Result<Time> {
        let now = self.event_loop.time();
        co.yield_from(sleep(loop_time(&event).saturating_sub(now)))?;
        for observer in self.observers.borrow_mut().iter_mut() {
            observer.event(&event)?;
        }
        // As in the original, the first event that is not before the end is the last.
        if event.time >= self.end_time {
            self.time_is_up.set(true);
            self.event_loop.stop();
        }
        let duration = compute_duration(event.action, &mut self.random.borrow_mut());
        Ok(event.time + duration)
    }

    fn end(&self, end: End) -> Result<()> {
        for observer in self.observers.borrow_mut().iter_mut() {
            observer.end(end)?;
        }
        Ok(())
    }
}

/// Returns when an event happens on the loop's clock: a second for each minute.
///
/// In the same minute taxis act in the order of their numbers, as in `taxi_sim`'s queue.
/// Timers of the same moment would go off in the order in which they were set, so a taxi
/// is as many nanoseconds late as its number says.
fn loop_time(event: &Event) -> Duration {
    Duration::from_secs(event.time as u64) + Duration::from_nanos(event.proc as u64)
}

fn simulate(options: &Options, seed: &BigInt) -> Result<()> {
    let event_loop = EventLoop::builder().virtual_clock().build()?;
    set_event_loop(Some(&event_loop)); // the one on which the taxis are gathered
    let city = Rc::new(City {
        event_loop: event_loop.clone(),
        end_time: options.end_time(),
        time_is_up: Cell::new(options.end_time() <= 0),
        random: RefCell::new(Random::new(seed)),
        observers: RefCell::new(options.observers(seed)?),
    });
    let recording = Recording::of_loop(options.trace(), &event_loop)?;
    let taxis = fleet(options, &city)?;
    let ended = run(&city, &taxis).and_then(|end| city.end(end));
    event_loop.close()?;
    recording.write_after(ended)
}

/// Lets the taxis drive until all of them are home or the time is up.
fn run(city: &City, taxis: &[Task<()>]) -> Result<End> {
    let event_loop = &city.event_loop;
    let all_home = gather(taxis);
    let stopper = event_loop.clone();
    all_home.add_done_callback(move |_| stopper.stop());
    if !city.time_is_up.get() {
        event_loop.run_forever()?;
    }
    if all_home.done()
        && let Err(error) = all_home.result()
    {
        // One of them could not go on: the others are called back.
        let others = gather_return_exceptions(taxis);
        others.cancel();
        let _ = event_loop.run_until_complete(others);
        return Err(error);
    }
    let pending = taxis.iter().filter(|taxi| !taxi.done()).count();
    // Taxis that are still out are called back, and end as they like.
    if all_home.cancel() {
        let _ = event_loop.run_until_complete(all_home);
    }
    Ok(if city.time_is_up.get() {
        End::OfSimulationTime { pending }
    } else {
        End::OfEvents
    })
}

fn fleet(options: &Options, city: &Rc<City>) -> Result<Vec<Task<()>>> {
    let size = options.taxis();
    let mut taxis = Vec::new();
    let room = taxis.try_reserve_exact(size);
    room.map_err(|error| Error::msg(format!("make {size} taxis: {error}")))?;
    taxis.extend((0..size).map(|i| {
        let taxi = taxi_process(Rc::clone(city), i, options.trips(i), i as Time * 5);
        city.event_loop.create_task(taxi)
    }));
    Ok(taxis)
}

fn main() -> ExitCode {
    command::run("taxi_sim_loop", simulate)
}
