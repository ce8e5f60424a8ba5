//! The guest book as a process, with a database of its own, and clients that speak HTTP to it.

#[path = "it/databases.rs"]
mod databases;
#[path = "it/ends.rs"]
mod ends;
#[path = "it/entries.rs"]
mod entries;
#[path = "it/refusals.rs"]
mod refusals;
#[path = "it/support.rs"]
mod support;
