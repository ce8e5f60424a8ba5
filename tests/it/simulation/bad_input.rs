//! Bad input: SimPy's error, as a value whose message names the operation.

mod amounts;
mod events;
mod interrupts;
mod strangers;
mod times;
