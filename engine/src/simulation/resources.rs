//! Resources: what processes share, and wait for.

mod base;
mod container;
mod filter_store;
mod heap;
mod observer;
mod pending;
mod preempted;
mod priority_store;
mod request;
mod resource;
mod slots;
mod store;
mod transfer;

pub(super) use base::Requested;
pub use container::Container;
pub use filter_store::FilterStore;
pub use observer::{Grant, ObservedResource, ResourceObserver, ResourceObserving, Usage};
pub use preempted::Preempted;
pub use priority_store::{PriorityItem, PriorityStore};
pub use request::Request;
pub use resource::{PreemptiveResource, PriorityResource, RequestInfo, Resource};
pub use store::Store;
pub use transfer::{CancelOnDrop, Get, Put};
