//! The ways to wait.

use serde_json::{Value as Json, json};

/// A way to wait.
#[derive(Clone)]
pub(super) struct Wait {
    pub(super) name: &'static str,
    /// What main does before anybody waits.
    pub(super) setup: Json,
    /// The statement that waits, or several.
    pub(super) wait: Json,
    /// What ends the wait of one who waits.
    pub(super) wake: Json,
}

impl Wait {
    fn new(name: &'static str, setup: Json, wait: Json, wake: Json) -> Self {
        Self {
            name,
            setup,
            wait,
            wake,
        }
    }

    /// Waits for the future `f`, in some way, until it has a result.
    fn for_f(name: &'static str, wait: Json) -> Self {
        Self::new(name, json!([f()]), wait, json!([set_f()]))
    }
}

pub(super) fn waits() -> Vec<Wait> {
    let all = [
        for_one(),
        for_several(),
        with_limit(),
        on_locks(),
        on_queues(),
    ];
    all.into_iter().flatten().collect()
}

/// Makes the future `f`.
fn f() -> Json {
    json!({"op": "future", "as": "f"})
}

fn set_f() -> Json {
    guarded(json!({"op": "set_result", "f": "f", "value": "v"}))
}

/// Runs a statement that may come too late, or too early.
fn guarded(statement: Json) -> Json {
    json!({"op": "try", "body": [statement], "except": [
        {"match": ["Exception"], "as": "e", "body": [{"op": "emit", "args": ["$e"]}]}]})
}

/// A coroutine that sleeps.
fn inner(delay: i32) -> Json {
    json!({"coro": "inner", "args": [delay], "as": "i"})
}

/// A coroutine that waits for `f`, and refuses to be cancelled.
fn refusing() -> Json {
    json!({"coro": "on_f", "args": ["refuse"], "as": "r"})
}

fn for_one() -> Vec<Wait> {
    let none = || json!([]);
    let await_f = json!({"op": "await", "f": "f", "to": "x"});
    let fail = guarded(json!({"op": "set_exception", "f": "f", "exc": "AppError"}));
    let sleep = |delay: i32| json!({"op": "sleep", "delay": delay, "value": delay, "to": "x"});
    let call = json!({"op": "call", "coro": "inner", "args": [2], "to": "x"});
    let itself = json!({"op": "await", "f": "$me", "to": "x"});
    let task = |how: &str| json!([f(), {"op": "spawn", "coro": "on_f", "args": [how], "as": "t"}]);
    let await_t = json!({"op": "await", "f": "t", "to": "x"});
    let set = json!([set_f()]);
    vec![
        Wait::new("sleep 0", none(), sleep(0), none()),
        Wait::new("sleep 2", none(), sleep(2), none()),
        Wait::new("call", none(), call, none()),
        Wait::new("itself", none(), itself, none()),
        Wait::for_f("future", await_f.clone()),
        Wait::new("failing future", json!([f()]), await_f, json!([fail])),
        Wait::new("task", task("pass"), await_t.clone(), set.clone()),
        Wait::new("refusing task", task("refuse"), await_t, set),
    ]
}

fn for_several() -> Vec<Wait> {
    let made = |op: Json| json!([op, {"op": "await", "f": "g", "to": "x"}]);
    let gather = |fs: Json, exceptions: bool| {
        made(json!({"op": "gather", "fs": fs, "return_exceptions": exceptions, "as": "g"}))
    };
    let shield = |f: Json| made(json!({"op": "shield", "f": f, "as": "g"}));
    let wait = |timeout: Json| json!({"op": "wait", "fs": ["f"], "timeout": timeout, "done": "x", "pending": "y"});
    let rounds = json!({"op": "as_completed", "fs": ["f"], "timeout": 3, "as": "g", "body": [
        {"op": "await", "f": "g", "to": "x"}]});
    vec![
        Wait::for_f("gather", gather(json!(["f", inner(1)]), false)),
        Wait::for_f(
            "gather exceptions",
            gather(json!(["f", inner(1), "f"]), true),
        ),
        Wait::for_f("gather refusing", gather(json!([refusing(), "f"]), false)),
        Wait::for_f("shield", shield(json!("f"))),
        Wait::for_f("shield coroutine", shield(inner(2))),
        Wait::for_f("wait", wait(Json::Null)),
        Wait::for_f("wait timeout", wait(json!(2))),
        Wait::for_f("as_completed", rounds),
    ]
}

