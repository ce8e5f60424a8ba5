//! Scenarios made by combination: every way to wait, cancelled at every moment, answered in every
//! way.

mod waits;

use serde_json::{Value as Json, json};

use waits::{Wait, waits};

/// Returns all combinations.
pub fn scenarios() -> impl Iterator<Item = Json> {
    waits().into_iter().flat_map(|wait| {
        moments().into_iter().flat_map(move |(when, moment)| {
            let wait = wait.clone();
            reactions().into_iter().map(move |(how, reaction)| {
                let name = format!("{} {when} {how}", wait.name);
                scenario(&name, &wait, &moment, &reaction)
            })
        })
    })
}

/// When the first who waits, `a`, is cancelled: what main does after it was spawned. The string
/// `wake` stands for what ends a wait.
fn moments() -> Vec<(&'static str, Json)> {
    let cancel = || json!({"op": "cancel", "f": "a", "to": "c"});
    let sleep = |delay: i32| json!({"op": "sleep", "delay": delay});
    vec![
        ("never", json!([sleep(1), "wake"])),
        ("before start", json!([cancel()])),
        ("before start twice", json!([cancel(), cancel()])),
        ("while waiting", json!([sleep(1), cancel()])),
        ("before wake", json!([sleep(1), cancel(), "wake"])),
        ("after wake", json!([sleep(1), "wake", cancel()])),
        (
            "a pass after wake",
            json!([sleep(1), "wake", sleep(0), cancel()]),
        ),
        ("twice", json!([sleep(1), cancel(), cancel()])),
        (
            "twice in two passes",
            json!([sleep(1), cancel(), sleep(0), cancel()]),
        ),
        (
            "twice later",
            json!([sleep(1), cancel(), sleep(1), cancel()]),
        ),
        (
            "twice around wake",
            json!([sleep(1), cancel(), "wake", cancel()]),
        ),
        (
            "three times with wakes",
            json!([
                sleep(1),
                "wake",
                cancel(),
                sleep(0),
                cancel(),
                "wake",
                sleep(0),
                cancel()
            ]),
        ),
        ("at the timer before", json!([sleep(2), cancel()])),
        ("at the timer after", json!([sleep(0), sleep(2), cancel()])),
        ("by itself", json!(["self", sleep(1), "wake"])),
        (
            "by itself and then",
            json!(["self", sleep(1), cancel(), "wake"]),
        ),
    ]
}

/// What the body does about the cancellation; the string `wait` stands for waiting again.
fn reactions() -> Vec<(&'static str, Json)> {
    let handle = |body: Json| json!([{"match": ["BaseException"], "as": "e", "body": [{"op": "emit", "args": ["caught", "$e"]}, body]}]);
    vec![
        ("passes", json!([])),
        ("returns", handle(json!({"op": "return", "value": "$e"}))),
        ("waits again", handle(json!("wait"))),
        (
            "raises another",
            handle(json!({"op": "raise", "exc": "AppError", "msg": "$e"})),
        ),
        (
            "delays",
            handle(
                json!({"op": "try", "body": [{"op": "sleep", "delay": 1}], "finally": [{"op": "reraise"}]}),
            ),
        ),
    ]
}

/// Puts statements where a string stands for them, in a list of statements.
fn insert(list: &Json, name: &str, statements: &Json) -> Json {
    let mut inserted = Vec::new();
    for item in list.as_array().into_iter().flatten() {
        if item == name {
            match statements {
                Json::Array(several) => inserted.extend(several.clone()),
                one => inserted.push(one.clone()),
            }
        } else {
            inserted.push(item.clone());
        }
    }
    json!(inserted)
}

fn scenario(name: &str, wait: &Wait, moment: &Json, reaction: &Json) -> Json {
    let cancels_itself = moment[0] == "self";
    let mut body = insert(&json!(["wait"]), "wait", &wait.wait);
    if let Some(statements) = body.as_array_mut().filter(|_| cancels_itself) {
        let me = json!({"op": "if", "cond": {"op": "==", "a": "$me", "b": "a"}, "then": [{"op": "cancel", "f": "$me"}]});
        statements.insert(0, me);
    }
    let mut handlers = reaction.clone();
    if let Some(handler) = handlers.get_mut(0) {
        handler["body"] = insert(&handler["body"], "wait", &wait.wait);
    }
    let waiter = json!([
        {"op": "emit", "args": ["waits"]},
        {"op": "try", "body": body, "except": handlers, "finally": [{"op": "emit", "args": ["finally"]}]},
        {"op": "emit", "args": ["has", "$x", "$y"]}, {"op": "sleep", "delay": 1}, {"op": "return", "value": "$x"}]);
    let moment = insert(&insert(moment, "self", &json!([])), "wake", &wait.wake);
    let mut main = wait.setup.as_array().cloned().unwrap_or_default();
    main.push(json!({"op": "spawn", "coro": "waiter", "args": ["a"], "as": "a"}));
    main.push(json!({"op": "spawn", "coro": "waiter", "args": ["b"], "as": "b"}));
    main.extend(moment.as_array().cloned().unwrap_or_default());
    main.push(json!({"op": "emit", "args": ["$c"]}));
    main.push(json!({"op": "sleep", "delay": 5}));
    main.extend(wait.wake.as_array().cloned().unwrap_or_default());
    main.push(json!({"op": "wait", "fs": ["a", "b"], "timeout": 5, "done": "d", "pending": "p"}));
    main.push(json!({"op": "emit", "args": ["$d", "$p"]}));
    let guard = json!({"op": "call_later", "delay": 40, "body": [{"op": "stop"}]});
    let run = json!({"op": "run", "coro": "main", "args": []});
    let mut coros = helpers();
    coros["waiter"] = json!({"params": ["me"], "body": waiter});
    coros["main"] = json!({"body": main});
    json!({"name": name, "coros": coros, "main": [guard, run, ended("a"), ended("b")]})
}

/// Tells what a task came to.
fn ended(task: &str) -> Json {
    json!({"op": "try",
        "body": [{"op": "get", "f": task, "what": "result", "to": "r"}, {"op": "emit", "args": [task, "$r"]}],
        "except": [{"match": ["BaseException"], "as": "e", "body": [{"op": "emit", "args": [task, "$e"]}]}]})
}

fn helpers() -> Json {
    let refuse = json!({"op": "try", "body": [{"op": "await", "f": "f", "to": "x"}], "except": [
        {"match": ["CancelledError"], "body": [{"op": "emit", "args": ["refuses"]}, {"op": "sleep", "delay": 2}, {"op": "let", "to": "x", "value": "refused"}]}]});
    json!({
        "inner": {"params": ["d"], "body": [{"op": "sleep", "delay": "$d"}, {"op": "emit", "args": ["inner"]}, {"op": "return", "value": "i"}]},
        "on_f": {"params": ["how"], "body": [
            {"op": "if", "cond": {"op": "==", "a": "$how", "b": "refuse"}, "then": [refuse], "else": [{"op": "await", "f": "f", "to": "x"}]},
            {"op": "return", "value": "$x"}]},
    })
}
