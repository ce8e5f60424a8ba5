//! How a watchdog and a monitor are plugged into a loop.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::entries::EntryWatcher;
use super::helper::Helper;
use super::pulse::Pulse;
use super::watchdog::{Watchdog, WatchdogHandler};
use crate::errors::panics::Panics;
use crate::kernel::{Layer, LoopWatcher};
use yieldfrom_delegation::Result;

/// What a loop is watched by.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchSettings {
    pub(crate) limit: Option<Duration>,
    pub(crate) handler: Option<WatchdogHandler>,
}

/// The threads that watch a loop. They end when it is closed.
#[derive(Default)]
pub(crate) struct Watching {
    helpers: RefCell<Vec<Helper>>,
    #[cfg(test)]
    pub(super) pulse: Option<Arc<Pulse>>,
}

impl Watching {
    /// Starts what watches a loop, and returns it with what the loop tells it by.
    pub(crate) fn start(settings: &WatchSettings) -> Result<(Self, Option<Box<dyn LoopWatcher>>)> {
        let Some(limit) = settings.limit else {
            return Ok((Self::default(), None));
        };
        let pulse = Pulse::new();
        let watchdog = Watchdog::new(Arc::clone(&pulse), limit, settings.handler.clone());
        let helper = Helper::start("yieldfrom-watchdog", move |stop| watchdog.run(stop))?;
        let watching = Self {
            helpers: RefCell::new(vec![helper]),
            #[cfg(test)]
            pulse: Some(Arc::clone(&pulse)),
        };
        Ok((watching, Some(Box::new(EntryWatcher::new(pulse)))))
    }
}

impl Layer for Watching {
    fn close(&self, panics: &mut Panics) {
        let helpers = self.helpers.take();
        panics.drop_each(helpers);
    }
}
