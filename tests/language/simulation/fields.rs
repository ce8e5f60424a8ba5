//! Reads the fields of statements.

use serde_json::Value as Json;

/// What events, timeouts and processes have as values.
pub(super) type Number = Option<i64>;

pub(super) fn text<'a>(statement: &'a Json, key: &str) -> &'a str {
    statement[key].as_str().unwrap_or_default()
}

pub(super) fn number(statement: &Json, key: &str) -> f64 {
    statement[key].as_f64().unwrap_or_default()
}

pub(super) fn integer(statement: &Json, key: &str) -> i64 {
    statement[key].as_i64().unwrap_or_default()
}

pub(super) fn index(statement: &Json, key: &str) -> usize {
    statement[key].as_u64().unwrap_or_default() as usize
}

pub(super) fn flag(statement: &Json, key: &str) -> bool {
    statement[key].as_bool().unwrap_or_default()
}

pub(super) fn list<'a>(statement: &'a Json, key: &str) -> &'a [Json] {
    statement[key].as_array().map_or(&[], Vec::as_slice)
}

/// Reads a capacity; none is no limit.
pub(super) fn capacity(statement: &Json) -> Option<usize> {
    statement["capacity"]
        .as_u64()
        .map(|capacity| capacity as usize)
}
