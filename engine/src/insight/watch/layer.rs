//! How a watchdog and a monitor are plugged into a loop.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use super::entries::EntryWatcher;
use super::helper::Helper;
use super::pulse::Pulse;
use super::watchdog::{Watchdog, WatchdogHandler};
use crate::errors::panics::Panics;
use crate::kernel::{Inbox, Layer, LoopWatcher};
use yieldfrom_delegation::Result;
#[cfg(feature = "monitor")]
use {
    crate::errors::{describe, panics},
    crate::insight::monitor::{LoopEnd, MonitorLink, MonitorSocket, Server},
    std::os::unix::net::UnixStream,
    std::path::{Path, PathBuf},
    yieldfrom_delegation::report,
};

/// What a loop is watched by.
#[derive(Clone, Debug, Default)]
pub(crate) struct WatchSettings {
    pub(crate) limit: Option<Duration>,
    pub(crate) handler: Option<WatchdogHandler>,
    /// Where the monitor listens.
    #[cfg(feature = "monitor")]
    pub(crate) path: Option<PathBuf>,
    /// The same, as the environment has it.
    #[cfg(feature = "monitor")]
    pub(crate) path_by_environment: Option<PathBuf>,
}

/// The threads that watch a loop. They end when it is closed.
#[derive(Default)]
pub(crate) struct Watching {
    helpers: RefCell<Vec<Helper>>,
    #[cfg(test)]
    pub(in crate::insight) pulse: Option<Arc<Pulse>>,
}

/// What is started for one loop.
struct Starting<'a> {
    pulse: Arc<Pulse>,
    #[cfg_attr(not(feature = "monitor"), expect(dead_code))]
    inbox: &'a Arc<Inbox>,
    watcher: EntryWatcher,
    helpers: Vec<Helper>,
}

impl Watching {
    /// Starts what watches a loop, and returns it with what the loop tells it by.
    pub(crate) fn start(
        settings: &WatchSettings,
        inbox: &Arc<Inbox>,
    ) -> Result<(Self, Option<Box<dyn LoopWatcher>>)> {
        let pulse = Pulse::new();
        let mut starting = Starting {
            watcher: EntryWatcher::new(Arc::clone(&pulse), settings.limit.is_some()),
            pulse,
            inbox,
            helpers: Vec::new(),
        };
        starting.watchdog(settings)?;
        #[cfg(feature = "monitor")]
        starting.monitor(settings)?;
        if starting.helpers.is_empty() {
            return Ok((Self::default(), None));
        }
        let watching = Self {
            helpers: RefCell::new(starting.helpers),
            #[cfg(test)]
            pulse: Some(starting.pulse),
        };
        Ok((watching, Some(Box::new(starting.watcher))))
    }
}

impl Starting<'_> {
    fn watchdog(&mut self, settings: &WatchSettings) -> Result<()> {
        let Some(limit) = settings.limit else {
            return Ok(());
        };
        let pulse = Arc::clone(&self.pulse);
        let watchdog = Watchdog::new(pulse, limit, settings.handler.clone());
        let helper = Helper::start("yieldfrom-watchdog", None, move |stop| watchdog.run(stop))?;
        self.helpers.push(helper);
        Ok(())
    }

    /// Starts the monitor. One that only the environment asks for may be missing: another loop of the program, or a
    /// child process, may have its path.
    #[cfg(feature = "monitor")]
    fn monitor(&mut self, settings: &WatchSettings) -> Result<()> {
        if let Some(path) = &settings.path {
            return self.monitor_at(path);
        }
        if let Some(path) = &settings.path_by_environment
            && let Err(error) = self.monitor_at(path)
        {
            panics::contain(|| {
                report!(target: "yieldfrom::monitor", Warn, "YIELDFROM_MONITOR: {error}");
            });
        }
        Ok(())
    }

    #[cfg(feature = "monitor")]
    fn monitor_at(&mut self, path: &Path) -> Result<()> {
        let socket = MonitorSocket::listen(path)?;
        let pair = UnixStream::pair();
        let (bell, stop) = pair.map_err(|error| describe(error, "start the monitor"))?;
        let link = MonitorLink::new(Arc::clone(&self.pulse), Arc::clone(self.inbox));
        let server = Server::new(socket, stop, Arc::clone(&link));
        let helper = Helper::start("yieldfrom-monitor", Some(bell), move |stop| {
            server.run(stop)
        })?;
        self.helpers.push(helper);
        self.watcher.monitor = Some(LoopEnd::new(link));
        Ok(())
    }
}

impl Layer for Watching {
    fn close(&self, panics: &mut Panics) {
        let helpers = self.helpers.take();
        panics.drop_each(helpers);
    }
}
