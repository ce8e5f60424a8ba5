//! Pictures of a simulation, as SVG: values over time, histograms, and who held what when.
//!
//! ```
//! use yieldfrom::simulation::pictures::Picture;
//! use yieldfrom::simulation::statistics::Monitor;
//! use yieldfrom::simulation::{Co, Environment, Resource};
//!
//! let env = Environment::new();
//! let counter = Resource::new(&env, 1)?;
//! let monitor = Monitor::of(&counter);
//! for number in 0..4 {
//!     let (env, counter) = (env.handle(), counter.clone());
//!     env.clone().named_process(format!("customer {number}"), move |co: &Co| {
//!         co.yield_from(env.timeout(number))?;
//!         let _turn = co.yield_from(counter.request())?;
//!         co.yield_from(env.timeout(3))
//!     });
//! }
//! env.run()?;
//! let queue = Picture::over_time("The counter", env.now(), &[("waiting", &monitor.queue()), ("served", &monitor.level())])?;
//! let chart = Picture::holdings("Who was served", env.now(), &[("counter", &monitor)])?;
//! assert!(chart.svg().contains("customer 3"));
//! # let path = std::env::temp_dir().join("yieldfrom-counter.svg");
//! queue.write(&path)?;
//! # std::fs::remove_file(path)?;
//! # Ok::<(), yieldfrom::Error>(())
//! ```

mod charts;
mod holdings;

use std::fmt;
use std::io;
use std::path::Path;

use super::Number;
use super::statistics::{Histogram, Monitor, Series};
use crate::errors::RuntimeError;
use yieldfrom_delegation::{Error, Result};

/// A chart. [`pictures`](self) has an example.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    svg: String,
}

impl Picture {
    /// Draws values over time, up to `until`, each with its name.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the picture cannot be drawn, because a number in it is not finite.
    pub fn over_time(title: &str, until: impl Number, series: &[(&str, &Series)]) -> Result<Self> {
        let svg = charts::over_time(title, until.to_f64(), series);
        Self::of("over_time", svg)
    }

    /// Draws how many observations lie where. `what` says what was observed.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the picture cannot be drawn, because a number in it is not finite.
    pub fn histogram(title: &str, what: &str, histogram: &Histogram) -> Result<Self> {
        let svg = charts::histogram(title, what, histogram);
        Self::of("histogram", svg)
    }

    /// Draws who held which resource when, up to `until`: a row for each slot of each resource that was
    /// used, up to 500 rows.
    ///
    /// # Errors
    ///
    /// Returns a [`RuntimeError`] if the picture cannot be drawn, because a number in it is not finite.
    pub fn holdings(
        title: &str,
        until: impl Number,
        resources: &[(&str, &Monitor)],
    ) -> Result<Self> {
        let svg = holdings::draw(title, until.to_f64(), resources);
        Self::of("holdings", svg)
    }

    fn of(operation: &str, svg: Result<String, String>) -> Result<Self> {
        match svg {
            Ok(svg) => Ok(Self { svg }),
            Err(why) => Err(Error::from(RuntimeError::new(format!(
                "{operation}: {why}"
            )))),
        }
    }

    /// Returns the picture as the text of an SVG file.
    pub fn svg(&self) -> &str {
        &self.svg
    }

    /// Writes the picture into a file.
    ///
    /// # Errors
    ///
    /// Returns the error of the system, which names the file.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        std::fs::write(path, &self.svg).map_err(|error| {
            let why = format!("write: the picture {}: {error}", path.display());
            io::Error::new(error.kind(), why).into()
        })
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Picture")
            .field("bytes", &self.svg.len())
            .finish_non_exhaustive()
    }
}
