//! Discrete-event simulation with processes: SimPy 4 on generators.
//!
//! A *process* is a function that gets a [`Co`] and waits for *events*: a time, another process, a slot of a resource, an item of
//! a store. It may wait from any depth of calls. The [`Environment`] has the time, which passes from event to event. Events of one
//! time are processed in SimPy's order, so that a program of SimPy can be translated line by line and prints the same.
//!
//! ```
//! use yieldfrom::Result;
//! use yieldfrom::simulation::{Co, Env, Environment, Resource};
//!
//! fn car(env: &Env, number: u32, chargers: &Resource) -> impl FnOnce(&Co) -> Result<()> + use<> {
//!     let (env, chargers) = (env.clone(), chargers.clone());
//!     move |co| {
//!         co.yield_from(env.timeout(2 * number))?; // drives to the station
//!         println!("car {number} arrives at {}", env.now());
//!         let charger = co.yield_from(chargers.request())?;
//!         println!("car {number} starts to charge at {}", env.now());
//!         co.yield_from(env.timeout(5))?;
//!         println!("car {number} leaves at {}", env.now());
//!         drop(charger);
//!         Ok(())
//!     }
//! }
//!
//! let env = Environment::new();
//! let chargers = Resource::new(&env, 2)?;
//! for number in 0..4 {
//!     env.process(car(&env, number, &chargers));
//! }
//! env.run()?;
//! assert_eq!(env.now(), 12.0);
//! # Ok::<(), yieldfrom::Error>(())
//! ```
//!
//! # From SimPy, in short
//!
//! | SimPy | here |
//! | --- | --- |
//! | `env = simpy.Environment()` | [`Environment::new()`], and `env.handle()` for what keeps it |
//! | `def car(env): ...`, `env.process(car(env))` | `fn car(env: &Env) -> impl FnOnce(&Co) -> Result<()> + use<>`, `env.process(car(&env))` |
//! | `yield env.timeout(5)` | `co.yield_from(env.timeout(5))?` |
//! | `value = yield event` | `let value = co.yield_from(event)?`, or `&event` for a clone |
//! | `r = yield from f()` | `let r = co.yield_from(f)?`, or simply `f(co)?` |
//! | `yield req \| env.timeout(3)` | `co.yield_from(&req \| env.timeout(3))?` |
//! | `except simpy.Interrupt as i` | `Err(error) if error.is::<Interrupt>()`, [`Interrupt::cause`] |
//! | `with res.request() as req: yield req` | `let req = co.yield_from(res.request())?;`, until `req` is dropped |
//! | `env.run(until=15)` | `env.run_until(15)?` |
//!
//! # Errors
//!
//! What SimPy raises is an error here. Functions that make an event, such as [`Env::timeout`], return no `Result`: if the argument
//! makes no sense, the event fails. The wait for it raises the error, and if nobody waits for it, the run ends with it.
//!
//! # When it ends
//!
//! The [`Environment`] owns the processes. When it is dropped, they are closed in the order in which they were started: a
//! `GeneratorExit` is raised where each of them waits, innermost first, and destructors run. Requests give nothing back then, as in
//! SimPy.

mod any_process;
mod body;
mod callbacks;
mod condition;
mod core;
mod entry;
mod environment;
mod errors;
mod event;
mod event_handle;
mod interrupt;
mod node;
mod observer;
#[cfg(feature = "simulation-pictures")]
pub mod pictures;
mod places;
mod process;
#[cfg(feature = "simulation-progress")]
pub mod progress;
mod queue;
#[cfg(feature = "simulation-random")]
pub mod random;
mod realtime;
mod request;
mod resources;
#[cfg(feature = "simulation-statistics")]
pub mod statistics;
mod ties;
mod time;
mod timeout;
mod until;
pub mod util;
mod value;
mod waiting;

pub use any_process::AnyProcess;
pub use condition::{Condition, ConditionValue};
pub use environment::{Env, Environment, EnvironmentBuilder, Observing};
pub use errors::EmptySchedule;
pub use event::{AnyEvent, AsEvent, CallbackId, Event, IntoEvent};
pub use interrupt::Interrupt;
pub use observer::Observer;
pub use process::Process;
pub use realtime::{RealtimeBuilder, RealtimeEnvironment};
pub use request::{Co, Wait};
pub use resources::{
    CancelOnDrop, Container, FilterStore, Get, Grant, ObservedResource, Preempted,
    PreemptiveResource, PriorityItem, PriorityResource, PriorityStore, Put, Request, RequestInfo,
    Resource, ResourceObserver, ResourceObserving, Store, Usage,
};
pub use time::Number;
pub use timeout::Timeout;
pub use until::Until;
pub use waiting::WaitingProcess;
