//! `FilterStore`: a store from which a request gets only what it accepts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use super::base::{Base, Next, Rules, check_capacity};
use super::observer::resource_handle;
use super::pending::Pending;
use super::slots::succeed;
use super::store::{give, store_functions};
use super::transfer::{Get, Put};
use crate::errors::AtCaller;
use crate::simulation::Env;
use yieldfrom_delegation::Result;

/// A [`Store`](super::Store) from which a request gets the first item that its filter accepts.
///
/// SimPy's `FilterStore`. A request whose item is not there does not hold up those after it.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Environment, FilterStore};
///
/// let env = Environment::new();
/// let shelf = FilterStore::new(&env);
/// for size in [36, 42, 41] {
///     shelf.put(size);
/// }
/// assert_eq!(env.run_until(shelf.get(|size| *size > 40))?, 42);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct FilterStore<T: 'static> {
    base: Rc<Base<Shelf<T>>>,
}

resource_handle!(FilterStore<T>);
store_functions!(FilterStore<T>);

struct Shelf<T> {
    capacity: f64,
    items: RefCell<VecDeque<T>>,
}

type Filter<T> = Box<dyn Fn(&T) -> bool>;

impl<T: 'static> FilterStore<T> {
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
        check_capacity("FilterStore::with_capacity", capacity as f64).at_caller()?;
        Ok(Self::of(env, capacity as f64))
    }

    fn of(env: &Env, capacity: f64) -> Self {
        let items = RefCell::default();
        let base = Base::new(env.core(), Shelf { capacity, items });
        Self { base }
    }

    /// Requests to put an item in. It is granted when there is room.
    pub fn put(&self, item: T) -> Put {
        Put::new(self.base.put(Cell::new(Some(item))), &self.base)
    }

    /// Requests to get the first item that the filter accepts.
    ///
    /// The filter is called each time when the store may have such an item. It may look at the store, for example for its least
    /// item.
    pub fn get(&self, filter: impl Fn(&T) -> bool + 'static) -> Get<T> {
        let filter: Filter<T> = Box::new(filter);
        Get::new(self.base.get(filter), &self.base)
    }

    /// Requests to get the first item: the same as with a filter that accepts all.
    pub fn get_any(&self) -> Get<T> {
        self.get(|_| true)
    }

    /// Returns clones of the items, the first one first.
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        let cloned = |rules: &Shelf<T>| rules.items.borrow().iter().cloned().collect();
        self.base.undisturbed(cloned)
    }
}

impl<T: 'static> Rules for Shelf<T> {
    type Put = Cell<Option<T>>;
    type Get = Filter<T>;

    const NAMES: (&'static str, &'static str) = ("StorePut", "FilterStoreGet");

    fn put(&self, base: &Base<Self>, request: &Pending<Self::Put>) -> Next {
        if self.level() < self.capacity
            && let Some(item) = request.detail.take()
        {
            self.items.borrow_mut().push_back(item);
            succeed(base, &request.node);
        }
        Next::Leave
    }

    fn get(&self, base: &Base<Self>, request: &Pending<Filter<T>>) -> Next {
        // The filter may look at the items of the store. It cannot change them: the store is busy, so requests wait.
        let accepted = |item: &T| (request.detail)(item);
        let found = self.items.borrow().iter().position(accepted);
        let item = found.and_then(|index| self.items.borrow_mut().remove(index));
        if let Some(item) = item {
            give(base, &request.node, item);
        }
        Next::Look
    }

    fn level(&self) -> f64 {
        self.items.borrow().len() as f64
    }

    fn capacity(&self) -> f64 {
        self.capacity
    }
}
