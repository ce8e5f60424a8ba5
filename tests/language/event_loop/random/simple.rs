//! Statements that wait for one thing, or for none.

use serde_json::{Value as Json, json};

use super::{CALLBACKS, FUTURES, HANDLES, Inventor, Place, Scope};
use crate::language::invent::Invent;

const RAISED: [&str; 5] = [
    "ValueError",
    "AppError",
    "CancelledError",
    "StopIteration",
    "TimeoutError",
];

impl Inventor {
    /// One statement, or a few that belong together.
    pub(super) fn statements(&mut self, place: Place) -> Vec<Json> {
        let waits = u32::from(place.scope == Scope::Body);
        let compound = u32::from(place.depth < 3);
        match self.weighted(&[
            10 * waits,
            14 * waits,
            14 * waits,
            7,
            6,
            3,
            9 * compound,
            3,
            3 * compound,
        ]) {
            0 => vec![self.wait_for_one(), self.say()],
            1 => self.composite(place),
            2 => self.wait_on_object(place),
            3 => vec![self.on_future()],
            4 => vec![self.on_object()],
            5 => vec![self.say(), self.spawn()],
            6 => vec![self.compound(place)],
            7 => vec![self.exit(place)],
            _ => vec![self.callback_statement(place)],
        }
    }

    fn say(&mut self) -> Json {
        json!({"op": "emit", "args": ["at", "$p", "$x", "$c"]})
    }

    fn wait_for_one(&mut self) -> Json {
        match self.weighted(&[8, 6, 3, 1]) {
            0 => json!({"op": "sleep", "delay": self.delay(), "value": self.value(), "to": "x"}),
            1 => json!({"op": "await", "f": self.awaitable(), "to": "x"}),
            2 => json!({"op": "call", "coro": self.coro(), "args": self.args("$me"), "to": "x"}),
            _ => json!({"op": "await", "f": "$me", "to": "x"}),
        }
    }

    pub(super) fn on_future(&mut self) -> Json {
        match self.weighted(&[7, 5, 2, 5, 2, 1]) {
            0 => json!({"op": "cancel", "f": self.any(), "to": "c"}),
            1 => {
                let value = self.value();
                let future = self.choose(&FUTURES);
                self.guarded(vec![
                    json!({"op": "set_result", "f": future, "value": value}),
                ])
            }
            2 => {
                let mut set = json!({"op": "set_exception", "f": self.choose(&FUTURES), "exc": self.choose(&RAISED)});
                if set["exc"] != "CancelledError" && self.chance(50) {
                    set["msg"] = self.value();
                }
                self.guarded(vec![set])
            }
            3 => {
                let what = self.choose(&["result", "exception", "done", "cancelled"]);
                let get = json!({"op": "get", "f": self.any(), "what": what, "to": "x"});
                self.guarded(vec![get, json!({"op": "emit", "args": [what, "$x"]})])
            }
            4 => json!({"op": "cancel", "f": "$me", "to": "c"}),
            _ => json!({"op": "future", "as": self.choose(&FUTURES)}),
        }
    }

    /// A statement about an object, which does not wait.
    pub(super) fn on_object(&mut self) -> Json {
        let (object, method) = match self.weighted(&[2, 2, 1, 4, 2, 2, 6, 1]) {
            0 => ("S", "release"),
            1 => ("B", "release"),
            2 => ("L", "release"),
            3 => ("E", self.choose(&["set", "clear", "set", "is_set"])),
            4 => (self.choose(&["L", "C", "S", "B"]), "locked"),
            5 => ("C", self.choose(&["notify", "notify_all", "release"])),
            6 => {
                let methods = [
                    "put_nowait",
                    "get_nowait",
                    "task_done",
                    "qsize",
                    "put_nowait",
                ];
                (self.choose(&["Q", "Y", "P"]), self.choose(&methods))
            }
            _ => (
                self.choose(&["Q", "Y", "P"]),
                self.choose(&["empty", "full"]),
            ),
        };
        let mut call = json!({"op": "do", "on": object, "m": method, "to": "x"});
        if method == "put_nowait" {
            call["args"] = json!([self.rng.u32(0..9)]);
        } else if method == "notify" {
            call["args"] = json!([self.rng.u32(0..3)]);
        }
        self.guarded(vec![
            json!({"op": "let", "to": "@n", "value": {"op": "+", "a": "@n", "b": 1}}),
            call,
            json!({"op": "emit", "args": [object, method, "$x"]}),
        ])
    }

