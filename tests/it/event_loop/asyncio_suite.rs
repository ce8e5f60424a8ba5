//! What asyncio 3.4's own tests check and no other test here does, by its test files.
//!
//! `tests/ASYNCIO.md` says which test covers which behaviour.

mod base_events;
mod events;
mod futures;
mod gather;
mod locks;
mod queues;
mod shield;
mod streams;
mod tasks;
mod terminals;
mod wait;
