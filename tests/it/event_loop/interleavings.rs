//! Locks, queues and the like, in all orders in which things can happen to them.
//!
//! A small scene of tasks is played again and again, until every sequence of turns of the loop,
//! cancellations, releases and so on was tried, up to a number of each. Whatever the order: nobody
//! waits for what is free, nothing is lost, whoever comes first is served first, and all tasks end.
//! `schedule` goes through the sequences, `scene` plays one with its `actor`s.

mod actor;
mod conditions;
mod events;
mod locks;
mod misuse;
mod priorities;
mod queues;
mod scene;
mod schedule;
mod timeouts;