fn with_limit() -> Vec<Wait> {
    let wait_for =
        |f: Json, timeout: Json| json!({"op": "wait_for", "f": f, "timeout": timeout, "to": "x"});
    let (none, f) = (Json::Null, json!("f"));
    vec![
        Wait::for_f("wait_for", wait_for(f.clone(), none.clone())),
        Wait::for_f("wait_for 0", wait_for(f.clone(), json!(0))),
        Wait::for_f("wait_for 2", wait_for(f, json!(2))),
        Wait::for_f("wait_for coroutine", wait_for(inner(2), none)),
        Wait::for_f("wait_for coroutine 0", wait_for(inner(2), json!(0))),
        Wait::for_f("wait_for coroutine 2", wait_for(inner(2), json!(2))),
        Wait::for_f("wait_for refusing 1", wait_for(refusing(), json!(1))),
        Wait::for_f("wait_for refusing 3", wait_for(refusing(), json!(3))),
    ]
}

/// Makes the object `O`.
fn make(kind: &str, size: i32) -> Json {
    json!({"op": "make", "kind": kind, "size": size, "as": "O"})
}

/// Calls a method of `O`.
fn call(method: &str) -> Json {
    json!({"op": "do", "on": "O", "m": method, "to": "x"})
}

fn call_with(method: &str, argument: Json) -> Json {
    json!({"op": "do", "on": "O", "m": method, "args": [argument]})
}

fn on_locks() -> Vec<Wait> {
    // Whoever has waited for a lock gives it back, so that the next one comes in.
    let held = json!([call("acquire"), {"op": "emit", "args": ["in"]}, call("release")]);
    let release = || json!([guarded(call("release"))]);
    let taken = |kind: &str, size: i32| json!([make(kind, size), call("acquire")]);
    let condition = || json!([make("condition", 0)]);
    let under_lock = |wait: Json| {
        json!([call("acquire"), {"op": "try", "body": [wait], "finally": [
            {"op": "emit", "args": ["has"]}, call("release")]}])
    };
    let until = json!({"op": "do", "on": "O", "m": "wait_for", "pred": "@n", "to": "x"});
    let now = json!({"op": "let", "to": "@n", "value": 1});
    let notify = || guarded(call_with("notify", json!(1)));
    let notified = json!([call("acquire"), now, notify(), call("release")]);
    let slowly = json!([call("acquire"), notify(), {"op": "sleep", "delay": 0}, call("release")]);
    let wait = || under_lock(call("wait"));
    vec![
        Wait::new("lock", taken("lock", 0), held.clone(), release()),
        Wait::new(
            "semaphore",
            json!([make("semaphore", 0)]),
            held.clone(),
            release(),
        ),
        Wait::new(
            "bounded semaphore",
            taken("bounded_semaphore", 1),
            held,
            release(),
        ),
        Wait::new(
            "event",
            json!([make("event", 0)]),
            call("wait"),
            json!([call("set")]),
        ),
        Wait::new("condition", condition(), wait(), notified.clone()),
        Wait::new("condition held", condition(), wait(), slowly),
        Wait::new(
            "condition wait_for",
            condition(),
            under_lock(until),
            notified,
        ),
    ]
}

fn on_queues() -> Vec<Wait> {
    let put = |item: i32| call_with("put_nowait", json!(item));
    let empty = |kind: &str| json!([make(kind, 0)]);
    let full = json!([make("queue", 1), put(0)]);
    let unfinished = json!([make("queue", 0), put(0)]);
    let get = json!([guarded(call("get_nowait"))]);
    let done = json!([guarded(call("task_done"))]);
    let put_me = call_with("put", json!("$me"));
    vec![
        Wait::new("get", empty("queue"), call("get"), json!([put(7)])),
        Wait::new(
            "get newest",
            empty("lifo_queue"),
            call("get"),
            json!([put(7)]),
        ),
        Wait::new("put", full, put_me, get),
        Wait::new("join", unfinished, call("join"), done),
    ]
}
