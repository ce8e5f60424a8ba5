//! `Store`: items that processes put in and get out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::base::{Base, Next, Rules, check_capacity};
use super::observer::resource_handle;
use super::pending::Pending;
use super::slots::succeed;
use super::transfer::{Get, Put};
use crate::errors::AtCaller;
use crate::simulation::Env;
use crate::simulation::node::Node;
use crate::simulation::value::stored;
use yieldfrom_delegation::Result;

/// Items of one type, up to a capacity, that processes put in and get out: first in, first out.
///
/// SimPy's `Store`.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Store};
///
/// let env = Environment::new();
/// let belt = Store::with_capacity(&env, 2)?;
/// let (handle, parcels) = (env.handle(), belt.clone());
/// env.process(move |co: &Co| {
///     for number in 0..5 {
///         co.yield_from(parcels.put(number))?; // waits while the belt is full
///     }
///     Ok(())
/// });
/// env.run()?;
/// assert_eq!((belt.items(), belt.put_queue_len()), (vec![0, 1], 1));
/// assert_eq!(env.run_until(belt.get())?, 0);
/// # drop(handle);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Store<T: 'static> {
    base: Rc<Base<Fifo<T>>>,
}

resource_handle!(Store<T>);

struct Fifo<T> {
    capacity: f64,
    items: RefCell<VecDeque<T>>,
}

impl<T: 'static> Store<T> {
    /// Makes a store without a limit.
    pub fn new(env: &Env) -> Self {
        Self::of(env, f64::INFINITY)
    }

    /// Makes a store for this many items.
    ///
    /// # Errors
    ///
    /// Returns a [`ValueError`](crate::ValueError) if the capacity is 0.
    #[track_caller]
    pub fn with_capacity(env: &Env, capacity: usize) -> Result<Self> {
        check_capacity("Store::with_capacity", capacity as f64).at_caller()?;
        Ok(Self::of(env, capacity as f64))
    }

    fn of(env: &Env, capacity: f64) -> Self {
        let items = RefCell::default();
        let base = Base::new(env.core(), Fifo { capacity, items });
        Self { base }
    }

    /// Requests to put an item in. It is granted when there is room.
    pub fn put(&self, item: T) -> Put {
        Put::new(self.base.put(Cell::new(Some(item))), &self.base)
    }

    /// Requests to get the first item. It is granted when there is one.
    pub fn get(&self) -> Get<T> {
        Get::new(self.base.get(()), &self.base)
    }

    /// Returns clones of the items, the first one first.
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        let cloned = |rules: &Fifo<T>| Lent::of(&rules.items).items.iter().cloned().collect();
        self.base.undisturbed(cloned)
    }
}

/// Items that were taken out of their place, and are put back when this is dropped. Nothing else comes there meanwhile: the
/// resource is busy, or the items are looked at.
pub(super) struct Lent<'a, I: Default> {
    place: &'a RefCell<I>,
    pub(super) items: I,
}

impl<'a, I: Default> Lent<'a, I> {
    pub(super) fn of(place: &'a RefCell<I>) -> Self {
        let items = place.take();
        Self { place, items }
    }
}

impl<I: Default> Drop for Lent<'_, I> {
    fn drop(&mut self) {
        self.place.replace(std::mem::take(&mut self.items));
    }
}

/// Triggers a request with the item that it gets.
pub(super) fn give<R: Rules, T: 'static>(base: &Base<R>, node: &Rc<Node>, item: T) {
    base.core.succeed(node, stored(item));
}

impl<T: 'static> Rules for Fifo<T> {
    type Put = Cell<Option<T>>;
    type Get = ();

    const NAMES: (&'static str, &'static str) = ("StorePut", "StoreGet");

    fn put(&self, base: &Base<Self>, request: &Pending<Self::Put>) -> Next {
        if self.level() < self.capacity
            && let Some(item) = request.detail.take()
        {
            self.items.borrow_mut().push_back(item);
            succeed(base, &request.node);
        }
        Next::Leave
    }

    fn get(&self, base: &Base<Self>, request: &Pending<()>) -> Next {
        let item = self.items.borrow_mut().pop_front();
        if let Some(item) = item {
            give(base, &request.node, item);
        }
        Next::Leave
    }

    fn level(&self) -> f64 {
        self.items.borrow().len() as f64
    }

    fn capacity(&self) -> f64 {
        self.capacity
    }
}

/// Gives a store the functions that all stores have.
macro_rules! store_functions {
    ($name:ident<$t:ident $(: $bound:ident)?>) => {
        impl<$t: $($bound +)? 'static> $name<$t> {
            /// Returns how many items there can be; infinite if there is no limit.
            pub fn capacity(&self) -> f64 {
                $crate::simulation::ObservedResource::usage(self).capacity
            }

            /// Returns how many items there are.
            pub fn len(&self) -> usize {
                $crate::simulation::ObservedResource::usage(self).level as usize
            }

            /// Returns whether there is no item.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Returns how many requests to put wait.
            pub fn put_queue_len(&self) -> usize {
                self.base.waiting($crate::simulation::resources::base::Side::Put)
            }

            /// Returns how many requests to get wait.
            pub fn get_queue_len(&self) -> usize {
                self.base.waiting($crate::simulation::resources::base::Side::Get)
            }
        }
    };
}

pub(super) use store_functions;

store_functions!(Store<T>);
