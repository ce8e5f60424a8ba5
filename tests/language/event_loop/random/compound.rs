//! Statements that consist of others, and those that wait for several futures.

use serde_json::{Value as Json, json};

use super::{Inventor, Place, SUB, Scope};
use crate::language::invent::Invent;

impl Inventor {
    pub(super) fn compound(&mut self, place: Place) -> Json {
        match self.weighted(&[8, 3, 2]) {
            0 => self.try_statement(place, &[2, 7, 2]),
            1 => self.repeat(place),
            _ => {
                json!({"op": "if", "cond": "$x", "then": self.inner_block(place), "else": self.inner_block(place)})
            }
        }
    }

    fn repeat(&mut self, place: Place) -> Json {
        let mut body = self.inner_block(Place {
            in_loop: true,
            ..place
        });
        let times = if place.scope == Scope::Body && self.chance(15) {
            // Time passes, so that the run is stopped some day.
            body.insert(0, json!({"op": "sleep", "delay": 1}));
            Json::Null
        } else {
            json!(self.rng.u32(1..4))
        };
        json!({"op": "repeat", "times": times, "var": "i", "body": body})
    }

    /// Waits for several futures, or for one in a special way.
    pub(super) fn composite(&mut self, place: Place) -> Vec<Json> {
        match self.weighted(&[6, 8, 6, 4, 3]) {
            0 => {
                let until = self.choose(&["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"]);
                let (fs, timeout) = (self.awaitables(), self.timeout());
                vec![
                    json!({"op": "wait", "fs": fs, "timeout": timeout, "until": until, "done": "x", "pending": "y"}),
                    json!({"op": "emit", "args": ["done", "$x", "pending", "$y"]}),
                ]
            }
            1 => {
                let timeout = if self.chance(15) {
                    json!(-1)
                } else {
                    self.timeout()
                };
                vec![json!({"op": "wait_for", "f": self.fut(), "timeout": timeout, "to": "x"})]
            }
            2 => self.gather(),
            3 => {
                let name = self.made();
                let shield = json!({"op": "shield", "f": self.fut(), "as": name});
                self.perhaps_await(shield, &name)
            }
            _ => self.as_completed(place),
        }
    }

    fn gather(&mut self) -> Vec<Json> {
        let name = self.made();
        let fs = if self.chance(30) {
            // As an expression, and with duplicates.
            let all = self.parts();
            json!({"op": "+", "a": all, "b": [all[0]]})
        } else {
            json!(
                (0..self.rng.usize(0..4))
                    .map(|_| self.fut())
                    .collect::<Vec<_>>()
            )
        };
        let exceptions = self.chance(40);
        let gather = json!({"op": "gather", "fs": fs, "return_exceptions": exceptions, "as": name});
        self.perhaps_await(gather, &name)
    }

    fn perhaps_await(&mut self, made: Json, name: &str) -> Vec<Json> {
        let mut all = vec![made];
        if self.chance(70) {
            all.push(json!({"op": "await", "f": name, "to": "x"}));
            all.push(json!({"op": "emit", "args": [name, "$x"]}));
        }
        all
    }

    /// Rounds over tasks that have just been made: none of them is done.
    fn as_completed(&mut self, place: Place) -> Vec<Json> {
        let names: Vec<_> = (0..self.rng.usize(1..4)).map(|i| format!("w{i}")).collect();
        let mut all: Vec<_> = names
            .iter()
            .map(|name| json!({"op": "spawn", "coro": self.coro(), "args": self.args(SUB), "as": name}))
            .collect();
        let name = json!({"op": "+", "a": format!("round {} ", self.level), "b": "$me"});
        let mut body = vec![json!({"op": "await", "f": name, "to": "x"})];
        if self.chance(60) {
            body = vec![self.guarded(body)];
        }
        body.push(json!({"op": "emit", "args": ["round", "$x"]}));
        if place.depth < 2 && self.chance(30) {
            // A `break` in here would have two loops to choose from.
            let inside = Place {
                in_loop: false,
                ..place
            };
            body.extend(self.inner_block(inside));
        }
        let timeout = self.timeout();
        all.push(json!({"op": "as_completed", "fs": names, "timeout": timeout, "as": name, "body": body}));
        all
    }
}
