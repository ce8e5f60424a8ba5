//! The options of the simulations: the seed of their random numbers, and where a recording goes.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use clap::Parser;
use examples::int;
use examples::random::Random;
use examples::recording::Recording;
use num_bigint::BigInt;
use yieldfrom::Result;
use yieldfrom::simulation::Env;

/// Runs the simulation and prints what happens.
///
/// With the same seed, SimPy's program prints the same.
#[derive(Debug, Parser)]
struct Options {
    /// Seed of the random numbers, an integer of any size
    #[arg(short, long, value_name = "SEED", value_parser = int::parse)]
    #[arg(allow_hyphen_values = true, default_value = "42")]
    seed: BigInt,

    /// Write what happens into this file: a page that plays it (.html), a picture (.svg) or a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// The random numbers of a run, which all its processes share.
pub(crate) type SharedRandom = Rc<RefCell<Random>>;

/// Returns the random numbers of the seed on the command line, and what records `env` if that is asked for.
pub(crate) fn begin(env: &Env) -> Result<(SharedRandom, Recording)> {
    let Options { seed, trace } = Options::parse();
    let recording = Recording::of_simulation(trace.as_ref(), env)?;
    Ok((Rc::new(RefCell::new(Random::new(&seed))), recording))
}
