//! `Monitor`: how a resource is used.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use super::series::Series;
use super::tally::Tally;
use crate::simulation::{
    Grant, Number, ObservedResource, ResourceObserver, ResourceObserving, Usage,
};

/// A slot that a process had for some time.
#[derive(Clone, Debug, PartialEq)]
pub struct Holding {
    /// The name of the process; empty if no process had made the request.
    pub process: String,
    /// How long it has waited for the slot.
    pub waited: f64,
    /// The time at which it got the slot.
    pub from: f64,
    /// The time at which it gave the slot back, or lost it; none if it still has it.
    pub until: Option<f64>,
}

/// What a monitor has noted.
struct Notes {
    warm_up: f64,
    capacity: f64,
    level: Series,
    puts: Series,
    gets: Series,
    waits: Tally,
    holds: Tally,
    holdings: Vec<Holding>,
    /// The slots that are taken, by the number of the request.
    open: HashMap<u64, usize>,
}

impl Notes {
    fn new(usage: &Usage) -> Self {
        let now = usage.now;
        Self {
            warm_up: f64::NEG_INFINITY,
            capacity: usage.capacity,
            level: Series::new(now, usage.level),
            puts: Series::new(now, usage.puts),
            gets: Series::new(now, usage.gets),
            waits: Tally::new(),
            holds: Tally::new(),
            holdings: Vec::new(),
            open: HashMap::new(),
        }
    }

    fn usage(&mut self, usage: &Usage) {
        self.level.record(usage.now, usage.level);
        self.puts.record(usage.now, usage.puts);
        self.gets.record(usage.now, usage.gets);
    }

    fn granted(&mut self, grant: &Grant) {
        if grant.now >= self.warm_up {
            self.waits.record(grant.waited);
        }
        self.open.insert(grant.request, self.holdings.len());
        self.holdings.push(Holding {
            process: grant
                .process
                .as_ref()
                .map(|process| process.name())
                .unwrap_or_default(),
            waited: grant.waited,
            from: grant.now,
            until: None,
        });
    }

    fn released(&mut self, now: f64, request: u64) {
        let Some(index) = self.open.remove(&request) else {
            return;
        };
        let holding = &mut self.holdings[index];
        holding.until = Some(now);
        if now >= self.warm_up {
            self.holds.record(now - holding.from);
        }
    }
}

impl Notes {
    /// Leaves out the times that have ended in the warm-up.
    fn cut_times(&mut self) {
        let (holdings, warm_up) = (&self.holdings, self.warm_up);
        let waits = holdings.iter().filter(|it| it.from >= warm_up);
        self.waits = waits.map(|it| it.waited).collect();
        let mut ended: Vec<_> = holdings
            .iter()
            .filter_map(|it| Some((it.until?, it.from)))
            .collect();
        ended.retain(|(until, _)| *until >= warm_up);
        ended.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.holds = ended.iter().map(|(until, from)| until - from).collect();
    }
}

impl ResourceObserver for RefCell<Notes> {
    fn usage(&self, usage: &Usage) {
        self.borrow_mut().usage(usage);
    }

    fn granted(&self, grant: &Grant) {
        self.borrow_mut().granted(grant);
    }

    fn released(&self, now: f64, request: u64) {
        self.borrow_mut().released(now, request);
    }
}

/// How a resource is used, from now on until the monitor is dropped.
///
/// The resource can be one with slots, a container or a store. See [`statistics`](super) for an example.
///
/// It keeps each change of the level and of the queues, 16 bytes each, and each [`Holding`] with the name of its process. What the
/// functions return is a copy.
pub struct Monitor {
    notes: Rc<RefCell<Notes>>,
    usage: Box<dyn Fn() -> Usage>,
    _observing: ResourceObserving,
}

impl Monitor {
    /// Watches a resource.
    pub fn of<R: ObservedResource + Clone + 'static>(resource: &R) -> Self {
        let notes = Rc::new(RefCell::new(Notes::new(&resource.usage())));
        let observing = resource.observe(notes.clone());
        let resource = resource.clone();
        Self {
            notes,
            usage: Box::new(move || resource.usage()),
            _observing: observing,
        }
    }

    /// Leaves out what happens before a time. It can be called before that time, or after it.
    ///
    /// Averages begin at that time. Of the waiting times, those that have ended before it are left out.
    pub fn warm_up(self, until: impl Number) -> Self {
        let until = until.to_f64();
        let mut notes = self.notes.borrow_mut();
        notes.warm_up = until;
        notes.level.cut_before(until);
        notes.puts.cut_before(until);
        notes.gets.cut_before(until);
        notes.cut_times();
        drop(notes);
        self
    }

    /// Returns the present time of the resource's environment.
    fn now(&self) -> f64 {
        (self.usage)().now
    }

    /// Returns how many slots are taken over time, how much a container has, or how many items a store has.
    pub fn level(&self) -> Series {
        self.notes.borrow().level.clone()
    }

    /// Returns the length of the queue over time: how many requests for a slot wait, or requests to put something in.
    pub fn queue(&self) -> Series {
        self.notes.borrow().puts.clone()
    }

    /// Returns how many requests to get something out wait, over time.
    pub fn get_queue(&self) -> Series {
        self.notes.borrow().gets.clone()
    }

    /// Returns the part of the capacity that was in use, on average up to the present time. It is 0 if no time has passed, or
    /// if the capacity has no limit.
    pub fn utilisation(&self) -> f64 {
        let notes = self.notes.borrow();
        let level = notes.level.mean(self.now()).unwrap_or(0.0);
        level / notes.capacity
    }

    /// Returns how long the requests that got a slot have waited for it.
    pub fn waiting_times(&self) -> Tally {
        self.notes.borrow().waits.clone()
    }

    /// Returns how long slots were held that were given back.
    pub fn holding_times(&self) -> Tally {
        self.notes.borrow().holds.clone()
    }

    /// Returns who held a slot when, also during the warm-up.
    pub fn holdings(&self) -> Vec<Holding> {
        self.notes.borrow().holdings.clone()
    }
}

/// Shows the averages up to the present time.
impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (now, notes) = (self.now(), self.notes.borrow());
        let mean = |series: &Series| series.mean(now).unwrap_or(0.0);
        write!(
            f,
            "level {:.4}, queue {:.4}",
            mean(&notes.level),
            mean(&notes.puts)
        )?;
        if notes.capacity.is_finite() {
            write!(f, ", utilisation {:.4}", self.utilisation())?;
        }
        match notes.waits.mean() {
            Some(wait) => write!(f, ", {} requests waited {wait:.4}", notes.waits.count()),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Monitor({self})")
    }
}
