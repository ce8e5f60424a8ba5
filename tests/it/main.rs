//! All integration tests, in one binary: it is linked once.

mod abort;
mod comparison;
mod ends;
mod overflow;
mod protocol;
mod reentry;
mod replayer;
mod scenarios;
mod stacks;
mod support;
mod tidy;
