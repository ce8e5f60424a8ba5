//! Statistics of a simulation: averages over time, quantiles, confidence intervals.
//!
//! A [`Monitor`] watches a resource, with one call. It has the queue and the level over time as [`Series`], and how long requests
//! waited and held their slots as [`Tally`]s. You can make your own of both. What happens during a warm-up can be left out.
//!
//! ```
//! use yieldfrom::simulation::statistics::Monitor;
//! use yieldfrom::simulation::{Co, Environment, Resource};
//!
//! let env = Environment::new();
//! let counter = Resource::new(&env, 1)?;
//! let monitor = Monitor::of(&counter);
//! for arrival in [0, 1, 2] {
//!     let (env, counter) = (env.handle(), counter.clone());
//!     env.clone().process(move |co: &Co| {
//!         co.yield_from(env.timeout(arrival))?;
//!         let _turn = co.yield_from(counter.request())?;
//!         co.yield_from(env.timeout(2))
//!     });
//! }
//! env.run_until(8)?;
//! assert_eq!(monitor.utilisation(), 0.75); // busy from 0 to 6, of 8
//! assert_eq!(monitor.waiting_times().mean(), Some(1.0)); // 0, 1 and 2
//! assert_eq!(monitor.queue().mean(8), Some(0.375)); // one customer waits from 1 to 4
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod estimate;
mod histogram;
mod monitor;
mod series;
mod tally;

pub use estimate::Estimate;
pub use histogram::{Bin, Histogram};
pub use monitor::{Holding, Monitor};
pub use series::Series;
pub use tally::Tally;
