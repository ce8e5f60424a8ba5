//! Attacks at random: safe programs that misuse everything at once, and that nothing may crash.
//!
//! A program is a list of numbers, see module `choices`: whenever something is to be decided, the next
//! number decides it, be it in a body, a destructor, a comparison or a logger. So a seed determines
//! a run, whatever the library does in it, and dropping numbers makes it smaller. The command
//! `attack` runs programs in child processes, as what it finds may end a process.

mod choices;
pub mod command;
mod fleet;
mod generators;
mod itself;
mod loops;
mod shrink;
mod token;
mod worker;
mod world;
