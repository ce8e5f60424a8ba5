//! The loop's side: it notes which entry runs.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::pulse::{EntryName, Pulse, RunningEntry, TaskLabel};
use super::report::WatchdogReport;
#[cfg(feature = "monitor")]
use crate::insight::monitor::LoopEnd;
use crate::kernel::{Core, LoopWatcher, Ready, TaskObject};

/// Notes what the loop does.
pub(super) struct EntryWatcher {
    pulse: Arc<Pulse>,
    /// The number of the last entry.
    count: Cell<u64>,
    labels: TaskLabels,
    /// Whether a watchdog wants to know the entries of all turns.
    has_watchdog: bool,
    #[cfg(feature = "monitor")]
    pub(super) monitor: Option<LoopEnd>,
}

impl EntryWatcher {
    pub(super) fn new(pulse: Arc<Pulse>, has_watchdog: bool) -> Self {
        Self {
            pulse,
            count: Cell::new(0),
            labels: TaskLabels::default(),
            has_watchdog,
            #[cfg(feature = "monitor")]
            monitor: None,
        }
    }

    fn set_name(&self, name: &mut EntryName, core: &Core, entry: &Rc<dyn Ready>) {
        name.task = match entry.as_task() {
            Some(task) => Some(self.labels.get(core, task)),
            None => {
                name.callback.clear();
                let _ = fmt::write(&mut name.callback, format_args!("{}", Shown(&**entry)));
                None
            }
        };
    }

    /// Reports the end of an entry that was reported while it ran.
    #[cold]
    fn report_end(&self, entry: RunningEntry, task: Option<&dyn TaskObject>) {
        let task = task.filter(|task| !task.is_done());
        let held = self.pulse.now().saturating_sub(entry.since);
        self.pulse.push_ended(WatchdogReport {
            name: self.pulse.name_of(entry.number),
            since: self.pulse.instant(entry.since),
            held: Duration::from_nanos(held),
            has_ended: true,
            stack: task.map(|task| task.stack()).unwrap_or_default(),
        });
    }
}

struct Shown<'a>(&'a dyn Ready);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.describe(f)
    }
}

impl LoopWatcher for EntryWatcher {
    fn begin_run(&self) {
        self.pulse.set_running(true);
    }

    fn end_run(&self) {
        self.pulse.set_running(false);
    }

    #[cfg_attr(not(feature = "monitor"), expect(unused_variables))]
    fn begin_turn(&self, core: &Core, entries: usize) -> bool {
        #[cfg(feature = "monitor")]
        let is_viewed = (self.monitor.as_ref()).is_some_and(|it| it.begin_turn(core, entries));
        #[cfg(not(feature = "monitor"))]
        let is_viewed = false;
        let is_told = is_viewed || self.has_watchdog;
        if is_told {
            self.pulse.begin_turn();
        }
        is_told
    }

    fn begin_entry(&self, core: &Core, entry: &Rc<dyn Ready>) {
        let number = self.count.get() + 1;
        self.count.set(number);
        let now = self.pulse.now();
        let set_name = |name: &mut EntryName| self.set_name(name, core, entry);
        self.pulse.begin_entry(number, now, set_name);
    }

    fn end_entry(&self, _core: &Core, entry: &Rc<dyn Ready>) {
        if let Some(reported) = self.pulse.end_entry() {
            self.report_end(reported, entry.as_task());
        }
        #[cfg(feature = "monitor")]
        if let Some(monitor) = &self.monitor
            && let Some(task) = entry.as_task()
        {
            monitor.end_step(task);
        }
    }

    fn end_turn(&self, _core: &Core) {
        // After a panic, the entry has not ended in the usual way.
        if let Some(reported) = self.pulse.end_entry() {
            self.report_end(reported, None);
        }
        self.pulse.end_turn();
        #[cfg(feature = "monitor")]
        if let Some(monitor) = &self.monitor {
            monitor.end_turn();
        }
    }
}

/// The labels of tasks, by the tasks' places in the loop: making one takes longer than a step.
#[derive(Default)]
struct TaskLabels {
    known: RefCell<Vec<Option<KnownLabel>>>,
}

struct KnownLabel {
    task: u32,
    /// Tells whether a task was given a name since.
    namings: u64,
    label: Arc<TaskLabel>,
}

impl TaskLabels {
    fn get(&self, core: &Core, task: &dyn TaskObject) -> Arc<TaskLabel> {
        let make = || {
            let (name, origin) = (task.name(), task.origin().to_string());
            Arc::new(TaskLabel { name, origin })
        };
        let Some(index) = task.slot().index() else {
            return make();
        };
        let (number, namings) = (task.number(), core.namings());
        self.find(index, number, namings).unwrap_or_else(|| {
            let label = make();
            let mut known = self.known.borrow_mut();
            if index >= known.len() {
                known.resize_with(index + 1, || None);
            }
            known[index] = Some(KnownLabel {
                task: number,
                namings,
                label: Arc::clone(&label),
            });
            label
        })
    }

    fn find(&self, index: usize, task: u32, namings: u64) -> Option<Arc<TaskLabel>> {
        let known = self.known.borrow();
        let known = known.get(index)?.as_ref()?;
        (known.task == task && known.namings == namings).then(|| Arc::clone(&known.label))
    }
}
