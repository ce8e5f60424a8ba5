//! Invents scenarios in which interesting things are likely: generators that share
//! delegates, operate on each other while they run, refuse to end, and are dropped.

use fastrand::Rng;
use serde_json::{Value as Json, json};

use crate::language::invent::{self, Invent};

const SLOTS: [&str; 4] = ["A", "B", "C", "D"];
/// A slot that holds a plain iterator, which only delegations use.
const ITEMS: &str = "I";
const RAISED: [&str; 6] = [
    "ValueError",
    "AppError",
    "KeyError",
    "StopIteration",
    "GeneratorExit",
    "RuntimeError",
];
const HANDLED: [&str; 9] = [
    "ValueError",
    "AppError",
    "StopIteration",
    "GeneratorExit",
    "RuntimeError",
    "TypeError",
    "AttributeError",
    "Exception",
    "BaseException",
];

/// Makes a scenario. Equal seeds make equal scenarios.
pub fn scenario(seed: u64) -> Json {
    let mut inventor = Inventor {
        rng: Rng::with_seed(seed),
        functions: 0,
    };
    inventor.functions = inventor.rng.usize(1..5);
    let mut gens = serde_json::Map::new();
    for i in 0..inventor.functions {
        gens.insert(
            format!("g{i}"),
            json!({"params": ["p"], "body": inventor.body()}),
        );
    }
    gens.insert("deep".to_owned(), deep());
    json!({"name": format!("random {seed}"), "gens": gens, "drive": inventor.drive()})
}

/// A generator that delegates to fresh ones of its kind, as often as its argument says.
fn deep() -> Json {
    let deeper = json!({"op": "from", "to": "r", "source":
        {"gen": "deep", "args": [{"op": "-", "a": "$p", "b": 1}]}});
    let reached = json!([{"op": "yield", "value": "bottom", "to": "r"}, {"op": "from", "source": {"slot": "A"}}]);
    json!({"params": ["p"], "body": [
        {"op": "if", "cond": {"op": "<", "a": 0, "b": "$p"}, "then": [deeper], "else": reached},
        {"op": "return", "value": "$r"}]})
}

/// Where statements are to stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Driver,
    Body,
}

type Place = invent::Place<Scope>;

struct Inventor {
    rng: Rng,
    functions: usize,
}

impl Invent for Inventor {
    type Scope = Scope;

    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    fn block(&mut self, place: Place, len: std::ops::Range<usize>) -> Vec<Json> {
        (0..self.rng.usize(len))
            .map(|_| self.statement(place))
            .collect()
    }

    fn handler(&mut self, place: Place) -> Json {
        let name = self.choose(&HANDLED);
        let mut body = vec![json!({"op": "emit", "args": ["caught", "$e"]})];
        // Bodies that suspend again where they should end are wanted, but not so often that most
        // scenarios come to drop one, which the language leaves open.
        if !["GeneratorExit", "BaseException"].contains(&name) || self.chance(25) {
            body.extend(self.inner_block(Place {
                in_handler: true,
                ..place
            }));
        }
        if self.chance(40) {
            body.push(json!({"op": "reraise"}));
        }
        json!({"match": [name], "as": "e", "body": body})
    }
}

impl Inventor {
    fn drive(&mut self) -> Vec<Json> {
        let place = Place {
            depth: 2,
            ..Place::new(Scope::Driver)
        };
        let mut drive: Vec<_> = SLOTS.iter().map(|slot| self.new_in(slot)).collect();
        drive.push(self.iterator());
        for _ in 0..self.rng.usize(6..30) {
            match self.weighted(&[50, 6, 4, 2, 2]) {
                0 => drive.push(self.operation()),
                1 => {
                    let slot = self.choose(&SLOTS);
                    drive.extend([json!({"op": "del", "g": slot}), self.new_in(slot)]);
                }
                2 => {
                    let slot = self.choose(&SLOTS);
                    drive.push(self.new_in(slot));
                }
                3 => drive.push(self.iterator()),
                _ => drive.push(self.repeat(place)),
            }
        }
        drive
    }

    fn body(&mut self) -> Vec<Json> {
        self.block(Place::new(Scope::Body), 2..7)
    }

