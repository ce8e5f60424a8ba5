//! Invents scenarios in which interesting things are likely: tasks that wait for each other in all
//! ways there are, and are cancelled, woken and stopped at every moment.
//!
//! Every name that a scenario uses exists from its beginning, and before every run a timer is set
//! that stops it: no scenario blocks. Coroutines have levels: each calls, spawns and waits for what
//! belongs to a higher one only, so that nothing waits for itself.

mod compound;
mod main_program;
mod simple;

use fastrand::Rng;
use serde_json::{Value as Json, json};

use crate::language::invent::{self, Invent};

/// Futures, which only their makers replace.
const FUTURES: [&str; 3] = ["f0", "f1", "f2"];
/// What a coroutine is told that it is when it becomes a task without a name.
const SUB: &str = "sub";
/// The same for those that are run.
const MAIN: &str = "main";
const HANDLES: [&str; 2] = ["k0", "k1"];
const CALLBACKS: [&str; 2] = ["cb0", "cb1"];
const HANDLED: [&str; 7] = [
    "CancelledError",
    "CancelledError",
    "BaseException",
    "BaseException",
    "Exception",
    "TimeoutError",
    "AppError",
];
/// When a run is stopped that has not ended.
const GUARD: u32 = 40;

/// Makes a scenario. Equal seeds make equal scenarios.
pub fn scenario(seed: u64) -> Json {
    let mut rng = Rng::with_seed(seed);
    let coros = rng.usize(2..5);
    let mut inventor = Inventor {
        rng,
        coros,
        level: 0,
    };
    let mut coros = serde_json::Map::new();
    for i in 0..inventor.coros {
        inventor.level = i + 1;
        let body = inventor.block(Place::new(Scope::Body), 2..6);
        coros.insert(
            format!("c{i}"),
            json!({"params": ["p", "me"], "body": body}),
        );
    }
    // The highest level has nothing to wait for but time.
    let leaf = json!({"params": ["p", "me"], "body": [
        {"op": "sleep", "delay": inventor.delay()}, {"op": "return", "value": "$p"}]});
    coros.insert(format!("c{}", inventor.coros), leaf);
    inventor.level = 0;
    coros.insert("main".to_owned(), inventor.main_coroutine());
    json!({"name": format!("random loop {seed}"), "coros": coros, "main": inventor.main()})
}

/// Where statements are to stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    Main,
    Body,
    Callback,
}

type Place = invent::Place<Scope>;

struct Inventor {
    rng: Rng,
    /// How many coroutines there are, the last one not counted. Each has a task of its number.
    coros: usize,
    /// The first coroutine that may be called, spawned and waited for, as may its task.
    level: usize,
}

impl Invent for Inventor {
    type Scope = Scope;

    fn rng(&mut self) -> &mut Rng {
        &mut self.rng
    }

    fn block(&mut self, place: Place, len: std::ops::Range<usize>) -> Vec<Json> {
        (0..self.rng.usize(len))
            .flat_map(|_| {
                let statements = self.statements(place);
                // Otherwise, few would come to their end.
                if place.scope == Scope::Body && place.depth < 2 && self.chance(30) {
                    vec![self.guarded(statements)]
                } else {
                    statements
                }
            })
            .collect()
    }

    fn handler(&mut self, place: Place) -> Json {
        let mut body = vec![json!({"op": "emit", "args": ["caught", "$e"]})];
        if self.chance(50) {
            body.extend(self.inner_block(Place {
                in_handler: true,
                ..place
            }));
        }
        if self.chance(45) {
            body.push(json!({"op": "reraise"}));
        }
        json!({"match": [self.choose(&HANDLED)], "as": "e", "body": body})
    }
}

impl Inventor {
    /// Any future, task or composite.
    fn awaitable(&mut self) -> String {
        match self.weighted(&[4, 6, 4]) {
            1 if self.level < self.coros => self.task(),
            2 => self.made_at_least(self.level),
            _ => self.choose(&FUTURES).to_owned(),
        }
    }

