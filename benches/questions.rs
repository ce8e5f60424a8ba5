//! The questions, one file each.

mod create;
mod delegate_setup;
mod delegation;
mod memory;
mod roundtrip;
mod taxi;
mod throw_close;

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
];
