//! The first coroutine of a scenario, and the program that runs everything.

use serde_json::{Value as Json, json};

use super::{CALLBACKS, GUARD, HANDLES, Inventor, MAIN, Place, Scope};
use crate::language::invent::Invent;

impl Inventor {
    /// The coroutine of the first run: it spawns tasks, takes part, and waits for them.
    pub(super) fn main_coroutine(&mut self) -> Json {
        let mut body = Vec::new();
        for number in 0..self.coros {
            body.push(self.spawn_number(number));
        }
        for _ in 0..self.rng.usize(2..7) {
            let part = self.statements(Place::new(Scope::Body));
            body.push(self.guarded(part));
        }
        let timeout = self.rng.u32(3..10);
        let tasks: Vec<_> = (0..self.coros).map(|i| format!("t{i}")).collect();
        body.push(
            json!({"op": "wait", "fs": tasks, "timeout": timeout, "done": "d", "pending": "u"}),
        );
        body.push(json!({"op": "emit", "args": ["$d", "$u"]}));
        json!({"params": ["p", "me"], "body": body})
    }

    pub(super) fn main(&mut self) -> Vec<Json> {
        let mut main = vec![
            json!({"op": "let", "to": "@n", "value": 0}),
            json!({"op": "let", "to": "me", "value": MAIN}),
        ];
        let names = self.names();
        main.extend(names.iter().map(|name| json!({"op": "future", "as": name})));
        main.extend(
            HANDLES
                .iter()
                .map(|name| json!({"op": "call_soon", "body": [], "as": name})),
        );
        main.extend(
            CALLBACKS
                .iter()
                .map(|name| json!({"op": "on_done", "f": "f0", "body": [], "as": name})),
        );
        // What is not made yet is as good as done.
        main.extend(
            names
                .iter()
                .filter(|name| !name.starts_with(['f', 't']))
                .map(|name| json!({"op": "set_result", "f": name, "value": name})),
        );
        main.extend(self.objects());
        main.extend((0..self.rng.u32(3..9)).map(|_| self.tick()));
        main.extend(
            (0..self.rng.u32(0..4)).map(|_| self.callback_statement(Place::new(Scope::Main))),
        );
        main.extend(self.run(json!({"op": "run", "coro": "main", "args": [1, "main"]})));
        for _ in 0..self.rng.u32(1..5) {
            for _ in 0..self.rng.u32(0..3) {
                let statements = self.statements(Place::new(Scope::Main));
                main.push(self.guarded(statements));
            }
            let again = match self.rng.u32(0..4) {
                0 => json!({"op": "run", "coro": self.coro(), "args": self.args(MAIN)}),
                1 => json!({"op": "run_forever"}),
                _ => json!({"op": "run", "f": self.awaitable()}),
            };
            main.extend(self.run(again));
        }
        main.extend(names.iter().map(|name| ended(name)));
        main
    }

    /// A callback some time later, on which others may wait.
    fn tick(&mut self) -> Json {
        let mut body = vec![self.on_object()];
        if self.chance(50) {
            body.push(self.on_future());
        }
        if self.chance(50) {
            let cancel = json!({"op": "cancel", "f": self.task(), "to": "c"});
            body.insert(self.rng.usize(0..=body.len()), cancel);
        }
        json!({"op": "call_later", "delay": self.rng.u32(0..8), "body": body})
    }

    /// A run that ends.
    fn run(&mut self, run: Json) -> [Json; 2] {
        let guard = json!({"op": "call_later", "delay": GUARD, "body": [{"op": "stop"}]});
        [guard, run]
    }

    fn objects(&mut self) -> Vec<Json> {
        let mut make = |kind: &str, name: &str, sizes: std::ops::Range<u32>| {
            let size = self.rng.u32(sizes);
            json!({"op": "make", "kind": kind, "size": size, "as": name})
        };
        let mut made = vec![
            make("semaphore", "S", 0..3),
            make("bounded_semaphore", "B", 1..3),
            make("queue", "Q", 0..3),
            make("lifo_queue", "Y", 0..2),
            make("priority_queue", "P", 0..3),
            json!({"op": "make", "kind": "lock", "as": "L"}),
            json!({"op": "make", "kind": "event", "as": "E"}),
            json!({"op": "make", "kind": "condition", "as": "C"}),
        ];
        if self.chance(40) {
            made[7]["lock"] = json!("L");
        }
        made
    }
}

/// Tells what a future came to.
fn ended(name: &str) -> Json {
    json!({"op": "try",
        "body": [{"op": "get", "f": name, "what": "result", "to": "r"}, {"op": "emit", "args": [name, "$r"]}],
        "except": [{"match": ["BaseException"], "as": "e", "body": [{"op": "emit", "args": [name, "$e"]}]}]})
}
