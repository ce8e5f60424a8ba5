//! The program as a process: the same results from everybody, kills at any moment, journals that are not good.

#[path = "it/journals.rs"]
mod journals;
#[path = "it/kills.rs"]
mod kills;
#[path = "it/merges.rs"]
mod merges;
#[path = "it/options.rs"]
mod options;
#[cfg(feature = "mpi")]
#[path = "it/ranks.rs"]
mod ranks;
#[path = "it/support.rs"]
mod support;
#[path = "it/threads.rs"]
mod threads;
