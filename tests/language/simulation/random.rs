//! Invents scenarios in which interesting things are likely: ties, interrupts in the middle of everything, failures with
//! and without a handler, queues that processes leave, and runs that end early.

use fastrand::Rng;
use serde_json::{Value as Json, json};

/// Makes a scenario. Equal seeds make equal scenarios.
pub fn scenario(seed: u64) -> Json {
    let mut rng = Rng::with_seed(seed);
    let kinds = ["plain", "priority", "preemptive", "preemptive"];
    let resources: Vec<_> = (0..rng.usize(1..4))
        .map(|_| json!({"kind": rng.choice(kinds), "capacity": rng.usize(1..4).min(2)}))
        .collect();
    let containers: Vec<_> = (0..rng.usize(1..3))
        .map(|_| json!({"capacity": rng.u32(3..9), "init": rng.u32(0..4)}))
        .collect();
    let kinds = ["plain", "filter", "priority"];
    let stores: Vec<_> = (0..rng.usize(1..4))
        .map(|_| json!({"kind": kinds[rng.usize(0..3)], "capacity": rng.choice([1, 2, 3, 100])}))
        .collect();
    let mut inventor = Inventor {
        events: rng.usize(2..5),
        slots: rng.usize(2..5),
        functions: rng.usize(2..6),
        resources: resources
            .iter()
            .map(|what| what["kind"] == "preemptive")
            .collect(),
        containers: containers.len(),
        stores: stores.len(),
        taken: Vec::new(),
        rng,
    };
    let functions: Vec<_> = (0..inventor.functions)
        .map(|_| json!({"body": inventor.block(0, 3..9)}))
        .collect();
    let initial = inventor.rng.choice([0.0, 0.0, 5.0, -3.0, 0.7]);
    json!({
        "name": format!("simulation {seed}"), "initial": initial,
        "events": inventor.events, "slots": inventor.slots, "resources": resources, "containers": containers,
        "stores": stores, "functions": functions, "drive": inventor.drive(),
    })
}

struct Inventor {
    rng: Rng,
    events: usize,
    slots: usize,
    functions: usize,
    /// Whether each is preemptive.
    resources: Vec<bool>,
    containers: usize,
    stores: usize,
    /// The resources of which the process has a slot: a preemptive one cannot be taken from oneself.
    taken: Vec<usize>,
}

/// Deeper than this, statements contain no others.
const DEEPEST: usize = 3;

impl Inventor {
    fn below(&mut self, end: usize) -> usize {
        self.rng.usize(0..end)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Few different ones, so that there are ties.
    fn delay(&mut self) -> f64 {
        [0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 2.0, 3.0, 0.1, 0.3, 1.5][self.below(11)]
    }

    fn catch(&mut self) -> Option<&'static str> {
        [
            None,
            Some("interrupt"),
            Some("interrupt"),
            Some("all"),
            Some("all"),
            Some("failure"),
        ][self.below(6)]
    }

    fn patience(&mut self) -> Option<f64> {
        self.chance(40).then(|| self.delay())
    }

    fn block(&mut self, depth: usize, len: std::ops::Range<usize>) -> Vec<Json> {
        (0..self.rng.usize(len))
            .map(|_| self.statement(depth))
            .collect()
    }

    fn inner(&mut self, depth: usize) -> Vec<Json> {
        self.block(depth + 1, 1..4)
    }

    fn statement(&mut self, depth: usize) -> Json {
        match self.below(if depth < DEEPEST { 100 } else { 62 }) {
            0..26 => json!({"op": "wait", "on": self.awaited(), "catch": self.catch()}),
            26..32 => self.amount(),
            32..38 => self.item(),
            38..41 => self.request(),
            41..44 => json!({"op": "release", "held": self.below(3), "wait": self.chance(50)}),
            44..45 => json!({"op": "cancel", "held": self.below(3)}),
            45..46 => json!({"op": "raise", "name": "raised"}),
            46..47 => json!({"op": "return", "value": self.value()}),
            47..49 => json!({"op": "subscribe", "on": self.event(1)}),
            49..50 => json!({"op": "look"}),
            50..62 => self.act(),
            62..70 => {
                json!({"op": "try", "body": self.inner(depth), "catch": self.catch(), "handler": self.inner(depth)})
            }
            70..74 => json!({"op": "call", "body": self.inner(depth)}),
            74..78 => {
                json!({"op": "repeat", "times": self.rng.u32(1..4), "body": self.inner(depth)})
            }
            _ => self.with(depth),
        }
    }

    fn awaited(&mut self) -> Json {
        match self.chance(8) {
            true => json!({"held": self.below(3)}),
            false if self.chance(50) => json!({"timeout": self.delay(), "value": self.value()}),
            false if self.chance(40) => {
                json!({"or": [self.event(1), {"timeout": self.delay(), "value": 1}]})
            }
            false => self.event(0),
        }
    }

