//! The making of a report.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::Duration;

use super::cycles::cycles;
use super::{Report, TaskReport, WaitKind, WaitsFor};
use crate::kernel::{Core, Explanation, Nanos, Suspension, TaskObject, Waitable};

/// Makes a report of all tasks of a loop.
pub(crate) fn report_of(core: &Core) -> Report {
    report_of_tasks(core, &core.all_tasks())
}

/// Makes a report of some tasks of a loop, which knows of no others.
pub(crate) fn report_of_tasks(core: &Core, all: &[Rc<dyn TaskObject>]) -> Report {
    let collector = Collector::new(core, all);
    let mut tasks: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(index, task)| collector.report(index, &**task))
        .collect();
    for index in 0..tasks.len() {
        for awaited in tasks[index].awaits.clone() {
            tasks[awaited].awaited_by.push(index);
        }
    }
    let edges: Vec<_> = tasks.iter().map(|task| &task.awaits[..]).collect();
    let cycles = cycles(&edges);
    Report { tasks, cycles }
}

/// Finds out what each task waits for, and which tasks that are.
struct Collector<'a> {
    core: &'a Core,
    running: Option<u32>,
    deadlines: HashMap<u64, Nanos>,
    /// The indices of the tasks, by address and by number.
    addresses: HashMap<*const (), usize>,
    numbers: HashMap<u32, usize>,
}

/// Returns the numbers of the timers by which tasks sleep.
fn sleeps(tasks: &[Rc<dyn TaskObject>]) -> HashSet<u64> {
    let timer = |task: &Rc<dyn TaskObject>| match task.suspension() {
        Suspension::Asleep(number) => Some(number),
        _ => None,
    };
    tasks.iter().filter_map(timer).collect()
}

impl<'a> Collector<'a> {
    fn new(core: &'a Core, tasks: &[Rc<dyn TaskObject>]) -> Self {
        let address = |task: &Rc<dyn TaskObject>| Rc::as_ptr(task).cast();
        Self {
            core,
            running: core.current_task().map(|task| task.number()),
            deadlines: core.deadlines(&sleeps(tasks)),
            addresses: tasks.iter().map(address).zip(0..).collect(),
            numbers: tasks.iter().map(|task| task.number()).zip(0..).collect(),
        }
    }

    fn report(&self, index: usize, task: &dyn TaskObject) -> TaskReport {
        let (waits_for, awaits) = self.wait(task.suspension());
        TaskReport {
            index,
            name: task.name(),
            origin: task.origin(),
            made_at: task.made_at(),
            is_running: self.running == Some(task.number()),
            stack: task.stack(),
            waits_for,
            awaits,
            awaited_by: Vec::new(),
        }
    }

    fn wait(&self, suspension: Suspension) -> (WaitsFor, Vec<usize>) {
        match suspension {
            Suspension::Scheduled => Default::default(),
            Suspension::Asleep(number) => (self.sleep(number), Vec::new()),
            Suspension::Waiting(what) => self.waiting(&what),
        }
    }

    fn sleep(&self, number: u64) -> WaitsFor {
        let text = match self.deadlines.get(&number) {
            Some(&deadline) if deadline < Nanos::MAX => {
                format!("sleep until {:?}", Duration::from_nanos(deadline))
            }
            _ => "sleep for ever".to_owned(),
        };
        WaitsFor {
            kind: WaitKind::Sleep,
            text,
            holder: None,
        }
    }

    fn waiting(&self, what: &Rc<dyn Waitable>) -> (WaitsFor, Vec<usize>) {
        let mut explanation = Explanation::default();
        what.explain(&mut explanation);
        if explanation.over {
            return Default::default();
        }
        let holder = explanation.holder.and_then(|holder| {
            let number = holder.number(self.core)?;
            self.numbers.get(&number).copied()
        });
        let mut awaits = self.tasks_among(what, explanation.awaited);
        awaits.extend(holder);
        let waits_for = WaitsFor {
            kind: explanation.kind,
            text: explanation.text,
            holder,
        };
        (waits_for, awaits)
    }

    /// Returns the tasks among what is awaited, and among what that stands for in turn.
    fn tasks_among(&self, what: &Rc<dyn Waitable>, awaited: Vec<Rc<dyn Waitable>>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = HashSet::from([what.address()]);
        if let Some(&index) = self.addresses.get(&what.address()) {
            return vec![index];
        }
        let mut rest = awaited;
        rest.reverse();
        while let Some(next) = rest.pop() {
            if !seen.insert(next.address()) {
                continue;
            }
            match self.addresses.get(&next.address()) {
                Some(&index) => found.push(index),
                None => {
                    let mut explanation = Explanation::default();
                    next.explain(&mut explanation);
                    rest.extend(explanation.awaited.into_iter().rev());
                }
            }
        }
        found
    }
}
