//! `Condition`: an event that waits for several events.

use std::cell::{Cell, OnceCell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use super::callbacks::Callback;
use super::core::Core;
use super::event::{AnyEvent, AsEvent, Event, IntoEvent, event_handle};
use super::node::{Kind, Node};
use super::request::{Co, Wait, wait};
use super::ties::Tied;
use crate::errors::ValueError;
use yieldfrom_delegation::{Delegate, Result};

/// Says of the events of a condition, and of how many of them were processed, whether it is met.
type Evaluate = Rc<dyn Fn(&[AnyEvent], usize) -> bool>;

/// When a condition is met.
#[derive(Clone)]
pub(super) enum Rule {
    All,
    Any,
    Other(Evaluate),
}

/// What a condition waits for.
pub(super) struct Members {
    rule: Rule,
    /// Empty once the environment has ended.
    events: RefCell<Rc<[AnyEvent]>>,
    processed: Cell<usize>,
    /// Which of the events are in the value, if that is known and has no events of inner conditions.
    done: Cell<Option<u64>>,
}

impl Members {
    fn are_met(&self, events: &[AnyEvent]) -> bool {
        let processed = self.processed.get();
        match &self.rule {
            Rule::All => processed == events.len(),
            Rule::Any => processed > 0 || events.is_empty(),
            Rule::Other(evaluate) => evaluate(events, processed),
        }
    }

    fn events(&self) -> Rc<[AnyEvent]> {
        Rc::clone(&self.events.borrow())
    }

    /// Returns the value, unless the node has it.
    pub(super) fn value(&self) -> Option<ConditionValue> {
        let done = self.done.get()?;
        Some(ConditionValue::new(self.events(), done))
    }

    /// Takes the events out of a condition that nobody knows any more, for further use.
    pub(super) fn take_events(&mut self, take: impl FnMut(&mut AnyEvent)) {
        // Somebody may still have the value.
        if let Some(events) = Rc::get_mut(self.events.get_mut()) {
            events.iter_mut().for_each(take);
        }
    }
}

/// Shows the condition as SimPy does.
impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.rule {
            Rule::All => "all_events",
            Rule::Any => "any_events",
            Rule::Other(_) => "evaluate",
        };
        write!(f, "Condition({rule}, {:?})", self.events())
    }
}

/// An event that is processed when all of some events are, or one of them.
///
/// SimPy's `Condition`. `a & b`, `a | b`, [`Env::all_of`](super::Env::all_of), [`Env::any_of`](super::Env::any_of) and
/// [`Env::condition`](super::Env::condition) make one. Its value says which events were processed, and their values. If one
/// of the events fails, so does the condition.
///
/// # Examples
///
/// ```
/// use yieldfrom::simulation::{Co, Environment};
///
/// let env = Environment::new();
/// let handle = env.handle();
/// let waiter = env.process(move |co: &Co| {
///     let (bus, taxi) = (handle.timeout_with(9, "bus"), handle.timeout_with(4, 12.5));
///     let results = co.yield_from(&bus | &taxi)?;
///     assert!(!results.contains(&bus));
///     Ok(results.get(&taxi))
/// });
/// assert_eq!(env.run_until(waiter)?, Some(12.5));
/// # Ok::<(), yieldfrom::Error>(())
/// ```
pub struct Condition {
    event: Event<ConditionValue>,
}

event_handle!(Condition, ConditionValue, by_value);

impl Clone for Condition {
    fn clone(&self) -> Self {
        Self {
            event: self.event.clone(),
        }
    }
}

/// A condition's value is cheap to clone, so nothing is moved out of it.
impl Delegate<Wait, ()> for Condition {
    type Output = ConditionValue;

    fn delegate(self, co: &Co) -> Result<ConditionValue> {
        wait(self.event.node(), co)?;
        self.event.value()
    }
}