    /// An expression for an event.
    fn event(&mut self, depth: usize) -> Json {
        match self.below(if depth < 3 { 100 } else { 70 }) {
            0..30 => json!({"timeout": self.delay(), "value": self.value()}),
            30..46 => json!({"event": self.below(self.events)}),
            46..56 => json!({"slot": self.below(self.slots)}),
            56..70 => json!({"process": self.below(8)}),
            70..76 => json!({"all": self.several(depth)}),
            76..82 => json!({"any": self.several(depth)}),
            82..88 => json!({"and": [self.event(depth + 1), self.event(depth + 1)]}),
            88..96 => json!({"or": [self.event(depth + 1), self.event(depth + 1)]}),
            _ => json!({"at_least": self.rng.u32(1..3), "of": self.several(depth)}),
        }
    }

    fn several(&mut self, depth: usize) -> Vec<Json> {
        (0..self.below(4)).map(|_| self.event(depth + 1)).collect()
    }

    fn value(&mut self) -> Option<usize> {
        self.chance(70).then(|| self.below(50))
    }

    /// A statement that does not wait.
    fn act(&mut self) -> Json {
        let event = self.below(self.events);
        match self.below(100) {
            0..22 => json!({"op": "succeed", "event": event, "value": self.value()}),
            22..32 => {
                json!({"op": "fail", "event": event, "name": "failed", "defuse": self.chance(30)})
            }
            32..36 => json!({"op": "trigger", "event": event, "by": self.below(self.events)}),
            36..64 => json!({"op": "interrupt", "process": self.below(8), "cause": self.value()}),
            64..76 => json!({"op": "start", "function": self.below(self.functions)}),
            76..84 => json!({"op": "keep", "slot": self.below(self.slots), "on": self.event(0)}),
            84..97 => self.callback(),
            _ => json!({"op": "look"}),
        }
    }

    fn callback(&mut self) -> Json {
        let then: Vec<_> = (0..self.below(3)).map(|_| self.act()).collect();
        json!({"op": "callback", "on": self.event(1), "number": self.below(100), "defuse": self.chance(20), "then": then})
    }

    fn with(&mut self, depth: usize) -> Json {
        let resource = self.below(self.resources.len());
        if self.resources[resource] && self.taken.contains(&resource) {
            return self.act();
        }
        self.taken.push(resource);
        let mut body = vec![
            json!({"op": "wait", "on": {"timeout": self.delay(), "value": null}, "catch": self.catch()}),
        ];
        body.extend(self.inner(depth));
        self.taken.pop();
        json!({
            "op": "with", "resource": resource, "priority": self.below(3), "preempt": self.chance(70),
            "patience": self.patience(), "catch": self.catch(), "body": body,
        })
    }

    /// A request that is not given back by itself. Its process may end before, so its slot must not be taken away.
    fn request(&mut self) -> Json {
        let resource = self.below(self.resources.len());
        match self.resources[resource] {
            true => self.act(),
            false => {
                json!({"op": "request", "resource": resource, "priority": self.below(3), "preempt": true})
            }
        }
    }

    fn slot(&mut self) -> Option<usize> {
        self.chance(15).then(|| self.below(self.slots))
    }

    fn amount(&mut self) -> Json {
        json!({
            "op": "amount", "container": self.below(self.containers), "put": self.chance(50), "amount": self.rng.u32(1..4),
            "patience": self.patience(), "cancel": self.chance(60), "catch": self.catch(), "slot": self.slot(),
        })
    }

    fn item(&mut self) -> Json {
        let filter = self
            .chance(70)
            .then(|| [self.rng.u32(2..4), self.rng.u32(0..2)]);
        json!({
            "op": "item", "store": self.below(self.stores), "put": self.chance(55), "item": self.below(20), "filter": filter,
            "patience": self.patience(), "cancel": self.chance(60), "catch": self.catch(), "slot": self.slot(),
        })
    }

    fn drive(&mut self) -> Vec<Json> {
        let mut drive: Vec<_> = (0..self.rng.usize(2..6))
            .map(|_| json!({"op": "start", "function": self.below(self.functions)}))
            .collect();
        for _ in 0..self.below(7) {
            drive.push(match self.below(100) {
                0..25 => json!({"op": "until", "delta": self.rng.choice([0.5, 1.0, 2.0, 2.6])}),
                25..50 => json!({"op": "until_event", "on": self.event(0)}),
                50..60 => json!({"op": "step"}),
                60..70 => json!({"op": "run"}),
                70..75 => json!({"op": "look"}),
                _ => self.act(),
            });
        }
        drive
    }
}
