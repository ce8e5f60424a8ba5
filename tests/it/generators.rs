//! Generators: what they promise, how they end, their stacks, and their scenarios.

mod delegation_chains;
mod destructors_that_reenter;
mod ends_without_return;
mod invented_scenarios;
mod panic_abort;
mod pep_342_and_380;
mod random_attacks;
mod recorded_scenarios;
mod recorders;
mod replay_program;
mod running_generators;
mod soundness;
mod stack_overflow;
mod stacks;