    fn statement(&mut self, place: Place) -> Json {
        if place.scope == Scope::Driver {
            return self.operation();
        }
        let compound = if place.depth < 3 { 1 } else { 0 };
        match self.weighted(&[
            14,
            9,
            9,
            5,
            3,
            2,
            9 * compound,
            3 * compound,
            2 * compound,
            2,
        ]) {
            0 => json!({"op": "yield", "value": self.value(), "to": "x"}),
            1 => json!({"op": "from", "source": self.source(), "to": "r"}),
            2 => self.operation(),
            3 => json!({"op": "emit", "args": ["at", "$p", "$x", "$r", "$e"]}),
            4 => json!({"op": "raise", "exc": self.choose(&RAISED)}),
            5 => self.exit(place),
            6 => self.try_statement(place, &[3, 6, 2]),
            7 => self.repeat(place),
            8 => {
                json!({"op": "if", "cond": "$x", "then": self.inner_block(place), "else": self.inner_block(place)})
            }
            _ => {
                let slot = self.choose(&SLOTS);
                self.new_in(slot)
            }
        }
    }

    /// A statement that leaves something, if one is allowed here.
    fn exit(&mut self, place: Place) -> Json {
        match self.rng.u32(0..4) {
            0 if place.in_loop => json!({"op": "break"}),
            1 if place.in_loop => json!({"op": "continue"}),
            2 if place.in_handler => json!({"op": "reraise"}),
            _ if !place.in_finally => json!({"op": "return", "value": self.value()}),
            _ => json!({"op": "raise", "exc": "AppError", "msg": self.value()}),
        }
    }

    fn repeat(&mut self, place: Place) -> Json {
        let mut body = self.inner_block(Place {
            in_loop: true,
            ..place
        });
        let times = if place.scope == Scope::Body && self.chance(25) {
            Json::Null
        } else {
            json!(self.rng.u32(0..4))
        };
        if times.is_null() {
            body.push(json!({"op": "yield", "value": "$i", "to": "x"}));
        }
        json!({"op": "repeat", "times": times, "var": "i", "body": body})
    }

    fn source(&mut self) -> Json {
        match self.weighted(&[12, 6, 2, 3]) {
            0 => json!({"slot": self.choose(&SLOTS)}),
            1 => self.call(),
            2 => json!({"slot": ITEMS}),
            _ => json!({"iter": [1, "two"]}),
        }
    }

    fn call(&mut self) -> Json {
        if self.chance(8) {
            return json!({"gen": "deep", "args": [self.rng.u32(0..60)]});
        }
        json!({"gen": format!("g{}", self.rng.usize(0..self.functions)), "args": [self.value()]})
    }

    fn new_in(&mut self, slot: &str) -> Json {
        let mut new = self.call();
        new["op"] = json!("new");
        new["slot"] = json!(slot);
        new
    }

    fn iterator(&mut self) -> Json {
        json!({"op": "iter", "slot": ITEMS, "value": {"op": "range", "a": 0, "b": self.rng.u32(0..5)}})
    }

    fn operation(&mut self) -> Json {
        let slot = self.choose(&SLOTS);
        match self.weighted(&[12, 10, 9, 5, 4, 2]) {
            0 => json!({"op": "next", "g": slot, "to": "x"}),
            1 => json!({"op": "send", "g": slot, "value": self.value(), "to": "x"}),
            2 => {
                let mut throw =
                    json!({"op": "throw", "g": slot, "exc": self.choose(&RAISED), "to": "x"});
                if self.chance(50) {
                    throw["msg"] = self.value();
                }
                throw
            }
            3 => json!({"op": "close", "g": slot}),
            4 => json!({"op": "state", "g": slot}),
            _ => json!({"op": "exhaust", "g": slot, "limit": self.rng.u32(1..6)}),
        }
    }

    fn value(&mut self) -> Json {
        match self.rng.u32(0..8) {
            0 | 1 => Json::Null,
            2 => json!("$x"),
            3 => json!("$p"),
            4 => json!(["$r", "s"]),
            5 => json!("s"),
            _ => json!(self.rng.u32(0..10)),
        }
    }
}
