//! Resources with slots: `Resource`, `PriorityResource` and `PreemptiveResource`.

use std::rc::Rc;

use super::base::{Base, Side, check_capacity};
use super::observer::resource_handle;
use super::request::Request;
use super::slots::{Discipline, Importance, Slots};
use crate::errors::AtCaller;
use crate::simulation::event::Event;
use crate::simulation::time::Number;
use crate::simulation::{AnyProcess, Env};
use yieldfrom_delegation::Result;

/// A resource with slots, which processes get in the order of their requests.
///
/// SimPy's `Resource`. See [`Request`] for how a process waits for a slot and gives it back.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Resource};
///
/// let env = Environment::new();
/// let pump = Resource::new(&env, 2)?;
/// for _ in 0..3 {
///     let (env, pump) = (env.handle(), pump.clone());
///     env.clone().process(move |co: &Co| {
///         let _pump = co.yield_from(pump.request())?;
///         co.yield_from(env.timeout(5))
///     });
/// }
/// env.run_until(1)?;
/// assert_eq!((pump.count(), pump.queue_len()), (2, 1));
/// env.run()?;
/// assert_eq!(env.now(), 10.0);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Resource {
    pub(super) base: Rc<Base<Slots>>,
}

/// A [`Resource`] whose slots go to the most important request first: the one with the lowest priority number, and of equal ones the
/// earliest.
///
/// SimPy's `PriorityResource`.
pub struct PriorityResource {
    pub(super) base: Rc<Base<Slots>>,
}

/// A [`PriorityResource`] whose requests take slots away from less important users.
///
/// SimPy's `PreemptiveResource`. The process that loses its slot is interrupted, with a [`Preempted`](super::Preempted) as the cause.
pub struct PreemptiveResource {
    pub(super) base: Rc<Base<Slots>>,
}

/// A request that waits for a slot, or has one.
#[derive(Clone, Debug)]
pub struct RequestInfo {
    process: Option<AnyProcess>,
    priority: f64,
    preempt: bool,
    usage_since: Option<f64>,
}

impl RequestInfo {
    /// Returns the process that has made the request, if one has.
    pub fn process(&self) -> Option<&AnyProcess> {
        self.process.as_ref()
    }

    /// Returns its priority; 0 if the resource has no priorities.
    pub fn priority(&self) -> f64 {
        self.priority
    }

    /// Returns whether it takes a slot away from a less important user, if the resource is a [`PreemptiveResource`].
    pub fn preempt(&self) -> bool {
        self.preempt
    }

    /// Returns the time at which the slot was given, if it was.
    pub fn usage_since(&self) -> Option<f64> {
        self.usage_since
    }
}

#[inline(always)]
fn request(base: &Rc<Base<Slots>>, priority: f64, preempts: bool) -> Request {
    let node = match priority.is_nan() {
        false => {
            let time = base.core.now();
            // Without priorities, all are equally important, and the queue is in order as it is.
            let importance = Importance {
                priority,
                time: if base.rules.discipline() == Discipline::Fifo {
                    0.0
                } else {
                    time
                },
                preempts,
            };
            base.put(importance)
        }
        true => base.refuse(Side::Put, "request: the priority is no number".to_owned()),
    };
    Request::new(node, base)
}

macro_rules! resources {
    ($($name:ident $discipline:ident)*) => {$(
        resource_handle!($name);

        impl $name {
            /// Makes a resource with this many slots.
            ///
            /// # Errors
            ///
            /// Returns a [`ValueError`](crate::ValueError) if there are no slots.
            #[track_caller]
            pub fn new(env: &Env, capacity: usize) -> Result<Self> {
                check_capacity(concat!(stringify!($name), "::new"), capacity as f64).at_caller()?;
                let slots = Slots::new(Discipline::$discipline, capacity);
                Ok(Self { base: Base::new(env.core(), slots) })
            }

            /// Returns how many slots there are.
            pub fn capacity(&self) -> usize {
                self.base.rules.capacity()
            }

            /// Returns how many slots are taken.
            pub fn count(&self) -> usize {
                self.base.rules.count()
            }

            /// Returns how many requests wait for a slot: SimPy's `len(resource.queue)`.
            pub fn queue_len(&self) -> usize {
                self.base.waiting(Side::Put)
            }

            /// Returns the requests that wait for a slot, in the order in which they get one.
            pub fn queue(&self) -> Vec<RequestInfo> {
                let info = |pending: &Rc<super::pending::Pending<Importance>>| RequestInfo {
                    process: pending.process.as_ref().map(AnyProcess::of),
                    priority: pending.detail.priority,
                    preempt: pending.detail.preempts,
                    usage_since: None,
                };
                self.base.puts().iter().map(info).collect()
            }

            /// Returns the requests that have a slot.
            pub fn users(&self) -> Vec<RequestInfo> {
                self.base.rules.users(|user| RequestInfo {
                    process: user.process.as_ref().map(AnyProcess::of),
                    priority: user.importance.priority,
                    preempt: user.importance.preempts,
                    usage_since: Some(user.since),
                })
            }

            /// Gives the slot of a request back: the same as [`Request::release`]. If that is the slot of another resource, this does
            /// nothing, as in SimPy.
            pub fn release(&self, request: &Request) -> Event {
                request.release_from(&self.base)
            }
        }
    )*};
}

resources! {
    Resource Fifo
    PriorityResource Priority
    PreemptiveResource Preemptive
}

impl Resource {
    /// Requests a slot.
    #[inline(always)]
    pub fn request(&self) -> Request {
        request(&self.base, 0.0, true)
    }
}

impl PriorityResource {
    /// Requests a slot with this priority. Lower numbers are more important.
    pub fn request(&self, priority: impl Number) -> Request {
        request(&self.base, priority.to_f64(), true)
    }

    /// Requests a slot with this priority. Of those with equal priority and time, requests with `preempt` come first; nothing is taken
    /// away from a user.
    pub fn request_with(&self, priority: impl Number, preempt: bool) -> Request {
        request(&self.base, priority.to_f64(), preempt)
    }
}

impl PreemptiveResource {
    /// Requests a slot with this priority. Lower numbers are more important. If all slots are taken and a user is less important, that
    /// one loses its slot.
    pub fn request(&self, priority: impl Number) -> Request {
        request(&self.base, priority.to_f64(), true)
    }

    /// Requests a slot with this priority, and takes none away from a user unless `preempt` is true.
    pub fn request_with(&self, priority: impl Number, preempt: bool) -> Request {
        request(&self.base, priority.to_f64(), preempt)
    }
}
