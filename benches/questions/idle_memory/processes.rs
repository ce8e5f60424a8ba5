//! What a waiting process weighs.

use crate::measuring::machine::private_memory_of;
use crate::measuring::meter::{Meter, Sample};
use crate::peers::processes::Waiting;

/// Fewer than the others are: the machine may not have the memory. What is private to a
/// process does not depend on how many there are.
const PROCESSES: usize = 1000;

pub(super) fn processes(_case: &str, _meter: &Meter) -> Sample {
    let waiting = Waiting::start(PROCESSES).expect("the processes start");
    let children = waiting.children.iter();
    let sum: f64 = children.map(|child| private_memory_of(child.id())).sum();
    waiting.end();
    Sample::count(sum).divided(PROCESSES)
}
