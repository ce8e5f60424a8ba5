//! The option of the simulations: the seed of their random numbers.

use std::cell::RefCell;
use std::rc::Rc;

use clap::Parser;
use examples::int;
use examples::random::Random;
use num_bigint::BigInt;

/// Runs the simulation and prints what happens.
///
/// With the same seed, SimPy's program prints the same.
#[derive(Debug, Parser)]
struct Options {
    /// Seed of the random numbers, an integer of any size
    #[arg(short, long, value_name = "SEED", value_parser = int::parse)]
    #[arg(allow_hyphen_values = true, default_value = "42")]
    seed: BigInt,
}

/// The random numbers of a run, which all its processes share.
pub(crate) type SharedRandom = Rc<RefCell<Random>>;

/// Returns the random numbers of the seed on the command line.
pub(crate) fn random() -> SharedRandom {
    let Options { seed } = Options::parse();
    Rc::new(RefCell::new(Random::new(&seed)))
}
