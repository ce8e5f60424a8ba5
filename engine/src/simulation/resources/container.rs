//! `Container`: an amount that processes add to and take from.

use std::cell::Cell;
use std::rc::Rc;

use super::base::{Base, Next, Rules, Side, check_capacity};
use super::observer::resource_handle;
use super::pending::Pending;
use super::slots::succeed;
use super::transfer::{Get, Put};
use crate::errors::{AtCaller, ValueError};
use crate::simulation::Env;
use crate::simulation::time::Number;
use yieldfrom_delegation::Result;

/// An amount of something, up to a capacity, that processes add to and take from.
///
/// SimPy's `Container`. Requests are granted in order: one that asks for much holds up those after it.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Container, Environment};
///
/// let env = Environment::new();
/// let tank = Container::with_capacity(&env, 100, 30)?;
/// let (handle, fuel) = (env.handle(), tank.clone());
/// let car = env.process(move |co: &Co| {
///     co.yield_from(fuel.get(50))?; // waits for the truck
///     Ok(handle.now())
/// });
/// let (handle, fuel) = (env.handle(), tank.clone());
/// env.process(move |co: &Co| {
///     co.yield_from(handle.timeout(7))?;
///     co.yield_from(fuel.put(fuel.capacity() - fuel.level()))
/// });
/// assert_eq!(env.run_until(car)?, 7.0);
/// assert_eq!(tank.level(), 50.0);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Container {
    base: Rc<Base<Amount>>,
}

resource_handle!(Container);

struct Amount {
    capacity: f64,
    level: Cell<f64>,
}

impl Container {
    /// Makes a container without a limit, which is empty.
    pub fn new(env: &Env) -> Self {
        Self::of(env, f64::INFINITY, 0.0)
    }

    /// Makes a container with this capacity, and with `init` in it.
    ///
    /// # Errors
    ///
    /// Returns a [`ValueError`] if the capacity is not above 0, or `init` is not between 0 and the capacity.
    #[track_caller]
    pub fn with_capacity(env: &Env, capacity: impl Number, init: impl Number) -> Result<Self> {
        let (capacity, init) = (capacity.to_f64(), init.to_f64());
        check_capacity("Container::with_capacity", capacity).at_caller()?;
        if (0.0..=capacity).contains(&init) {
            return Ok(Self::of(env, capacity, init));
        }
        let why = format!(
            "Container::with_capacity: the initial level ({init}) must be between 0 and the capacity ({capacity})"
        );
        Err(ValueError::new(why).into()).at_caller()
    }

    fn of(env: &Env, capacity: f64, init: f64) -> Self {
        let level = Cell::new(init);
        let base = Base::new(env.core(), Amount { capacity, level });
        Self { base }
    }

    /// Returns the highest level; infinite if there is no limit.
    pub fn capacity(&self) -> f64 {
        self.base.rules.capacity
    }

    /// Returns how much is in the container.
    pub fn level(&self) -> f64 {
        self.base.rules.level.get()
    }

    /// Requests to add an amount. It is granted when there is room for all of it.
    ///
    /// If the amount is not above 0, the request fails with a [`ValueError`].
    pub fn put(&self, amount: impl Number) -> Put {
        let amount = amount.to_f64();
        let node = match amount > 0.0 {
            true => self.base.put(amount),
            false => self.base.refuse(
                Side::Put,
                format!("put: the amount ({amount}) must be above 0"),
            ),
        };
        Put::new(node, &self.base)
    }

    /// Requests to take an amount. It is granted when all of it is there.
    ///
    /// If the amount is not above 0, the request fails with a [`ValueError`].
    pub fn get(&self, amount: impl Number) -> Get {
        let amount = amount.to_f64();
        let node = match amount > 0.0 {
            true => self.base.get(amount),
            false => self.base.refuse(
                Side::Get,
                format!("get: the amount ({amount}) must be above 0"),
            ),
        };
        Get::new(node, &self.base)
    }

    /// Returns how many requests to add wait.
    pub fn put_queue_len(&self) -> usize {
        self.base.waiting(Side::Put)
    }

    /// Returns how many requests to take wait.
    pub fn get_queue_len(&self) -> usize {
        self.base.waiting(Side::Get)
    }
}

impl Rules for Amount {
    type Put = f64;
    type Get = f64;

    const NAMES: (&'static str, &'static str) = ("ContainerPut", "ContainerGet");

    fn put(&self, base: &Base<Self>, request: &Pending<f64>) -> Next {
        let (level, amount) = (self.level.get(), request.detail);
        // Not turned round: of infinite numbers, the difference may be no number, and then there is no room.
        if self.capacity - level >= amount {
            self.level.set(level + amount);
            succeed(base, &request.node);
            return Next::Look;
        }
        Next::Leave
    }

    fn get(&self, base: &Base<Self>, request: &Pending<f64>) -> Next {
        let (level, amount) = (self.level.get(), request.detail);
        if level >= amount {
            self.level.set(level - amount);
            succeed(base, &request.node);
            return Next::Look;
        }
        Next::Leave
    }

    fn level(&self) -> f64 {
        self.level.get()
    }

    fn capacity(&self) -> f64 {
        self.capacity
    }
}
