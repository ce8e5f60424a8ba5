//! The questions, one file each.

mod channel;
mod create;
mod delegate_setup;
mod delegation;
mod echo;
pub(crate) mod flags;
mod idle_connections;
mod idle_memory;
mod memory;
mod roundtrip;
mod spawn;
mod switch;
mod taxi;
mod throw_close;
mod timers;

use crate::question::Question;

/// All questions, in the order in which they are asked.
pub(crate) const QUESTIONS: &[&Question] = &[
    &roundtrip::QUESTION,
    &delegation::QUESTION,
    &delegate_setup::QUESTION,
    &throw_close::QUESTION,
    &create::QUESTION,
    &memory::QUESTION,
    &taxi::QUESTION,
    &switch::QUESTION,
    &spawn::QUESTION,
    &channel::QUESTION,
    &timers::QUESTION,
    &idle_memory::QUESTION,
    &echo::QUESTION,
    &idle_connections::QUESTION,
    &flags::QUESTION,
];
