//! `PriorityStore`: a store from which the least item comes first.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::base::{Base, Next, Rules, check_capacity};
use super::observer::resource_handle;
use super::pending::Pending;
use super::slots::succeed;
use super::store::{give, store_functions};
use super::transfer::{Get, Put};
use super::{heap, store};
use crate::errors::AtCaller;
use crate::simulation::Env;
use yieldfrom_delegation::Result;

/// A [`Store`](super::Store) from which the least item comes first.
///
/// SimPy's `PriorityStore`. Of equal items, the same one comes first as in SimPy: it is not always the one that was put in first.
/// [`PriorityItem`] gives a priority to items that have no order.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Environment, PriorityItem, PriorityStore};
///
/// let env = Environment::new();
/// let issues = PriorityStore::new(&env);
/// issues.put(PriorityItem::new(3, "a typing error"));
/// issues.put(PriorityItem::new(1, "a crash"));
/// assert_eq!(env.run_until(issues.get())?.item, "a crash");
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct PriorityStore<T: PartialOrd + 'static> {
    base: Rc<Base<Pile<T>>>,
}

resource_handle!(PriorityStore<T: PartialOrd>);
store_functions!(PriorityStore<T: PartialOrd>);

struct Pile<T> {
    capacity: f64,
    items: RefCell<Vec<T>>,
}

impl<T: PartialOrd + 'static> PriorityStore<T> {
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
        check_capacity("PriorityStore::with_capacity", capacity as f64).at_caller()?;
        Ok(Self::of(env, capacity as f64))
    }

    fn of(env: &Env, capacity: f64) -> Self {
        let items = RefCell::default();
        let base = Base::new(env.core(), Pile { capacity, items });
        Self { base }
    }

    /// Requests to put an item in. It is granted when there is room.
    pub fn put(&self, item: T) -> Put {
        Put::new(self.base.put(Cell::new(Some(item))), &self.base)
    }

    /// Requests to get the least item. It is granted when there is one.
    pub fn get(&self) -> Get<T> {
        Get::new(self.base.get(()), &self.base)
    }

    /// Returns clones of the items, in the order of the heap: the first one is the least.
    pub fn items(&self) -> Vec<T>
    where
        T: Clone,
    {
        let cloned = |rules: &Pile<T>| store::Lent::of(&rules.items).items.clone();
        self.base.undisturbed(cloned)
    }
}

impl<T: PartialOrd + 'static> Rules for Pile<T> {
    type Put = Cell<Option<T>>;
    type Get = ();

    const NAMES: (&'static str, &'static str) = ("StorePut", "StoreGet");

    fn put(&self, base: &Base<Self>, request: &Pending<Self::Put>) -> Next {
        if self.level() < self.capacity
            && let Some(item) = request.detail.take()
        {
            // The order of items is code of the program.
            heap::push(&mut store::Lent::of(&self.items).items, item);
            succeed(base, &request.node);
        }
        Next::Leave
    }

    fn get(&self, base: &Base<Self>, request: &Pending<()>) -> Next {
        let item = heap::pop(&mut store::Lent::of(&self.items).items);
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

/// An item with a priority, by which alone it is compared.
///
/// SimPy's `PriorityItem`.
#[derive(Clone, Copy, Debug)]
pub struct PriorityItem<P, T> {
    /// The priority. Lower ones come first.
    pub priority: P,
    /// The item.
    pub item: T,
}

impl<P, T> PriorityItem<P, T> {
    /// Gives an item a priority.
    pub fn new(priority: P, item: T) -> Self {
        Self { priority, item }
    }
}

impl<P: PartialEq, T> PartialEq for PriorityItem<P, T> {
    fn eq(&self, other: &Self) -> bool {
        self.priority == other.priority
    }
}

impl<P: PartialOrd, T> PartialOrd for PriorityItem<P, T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.priority.partial_cmp(&other.priority)
    }
}