impl Condition {
    pub(super) fn new(core: &Rc<Core>, rule: Rule, events: Rc<[AnyEvent]>) -> Self {
        let node = core.node(Kind::Condition(Members {
            rule,
            events: RefCell::new(Rc::clone(&events)),
            processed: Cell::new(0),
            done: Cell::new(None),
        }));
        if core.is_closed() {
            // It would never be separated from its events again.
        } else if let Some(stranger) = events.iter().find(|event| !event.node().belongs_to(core)) {
            let why = format!(
                "a condition: {stranger:?} is of another environment; it is not allowed to mix them"
            );
            node.refuse(core, ValueError::new(why).into());
        } else if events.is_empty() {
            let value = ConditionValue::new(events, ALL);
            core.succeed(&node, Some(Rc::new(value)));
        } else {
            // What is triggered is scheduled, and so it forgets the condition at the end.
            if !events.iter().all(AnyEvent::triggered) {
                core.tie(Rc::downgrade(&node) as Weak<dyn Tied>);
            }
            watch(&node, &events);
        }
        Self {
            event: Event::of(node),
        }
    }

    /// Makes the condition of an operator.
    pub(super) fn of_two(rule: Rule, left: impl IntoEvent, right: impl IntoEvent) -> Self {
        let (left, right) = (left.into_any(), right.into_any());
        match left.node().core("a condition") {
            Ok(core) => Self::new(&core, rule, Rc::new([left, right])),
            Err(_) => Self::dead(rule, left, right),
        }
    }

    /// Makes the condition of events whose environment was dropped. Nothing can wait for it.
    #[cold]
    fn dead(rule: Rule, left: AnyEvent, right: AnyEvent) -> Self {
        let core = Rc::new(Core::new(0.0, 0, None));
        core.close();
        Self::new(&core, rule, Rc::new([left, right]))
    }
}

/// Looks at the events that were processed, and has the others tell the condition.
fn watch(condition: &Rc<Node>, events: &[AnyEvent]) {
    for event in events {
        if event.processed() {
            check(condition, event.node());
        } else {
            let check = Callback::Check(Rc::clone(condition));
            event.node().add_callback(check);
        }
    }
}

fn members(condition: &Node) -> &Members {
    match &condition.kind {
        Kind::Condition(members) => members,
        _ => unreachable!("only conditions are checked and built"),
    }
}

/// Has a condition look at an event that is being processed, or was.
pub(super) fn check(condition: &Rc<Node>, event: &Node) {
    if condition.is_triggered() || condition.is_cancelled() {
        return;
    }
    let members = members(condition);
    members.processed.set(members.processed.get() + 1);
    if let Some(error) = event.error() {
        event.defuse();
        // There is nobody to be told of an environment that is gone.
        let _ = condition.fail(error);
    } else if members.are_met(&members.events())
        && !condition.is_triggered()
        && let Ok(core) = condition.core("check")
    {
        // Its value is built when it is processed.
        core.succeed(condition, None);
    }
}

/// Builds the value of a condition that is being processed: the events that were processed up to now.
pub(super) fn build(condition: &Node) {
    if condition.is_ok() {
        let members = members(condition);
        let events = members.events();
        match done(&events) {
            Some(done) => members.done.set(Some(done)),
            None => {
                let mut list = Vec::with_capacity(events.len());
                collect(&events, &mut list);
                let value = ConditionValue::new(list.into(), ALL);
                condition.set_succeeded(Some(Rc::new(value)));
            }
        }
    }
    let_go(condition);
}

/// Returns which of the events were processed: a bit for each. There is none if these are too many, or if there is a condition
/// among them.
fn done(events: &[AnyEvent]) -> Option<u64> {
    let is_plain = |event: &AnyEvent| !matches!(event.node().kind, Kind::Condition(_));
    if events.len() >= ALL.count_ones() as usize || !events.iter().all(is_plain) {
        return None;
    }
    let bits = events.iter().enumerate();
    Some(bits.fold(0, |done, (number, event)| {
        done | u64::from(event.processed()) << number
    }))
}

/// Collects the events that were processed, and in place of a condition its events.
fn collect(events: &[AnyEvent], done: &mut Vec<AnyEvent>) {
    for event in events {
        if let Kind::Condition(inner) = &event.node().kind {
            collect(&inner.events(), done);
        } else if event.processed() {
            done.push(event.clone());
        }
    }
}