    fn task(&mut self) -> String {
        format!(
            "t{}",
            self.rng.usize(self.level.min(self.coros - 1)..self.coros)
        )
    }

    /// The name of a gather or shield, which only coroutines of its level make.
    fn made(&mut self) -> String {
        format!("{}{}", self.choose(&["g", "h"]), self.level)
    }

    fn made_at_least(&mut self, level: usize) -> String {
        format!(
            "{}{}",
            self.choose(&["g", "h"]),
            self.rng.usize(level..=self.coros)
        )
    }

    /// What a gather or shield may be made of: not of the one before it, as with these in a loop it
    /// would grow without end.
    fn part(&mut self) -> String {
        match self.weighted(&[4, 6, 2]) {
            1 if self.level < self.coros => self.task(),
            2 if self.level < self.coros => self.made_at_least(self.level + 1),
            _ => self.choose(&FUTURES).to_owned(),
        }
    }

    fn parts(&mut self) -> Vec<String> {
        (0..self.rng.usize(1..4)).map(|_| self.part()).collect()
    }

    fn awaitables(&mut self) -> Vec<String> {
        (0..self.rng.usize(1..4))
            .map(|_| self.awaitable())
            .collect()
    }

    fn value(&mut self) -> Json {
        match self.rng.u32(0..8) {
            0 => Json::Null,
            1 => json!("$x"),
            2 => json!("$p"),
            3 => json!(["$x", "s"]),
            4 => json!("@n"),
            _ => json!(self.rng.u32(0..10)),
        }
    }

    fn delay(&mut self) -> i32 {
        [-1, 0, 0, 0, 1, 1, 1, 2, 2, 3][self.rng.usize(0..10)]
    }

    fn timeout(&mut self) -> Json {
        match self.rng.u32(0..8) {
            0 | 1 => Json::Null,
            2 => json!(0),
            n => json!(n / 2),
        }
    }

    fn args(&mut self, me: &str) -> Json {
        json!([self.value(), me])
    }

    fn coro(&mut self) -> String {
        format!("c{}", self.rng.usize(self.level..=self.coros))
    }

    fn spawn(&mut self) -> Json {
        if self.level >= self.coros {
            return json!({"op": "spawn", "coro": self.coro(), "args": self.args(SUB), "as": SUB});
        }
        let number = self.rng.usize(self.level..self.coros);
        self.spawn_number(number)
    }

    fn spawn_number(&mut self, number: usize) -> Json {
        let name = format!("t{number}");
        let args = self.args(&name);
        json!({"op": "spawn", "coro": format!("c{number}"), "args": args, "as": name})
    }

    /// All names that a future may have.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = FUTURES.iter().map(|&name| name.to_owned()).collect();
        names.extend((0..self.coros).map(|i| format!("t{i}")));
        names.extend((0..=self.coros).flat_map(|i| [format!("g{i}"), format!("h{i}")]));
        names.extend([SUB.to_owned(), MAIN.to_owned()]);
        names
    }

    /// Any future, of whichever level: for what does not wait.
    fn any(&mut self) -> String {
        let mut names = self.names();
        names.swap_remove(self.rng.usize(0..names.len()))
    }

    /// A future by its name, or a coroutine.
    fn fut(&mut self) -> Json {
        if self.chance(50) {
            return json!(self.part());
        }
        let mut fut = json!({"coro": self.coro(), "args": self.args(SUB)});
        if self.chance(50) {
            fut["as"] = json!(SUB);
        }
        fut
    }

    /// Runs statements, and tells of their exception.
    fn guarded(&mut self, body: Vec<Json>) -> Json {
        json!({"op": "try", "body": body, "except": [
            {"match": ["BaseException"], "as": "e", "body": [{"op": "emit", "args": ["guarded", "$e"]}]}]})
    }
}
