//! The resources, containers and stores of a scenario.

use std::any::Any;

use serde_json::Value as Json;
use yieldfrom::Result;
use yieldfrom::simulation::{
    AnyEvent, AsEvent, Container, Env, FilterStore, PreemptiveResource, PriorityItem,
    PriorityResource, PriorityStore, Request, RequestInfo, Resource, Store,
};

use super::fields::{capacity, flag, integer, number, text};
use super::show;

pub(super) enum Slots {
    Plain(Resource),
    Priority(PriorityResource),
    Preemptive(PreemptiveResource),
}

impl Slots {
    pub(super) fn new(env: &Env, what: &Json) -> Result<Self> {
        let capacity = capacity(what).unwrap_or(1);
        Ok(match text(what, "kind") {
            "plain" => Self::Plain(Resource::new(env, capacity)?),
            "priority" => Self::Priority(PriorityResource::new(env, capacity)?),
            _ => Self::Preemptive(PreemptiveResource::new(env, capacity)?),
        })
    }

    pub(super) fn request(&self, statement: &Json) -> Request {
        let (priority, preempts) = (integer(statement, "priority"), flag(statement, "preempt"));
        match self {
            Self::Plain(slots) => slots.request(),
            Self::Priority(slots) => slots.request(priority),
            Self::Preemptive(slots) => slots.request_with(priority, preempts),
        }
    }

    pub(super) fn users(&self) -> Vec<RequestInfo> {
        match self {
            Self::Plain(slots) => slots.users(),
            Self::Priority(slots) => slots.users(),
            Self::Preemptive(slots) => slots.users(),
        }
    }

    pub(super) fn queue(&self) -> Vec<RequestInfo> {
        match self {
            Self::Plain(slots) => slots.queue(),
            Self::Priority(slots) => slots.queue(),
            Self::Preemptive(slots) => slots.queue(),
        }
    }
}

pub(super) fn container(env: &Env, what: &Json) -> Result<Container> {
    Container::with_capacity(env, number(what, "capacity"), number(what, "init"))
}

pub(super) enum Shelf {
    Plain(Store<i64>),
    Filter(FilterStore<i64>),
    Priority(PriorityStore<PriorityItem<i64, i64>>),
}

impl Shelf {
    pub(super) fn new(env: &Env, what: &Json) -> Result<Self> {
        let capacity = capacity(what);
        Ok(match (text(what, "kind"), capacity) {
            ("plain", Some(capacity)) => Self::Plain(Store::with_capacity(env, capacity)?),
            ("plain", None) => Self::Plain(Store::new(env)),
            ("filter", Some(capacity)) => Self::Filter(FilterStore::with_capacity(env, capacity)?),
            ("filter", None) => Self::Filter(FilterStore::new(env)),
            (_, Some(capacity)) => Self::Priority(PriorityStore::with_capacity(env, capacity)?),
            (_, None) => Self::Priority(PriorityStore::new(env)),
        })
    }

    pub(super) fn put(&self, statement: &Json) -> Transfer {
        let item = integer(statement, "item");
        let put = match self {
            Self::Plain(store) => store.put(item),
            Self::Filter(store) => store.put(item),
            Self::Priority(store) => store.put(PriorityItem::new(item % 3, item)),
        };
        Transfer::new(put.to_any(), statement, || put.cancel_on_drop())
    }

    pub(super) fn get(&self, statement: &Json) -> Transfer {
        match self {
            Self::Plain(store) => {
                let get = store.get();
                Transfer::new(get.to_any(), statement, || get.cancel_on_drop())
            }
            Self::Filter(store) => {
                let accepted = statement["filter"]
                    .as_array()
                    .map(|filter| (filter[0].as_i64(), filter[1].as_i64()));
                let get = match accepted {
                    Some((Some(modulus), Some(rest))) => {
                        store.get(move |item| item % modulus == rest)
                    }
                    _ => store.get_any(),
                };
                Transfer::new(get.to_any(), statement, || get.cancel_on_drop())
            }
            Self::Priority(store) => {
                let get = store.get();
                Transfer::new(get.to_any(), statement, || get.cancel_on_drop())
            }
        }
    }

    pub(super) fn items(&self) -> Vec<String> {
        match self {
            Self::Plain(store) => store.items().iter().map(i64::to_string).collect(),
            Self::Filter(store) => store.items().iter().map(i64::to_string).collect(),
            Self::Priority(store) => store.items().iter().map(show::priority_item).collect(),
        }
    }

    /// Returns how many requests to put wait, and how many to get.
    pub(super) fn queues(&self) -> (usize, usize) {
        match self {
            Self::Plain(store) => (store.put_queue_len(), store.get_queue_len()),
            Self::Filter(store) => (store.put_queue_len(), store.get_queue_len()),
            Self::Priority(store) => (store.put_queue_len(), store.get_queue_len()),
        }
    }
}

/// A request to put something in, or to get something out.
pub(super) struct Transfer {
    pub(super) event: AnyEvent,
    /// Cancels the request when it is dropped, if the scenario says so.
    pub(super) guard: Option<Box<dyn Any>>,
}

impl Transfer {
    pub(super) fn new<G: 'static>(
        event: AnyEvent,
        statement: &Json,
        guard: impl FnOnce() -> G,
    ) -> Self {
        let cancels = flag(statement, "cancel") && statement["slot"].is_null();
        let guard = cancels.then(|| Box::new(guard()) as Box<dyn Any>);
        Self { event, guard }
    }
}