/// Has a condition forget its events, when its environment ends: they know each other. It keeps its value.
pub(super) fn forget_events(condition: &Node) {
    let_go(condition);
    let members = members(condition);
    if let Some(value) = members.value() {
        members.done.set(None);
        let value = ConditionValue::new(value.events().into(), ALL);
        condition.set_succeeded(Some(Rc::new(value)));
    }
    let none: Rc<[AnyEvent]> = Rc::new([]);
    let events = members.events.replace(none);
    drop(events);
}

/// Has a condition look at its events no more, nor the conditions among these at theirs.
fn let_go(condition: &Node) {
    if condition.is_cancelled() {
        return;
    }
    condition.set_cancelled();
    for event in members(condition).events().iter() {
        if !event.processed() {
            event.node().note_stale_callback();
        }
        if let Kind::Condition(_) = &event.node().kind {
            let_go(event.node());
        }
    }
}

/// The value of a [`Condition`]: the events that were processed, in the order in which the condition names them.
///
/// SimPy's `ConditionValue`.
#[derive(Clone)]
pub struct ConditionValue {
    all: Rc<[AnyEvent]>,
    /// Which of them were processed: a bit for each, or `ALL`.
    done: u64,
    /// Those that were processed, if somebody has asked for them.
    listed: OnceCell<Rc<[AnyEvent]>>,
}

/// All events of a condition were processed.
const ALL: u64 = u64::MAX;

impl ConditionValue {
    fn new(all: Rc<[AnyEvent]>, done: u64) -> Self {
        Self {
            all,
            done,
            listed: OnceCell::new(),
        }
    }

    fn is_done(&self, number: usize) -> bool {
        self.done == ALL || self.done >> number & 1 == 1
    }

    fn iter(&self) -> impl Iterator<Item = &AnyEvent> {
        let numbered = self.all.iter().enumerate();
        numbered
            .filter(|(number, _)| self.is_done(*number))
            .map(|(_, event)| event)
    }

    /// Returns whether this event was processed: SimPy's `event in value`.
    pub fn contains(&self, event: &impl AsEvent) -> bool {
        let event = event.to_any();
        self.iter().any(|done| *done == event)
    }

    /// Returns a clone of the value of an event, if that was processed. A value that was moved out, by another wait by value, is none.
    pub fn get<T: Clone + 'static>(&self, event: &Event<T>) -> Option<T> {
        if self.contains(event) {
            event.value().ok()
        } else {
            None
        }
    }

    /// Returns clones of the values that have this type, in order.
    pub fn values<T: Clone + 'static>(&self) -> Vec<T> {
        self.iter().filter_map(AnyEvent::value).collect()
    }

    /// Returns the events that were processed.
    pub fn events(&self) -> &[AnyEvent] {
        match self.done {
            ALL => &self.all,
            _ => self.listed.get_or_init(|| self.iter().cloned().collect()),
        }
    }

    /// Returns how many events were processed.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Returns whether no event was processed, as in the value of `all_of` without events.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl fmt::Debug for ConditionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConditionValue")
            .field(&self.events())
            .finish()
    }
}

/// Gives a type of events the operators `|` and `&`.
macro_rules! condition_operators {
    ($name:ident$(<$t:ident>)?) => {
        $crate::simulation::condition::condition_operators!(@ BitOr, bitor, Any, $name$(<$t>)?, $($t)?);
        $crate::simulation::condition::condition_operators!(@ BitAnd, bitand, All, $name$(<$t>)?, $($t)?);
    };
    (@ $trait:ident, $method:ident, $rule:ident, $type:ty, $($t:ident)?) => {
        $crate::simulation::condition::condition_operators!(# $trait, $method, $rule, $type, $($t)?);
        $crate::simulation::condition::condition_operators!(# $trait, $method, $rule, &$type, $($t)?);
    };
    (# $trait:ident, $method:ident, $rule:ident, $type:ty, $($t:ident)?) => {
        impl<$($t: 'static,)? Other: $crate::simulation::IntoEvent> ::std::ops::$trait<Other> for $type {
            type Output = $crate::simulation::Condition;

            fn $method(self, other: Other) -> $crate::simulation::Condition {
                let rule = $crate::simulation::condition::Rule::$rule;
                $crate::simulation::Condition::of_two(rule, self, other)
            }
        }
    };
}

pub(super) use condition_operators;

condition_operators!(Event<T>);
condition_operators!(AnyEvent);
