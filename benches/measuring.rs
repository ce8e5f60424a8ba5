//! Measuring contestants: samples, each taken in a process of its own, repetitions and medians.

pub(crate) mod child_process;
pub(crate) mod contest;
pub(crate) mod instructions;
pub(crate) mod interrupt;
pub(crate) mod machine;
pub(crate) mod meter;
pub(crate) mod progress;
pub(crate) mod sampler;
