//! Scenarios made by combination: every operation, on every kind of delegation, to every kind of body.

use serde_json::{Value as Json, json};

/// Returns all combinations.
pub fn scenarios() -> impl Iterator<Item = Json> {
    let combine = |(how, setting): (&'static str, Json)| {
        reactions().into_iter().flat_map(move |(what, reaction)| {
            let setting = setting.clone();
            operations().into_iter().map(move |operation| {
                scenario(
                    &format!("{how} {what} {operation}"),
                    &setting,
                    &reaction,
                    &operation,
                )
            })
        })
    };
    settings().into_iter().flat_map(combine)
}

/// What a body does about an exception at its yield: the handlers and the rest of a `try`.
fn reactions() -> Vec<(&'static str, Json)> {
    let handle =
        |names: Json, body: Json| json!({"except": [{"match": names, "as": "e", "body": body}]});
    let again = json!({"op": "yield", "value": "again", "to": "x"});
    let all = json!(["BaseException"]);
    let inner = json!({"op": "try", "body": [again], "finally": [{"op": "emit", "args": ["inner finally"]}]});
    vec![
        ("none", json!({})),
        (
            "finally",
            json!({"finally": [{"op": "emit", "args": ["finally"]}]}),
        ),
        ("yield in finally", json!({"finally": [again]})),
        ("yields", handle(all.clone(), json!([again]))),
        (
            "yields and reraises",
            handle(all.clone(), json!([again, {"op": "reraise"}])),
        ),
        ("yields at last", handle(all.clone(), json!([inner]))),
        (
            "returns",
            handle(all.clone(), json!([{"op": "return", "value": "$e"}])),
        ),
        (
            "goes on",
            handle(all.clone(), json!([{"op": "emit", "args": ["$e"]}])),
        ),
        (
            "raises another",
            handle(
                all.clone(),
                json!([{"op": "raise", "exc": "AppError", "msg": "$e"}]),
            ),
        ),
        (
            "raises exit",
            handle(
                all.clone(),
                json!([{"op": "raise", "exc": "GeneratorExit"}]),
            ),
        ),
        (
            "raises stop",
            handle(
                all,
                json!([{"op": "raise", "exc": "StopIteration", "msg": 1}]),
            ),
        ),
        (
            "exit only",
            handle(
                json!(["GeneratorExit"]),
                json!([{"op": "return", "value": 7}]),
            ),
        ),
        ("no exit", handle(json!(["Exception"]), json!([again]))),
    ]
}

/// How the driver gets at the body `s`: what it does first, to have the generator D to operate on.
fn settings() -> Vec<(&'static str, Json)> {
    let new = |slot: &str, function: &str| json!({"op": "new", "slot": slot, "gen": function});
    let next = |slot: &str| json!({"op": "next", "g": slot});
    let s = new("S", "s");
    vec![
        ("created", json!([s, new("D", "s")])),
        ("suspended", json!([s, new("D", "s"), next("D")])),
        ("delegating", json!([s, new("D", "d"), next("D")])),
        (
            "delegating to started",
            json!([s, next("S"), new("D", "d"), next("D")]),
        ),
        (
            "chain",
            json!([s, new("M", "d"), new("D", "over_m"), next("D")]),
        ),
        ("owned", json!([s, new("D", "owner"), next("D")])),
        (
            "delegate closed",
            json!([s, new("D", "d"), next("D"), {"op": "close", "g": "S"}]),
        ),
        (
            "delegate ended",
            json!([s, new("D", "d"), next("D"), {"op": "exhaust", "g": "S"}]),
        ),
        (
            "delegate dropped from slot",
            json!([s, new("D", "d"), next("D"), new("S", "s")]),
        ),
        (
            "shared",
            json!([s, new("M", "d"), next("M"), new("D", "d"), next("D")]),
        ),
        (
            "shared and ended",
            json!([s, new("M", "d"), next("M"), new("D", "d"), next("D"), {"op": "exhaust", "g": "M"}]),
        ),
        ("over items", json!([s, new("D", "over_items"), next("D")])),
        (
            "while running",
            json!([s, new("D", "d"), next("D"), new("M", "operator")]),
        ),
        (
            "closed",
            json!([s, new("D", "s"), {"op": "close", "g": "D"}]),
        ),
        ("itself", json!([s, new("D", "over_d"), next("D")])),
    ]
}

fn operations() -> Vec<Json> {
    vec![
        json!({"op": "next", "g": "D"}),
        json!({"op": "send", "g": "D", "value": null}),
        json!({"op": "send", "g": "D", "value": "sent"}),
        json!({"op": "throw", "g": "D", "exc": "ValueError", "msg": "v"}),
        json!({"op": "throw", "g": "D", "exc": "StopIteration", "msg": "s"}),
        json!({"op": "throw", "g": "D", "exc": "GeneratorExit"}),
        json!({"op": "close", "g": "D"}),
        json!({"op": "exhaust", "g": "D", "limit": 2}),
        json!({"op": "exhaust", "g": "D"}),
        json!({"op": "del", "g": "D"}),
    ]
}

fn scenario(name: &str, setting: &Json, reaction: &Json, operation: &Json) -> Json {
    let mut reacting = reaction.clone();
    reacting["op"] = json!("try");
    // Within its `try`, the body also operates on whoever delegates to it, which is running then or does not exist yet.
    reacting["body"] = json!([
        {"op": "yield", "value": 1, "to": "x"}, {"op": "emit", "args": ["got", "$x"]},
        {"op": "state", "g": "S"}, {"op": "yield", "value": 2}]);
    let s = json!([reacting, {"op": "yield", "value": 3}, {"op": "return", "value": "end"}]);
    let mut gens = functions(reaction);
    gens["s"] = json!({"body": s});
    let mut drive = setting.as_array().cloned().unwrap_or_default();
    drive.extend(after(operation));
    json!({"name": name, "gens": gens, "drive": drive})
}

/// The operation, and what shows its consequences.
fn after(operation: &Json) -> Vec<Json> {
    let mut after = vec![operation.clone(), json!({"op": "state", "g": "S"})];
    if operation["op"] != "del" {
        after.extend([
            json!({"op": "state", "g": "D"}),
            operation.clone(),
            json!({"op": "next", "g": "D"}),
        ]);
    }
    after.extend([
        json!({"op": "next", "g": "S"}),
        json!({"op": "state", "g": "S"}),
    ]);
    after
}

fn functions(reaction: &Json) -> Json {
    let delegator = |source: Json| {
        let mut reacting = reaction.clone();
        reacting["op"] = json!("try");
        reacting["body"] = json!([{"op": "from", "source": source, "to": "r"}, {"op": "emit", "args": ["result", "$r"]}]);
        json!({"body": [reacting, {"op": "yield", "value": "after"}]})
    };
    let operate: Vec<_> = operations()
        .into_iter()
        .filter(|operation| operation["op"] != "del")
        .collect();
    json!({
        "d": delegator(json!({"slot": "S"})),
        "over_m": delegator(json!({"slot": "M"})),
        "over_d": delegator(json!({"slot": "D"})),
        "over_items": delegator(json!({"iter": ["a", "b", "c"]})),
        "owner": delegator(json!({"gen": "s"})),
        "operator": {"body": operate},
    })
}
