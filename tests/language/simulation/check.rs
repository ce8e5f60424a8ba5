//! Checks that a scenario names only what it has. One that is made smaller may not.

use serde_json::Value as Json;

use super::fields::{index, list, text};

pub(super) fn is_sound(scenario: &Json) -> bool {
    index(scenario, "events") > 0 && is_sound_part(scenario, scenario)
}

/// What is named by which key, and where it stands in the scenario.
const NAMED: [(&str, &str); 4] = [
    ("resource", "resources"),
    ("container", "containers"),
    ("store", "stores"),
    ("function", "functions"),
];

fn is_sound_part(scenario: &Json, part: &Json) -> bool {
    match part {
        Json::Array(items) => items.iter().all(|item| is_sound_part(scenario, item)),
        Json::Object(fields) => {
            names_what_is_there(scenario, part)
                && fields.values().all(|field| is_sound_part(scenario, field))
        }
        _ => true,
    }
}

fn names_what_is_there(scenario: &Json, part: &Json) -> bool {
    let named = NAMED
        .iter()
        .all(|(key, of)| part.get(key).is_none() || index(part, key) < list(scenario, of).len());
    let numbered = [("event", "events"), ("by", "events"), ("slot", "slots")]
        .iter()
        .all(|(key, of)| {
            part.get(key).is_none_or(Json::is_null) || index(part, key) < index(scenario, of)
        });
    let pairs = ["and", "or"]
        .iter()
        .all(|key| part.get(key).is_none_or(|_| list(part, key).len() == 2));
    named && numbered && pairs && is_request_sound(scenario, part)
}

/// A slot whose process has ended cannot be preempted, in SimPy either.
fn is_request_sound(scenario: &Json, part: &Json) -> bool {
    let resource = || &scenario["resources"][index(part, "resource")];
    text(part, "op") != "request" || text(resource(), "kind") != "preemptive"
}