    /// Waits on an object, and gives it back where that is what one does with it.
    fn wait_on_object(&mut self, place: Place) -> Vec<Json> {
        let call =
            |object: &str, method: &str| json!({"op": "do", "on": object, "m": method, "to": "x"});
        match self.weighted(&[5, 3, 4, 6]) {
            0 => {
                let object = self.choose(&["L", "S", "B", "L"]);
                let mut inside = vec![self.say()];
                inside.extend(self.inner_block(place));
                self.held(object, inside)
            }
            1 => vec![
                call("E", "wait"),
                json!({"op": "emit", "args": ["E wait", "$x"]}),
            ],
            2 => {
                let wait = self.wait_on_condition();
                let inside = vec![wait, self.say()];
                self.held("C", inside)
            }
            _ => {
                let object = self.choose(&["Q", "Y", "P"]);
                let method = self.choose(&["get", "put", "get", "put", "join"]);
                let mut call = call(object, method);
                if method == "put" {
                    call["args"] = json!([self.rng.u32(0..9)]);
                }
                vec![call, json!({"op": "emit", "args": [object, method, "$x"]})]
            }
        }
    }

    fn wait_on_condition(&mut self) -> Json {
        match self.weighted(&[4, 3, 4]) {
            0 => json!({"op": "do", "on": "C", "m": "wait", "to": "x"}),
            1 => {
                let enough = json!({"op": "<", "a": self.rng.u32(0..5), "b": "@n"});
                json!({"op": "do", "on": "C", "m": "wait_for", "pred": enough, "to": "x"})
            }
            _ => json!({"op": "do", "on": "C", "m": "notify", "args": [self.rng.u32(1..3)]}),
        }
    }

    /// Statements between an acquisition and a release, which may go wrong.
    fn held(&mut self, object: &str, inside: Vec<Json>) -> Vec<Json> {
        let acquire = json!({"op": "do", "on": object, "m": "acquire", "to": "x"});
        let release = json!({"op": "do", "on": object, "m": "release"});
        let release = self.guarded(vec![release]);
        if self.chance(20) {
            let mut all = vec![acquire];
            all.extend(inside);
            return all;
        }
        vec![
            acquire,
            json!({"op": "try", "body": inside, "finally": [release]}),
        ]
    }

    /// A statement about callbacks, or the loop.
    pub(super) fn callback_statement(&mut self, place: Place) -> Json {
        let mut callback = match self.weighted(&[5, 6, 2, 5, 2, 2, 1]) {
            0 => json!({"op": "call_soon"}),
            1 => json!({"op": "call_later", "delay": self.delay()}),
            2 => json!({"op": "call_at", "when": self.rng.i32(-2..8)}),
            3 => json!({"op": "on_done", "f": self.any()}),
            4 => {
                let (f, cb) = (self.any(), self.choose(&CALLBACKS));
                return json!({"op": "remove_on_done", "f": f, "cb": cb, "to": "c"});
            }
            5 => return json!({"op": "cancel_handle", "h": self.choose(&HANDLES)}),
            _ => return json!({"op": "stop"}),
        };
        if self.chance(40) {
            let names = if callback["op"] == "on_done" {
                CALLBACKS
            } else {
                HANDLES
            };
            callback["as"] = json!(self.choose(&names));
        }
        let scope = Place {
            depth: place.depth + 1,
            ..Place::new(Scope::Callback)
        };
        let body = if place.depth < 3 {
            self.block(scope, 1..3)
        } else {
            Vec::new()
        };
        let mut all = vec![json!({"op": "emit", "args": ["callback", "$p", "$x"]})];
        all.push(self.guarded(body));
        callback["body"] = json!(all);
        callback
    }

    /// A statement that leaves something, if one is allowed here.
    pub(super) fn exit(&mut self, place: Place) -> Json {
        match self.rng.u32(0..5) {
            0 if place.in_loop => json!({"op": "break"}),
            1 if place.in_loop => json!({"op": "continue"}),
            2 if place.in_handler => json!({"op": "reraise"}),
            3 if place.scope == Scope::Body && !place.in_finally && place.depth > 0 => {
                json!({"op": "return", "value": self.value()})
            }
            _ if self.chance(60) => self.say(),
            _ => {
                let mut raise = json!({"op": "raise", "exc": self.choose(&RAISED)});
                if raise["exc"] != "CancelledError" {
                    raise["msg"] = self.value();
                }
                raise
            }
        }
    }
}
