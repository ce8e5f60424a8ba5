//! `Preempted`: the cause of the interrupt of a process that loses its slot.

use std::fmt;
use std::rc::Rc;

use super::base::Base;
use super::resource::PreemptiveResource;
use super::slots::Slots;
use crate::simulation::AnyProcess;

/// The cause of the [`Interrupt`](crate::simulation::Interrupt) of a process that loses its slot.
///
/// SimPy's `Preempted`.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment, Interrupt, Preempted, PreemptiveResource};
///
/// let env = Environment::new();
/// let machine = PreemptiveResource::new(&env, 1)?;
/// for (start, priority) in [(0, 1), (2, 0)] {
///     let (env, machine) = (env.handle(), machine.clone());
///     env.clone().process(move |co: &Co| {
///         co.yield_from(env.timeout(start))?;
///         let request = co.yield_from(machine.request(priority))?;
///         if let Err(error) = co.yield_from(env.timeout(5)) {
///             let interrupt = error.downcast_ref::<Interrupt>().expect("only that is thrown in");
///             let preempted = interrupt.cause::<Preempted>().expect("nothing else interrupts");
///             assert_eq!((env.now(), preempted.usage_since()), (2.0, 0.0));
///             assert_eq!(*preempted.resource(), machine);
///         }
///         drop(request); // gives the slot back, unless it is lost
///         Ok(())
///     });
/// }
/// env.run()?;
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[derive(Clone)]
pub struct Preempted {
    by: Option<AnyProcess>,
    usage_since: f64,
    resource: PreemptiveResource,
}

impl Preempted {
    pub(super) fn new(by: Option<AnyProcess>, usage_since: f64, base: Rc<Base<Slots>>) -> Self {
        Self {
            by,
            usage_since,
            resource: PreemptiveResource { base },
        }
    }

    /// Returns the process that has taken the slot; none if no process has made the request.
    pub fn by(&self) -> Option<&AnyProcess> {
        self.by.as_ref()
    }

    /// Returns the time since which the process had the slot.
    pub fn usage_since(&self) -> f64 {
        self.usage_since
    }

    /// Returns the resource.
    pub fn resource(&self) -> &PreemptiveResource {
        &self.resource
    }
}

impl fmt::Debug for Preempted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Preempted");
        shown
            .field("by", &self.by)
            .field("usage_since", &self.usage_since);
        shown.finish_non_exhaustive()
    }
}
