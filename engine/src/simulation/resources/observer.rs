//! `ResourceObserver`: who is told how a resource is used.

use std::fmt;
use std::rc::Rc;

use super::base::{Base, Rules};
use crate::simulation::AnyProcess;

/// How a resource is used at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// The time.
    pub now: f64,
    /// How many slots are taken, how much a container has, or how many items a store has.
    pub level: f64,
    /// The highest level; infinite if there is none.
    pub capacity: f64,
    /// How many requests to put something in wait. For a resource with slots, this is its queue.
    pub puts: usize,
    /// How many requests to get something out wait.
    pub gets: usize,
}

/// A slot that was given to a request.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The time.
    pub now: f64,
    /// A number that no other request to this resource has.
    pub request: u64,
    /// How long the request has waited.
    pub waited: f64,
    /// The process that has made the request, if one has.
    pub process: Option<AnyProcess>,
}

/// A type that is told how a resource is used. [`ObservedResource::observe`] installs it.
#[expect(
    unused_variables,
    reason = "the functions do nothing unless they are implemented"
)]
pub trait ResourceObserver {
    /// Is called when the level or a queue may have changed.
    fn usage(&self, usage: &Usage) {}

    /// Is called when a slot of a resource was given to a request.
    fn granted(&self, grant: &Grant) {}

    /// Is called when a slot was given back, or was taken away. `request` is the number of the [`Grant`].
    fn released(&self, now: f64, request: u64) {}
}

/// The resources of all kinds, which can be observed.
pub trait ObservedResource: sealed::Sealed {
    /// Returns how the resource is used now.
    fn usage(&self) -> Usage;

    /// Has an observer be told how the resource is used, until [`ResourceObserving`] is dropped.
    fn observe(&self, observer: Rc<dyn ResourceObserver>) -> ResourceObserving;
}

pub(super) mod sealed {
    /// Only this module's resources can be observed.
    pub trait Sealed {}
}

/// An observer that is told how a resource is used. Dropping it ends that.
#[must_use = "the observer is removed when this is dropped"]
pub struct ResourceObserving(Option<Box<dyn FnOnce()>>);

impl ResourceObserving {
    pub(super) fn begin<R: Rules>(base: &Rc<Base<R>>, observer: Rc<dyn ResourceObserver>) -> Self {
        base.add_observer(Rc::clone(&observer));
        let base = Rc::clone(base);
        Self(Some(Box::new(move || base.remove_observer(&observer))))
    }
}

impl Drop for ResourceObserving {
    fn drop(&mut self) {
        if let Some(end) = self.0.take() {
            end();
        }
    }
}

impl fmt::Debug for ResourceObserving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceObserving").finish_non_exhaustive()
    }
}

/// Makes a handle with the field `base` a resource that can be observed, cloned, compared and shown.
macro_rules! resource_handle {
    ($name:ident$(<$t:ident $(: $bound:ident)?>)?) => {
        impl<$($t: $($bound +)? 'static)?> $crate::simulation::resources::observer::sealed::Sealed for $name$(<$t>)? {}

        impl<$($t: $($bound +)? 'static)?> $crate::simulation::ObservedResource for $name$(<$t>)? {
            fn usage(&self) -> $crate::simulation::Usage {
                self.base.usage()
            }

            fn observe(
                &self,
                observer: ::std::rc::Rc<dyn $crate::simulation::ResourceObserver>,
            ) -> $crate::simulation::ResourceObserving {
                $crate::simulation::ResourceObserving::begin(&self.base, observer)
            }
        }

        impl<$($t: $($bound +)? 'static)?> Clone for $name$(<$t>)? {
            fn clone(&self) -> Self {
                Self {
                    base: ::std::rc::Rc::clone(&self.base),
                }
            }
        }

        /// Two are equal if they are the same resource.
        impl<$($t: $($bound +)? 'static)?> PartialEq for $name$(<$t>)? {
            fn eq(&self, other: &Self) -> bool {
                ::std::rc::Rc::ptr_eq(&self.base, &other.base)
            }
        }

        impl<$($t: $($bound +)? 'static)?> Eq for $name$(<$t>)? {}

        impl<$($t: $($bound +)? 'static)?> ::std::fmt::Debug for $name$(<$t>)? {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let usage = self.base.usage();
                let mut shown = f.debug_struct(stringify!($name));
                shown.field("level", &usage.level).field("capacity", &usage.capacity);
                shown.field("puts", &usage.puts).field("gets", &usage.gets).finish()
            }
        }
    };
}

pub(super) use resource_handle;
