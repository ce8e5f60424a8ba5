//! The questions, one file each, and what a question is.

mod cancel;
mod channel;
mod contestant;
mod cost;
mod create;
mod delegate_setup;
mod delegation;
mod echo;
pub(crate) mod flags;
mod futures;
mod gather;
mod hand_off;
mod idle_connections;
mod idle_memory;
mod latency;
pub(crate) mod libraries;
mod memory;
mod question;
mod roundtrip;
pub(crate) mod services;
mod simulation;
mod spawn;
mod start_up;
mod switch;
mod taxi;
mod throw_close;
mod timers;
mod two_cores;
mod wait;
mod wake_up;

pub(crate) use contestant::{Contestant, How, Measure};
pub(crate) use question::{Case, Question, number};

/// The stacks of tasks that do little, where there are thousands: the smallest, as the guide advises. The
/// further apart stacks are, the longer the processor looks for their pages, and the larger the page table is.
pub(crate) const SMALL_STACK: usize = yieldfrom::delegation::stack::MIN_SIZE;

/// All questions, in the order in which they are asked.
pub(crate) const QUESTIONS: &[&Question] = &[
    &roundtrip::QUESTION,
    &delegation::QUESTION,
    &delegate_setup::QUESTION,
    &throw_close::QUESTION,
    &create::QUESTION,
    &memory::QUESTION,
    &taxi::QUESTION,
    &simulation::QUESTION,
    &switch::QUESTION,
    &two_cores::QUESTION,
    &spawn::QUESTION,
    &futures::QUESTION,
    &gather::QUESTION,
    &wait::QUESTION,
    &cancel::QUESTION,
    &hand_off::LOCK,
    &hand_off::SEMAPHORE,
    &channel::QUESTION,
    &timers::QUESTION,
    &wake_up::QUESTION,
    &start_up::QUESTION,
    &idle_memory::QUESTION,
    &echo::QUESTION,
    &latency::QUESTION,
    &idle_connections::QUESTION,
    &flags::QUESTION,
    &libraries::ECHO,
    &libraries::TLS,
    &libraries::REDIS,
    &services::HTTP,
    &services::HTTP_SERVER,
    &services::POSTGRES,
    &cost::QUESTION,
];
