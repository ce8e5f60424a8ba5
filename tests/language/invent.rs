//! What inventing random scenarios has in common in all languages.

use std::ops::Range;

use fastrand::Rng;
use serde_json::{Value as Json, json};

/// Where a statement is to stand; a scope is a kind of place that the language has.
#[derive(Clone, Copy)]
pub(crate) struct Place<S> {
    pub(crate) depth: usize,
    pub(crate) scope: S,
    pub(crate) in_loop: bool,
    pub(crate) in_handler: bool,
    pub(crate) in_finally: bool,
}

impl<S> Place<S> {
    pub(crate) fn new(scope: S) -> Self {
        Self {
            depth: 0,
            scope,
            in_loop: false,
            in_handler: false,
            in_finally: false,
        }
    }

    pub(crate) fn deeper(self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self
        }
    }
}

/// What invents the statements of a language.
pub(crate) trait Invent {
    type Scope: Copy;

    fn rng(&mut self) -> &mut Rng;

    fn block(&mut self, place: Place<Self::Scope>, len: Range<usize>) -> Vec<Json>;

    /// Invents a handler of a `try`.
    fn handler(&mut self, place: Place<Self::Scope>) -> Json;

    fn chance(&mut self, percent: u32) -> bool {
        self.rng().u32(0..100) < percent
    }

    fn choose<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng().usize(0..of.len())]
    }

    /// Returns an index into `weights`, the more likely the heavier.
    fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut at = self.rng().u32(0..weights.iter().sum());
        weights
            .iter()
            .position(|weight| at.checked_sub(*weight).map(|rest| at = rest).is_none())
            .expect("in the sum")
    }

    fn inner_block(&mut self, place: Place<Self::Scope>) -> Vec<Json> {
        self.block(place.deeper(), 1..4)
    }

    /// Invents a `try`; the weights are those of no handler, one handler, and so on.
    fn try_statement(&mut self, place: Place<Self::Scope>, handlers: &[u32]) -> Json {
        let mut statement = json!({"op": "try", "body": self.inner_block(place)});
        let handlers: Vec<_> = (0..self.weighted(handlers))
            .map(|_| self.handler(place))
            .collect();
        if !handlers.is_empty() {
            statement["except"] = json!(handlers);
            if self.chance(20) {
                statement["else"] = json!(self.inner_block(place));
            }
        }
        if handlers.is_empty() || self.chance(30) {
            let mut finally = vec![json!({"op": "emit", "args": ["finally", "$p"]})];
            if self.chance(40) {
                finally.extend(self.inner_block(Place {
                    in_loop: false,
                    in_finally: true,
                    ..place
                }));
            }
            statement["finally"] = json!(finally);
        }
        statement
    }
}
