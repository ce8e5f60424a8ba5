//! The program `replay-event-loop`: what it prints, how it ends, and what it says about bad input.

use crate::support::replay::{File, Program};

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_replay-event-loop"),
    name: "replay-event-loop",
};

#[test]
fn a_good_scenario_is_replayed() {
    PROGRAM.assert_prints_recorded("event-loop/spinner.json");
}

#[test]
fn a_missing_file_is_named() {
    PROGRAM.assert_names_missing_file();
}

#[test]
fn one_argument_is_expected() {
    PROGRAM.assert_refuses(&["a", "b"]);
}

#[test]
fn text_that_is_not_a_scenario_is_located() {
    PROGRAM.assert_complains("loop-empty", "", "1: EOF while parsing a value", "");
    PROGRAM.assert_complains(
        "loop-list",
        "\n[]",
        "2: expected an object, found an array",
        "",
    );
    PROGRAM.assert_complains("loop-keys", "{\"coros\": {}}", "1: missing key 'main'", "");
    PROGRAM.assert_complains("loop-latin1", b"{\n\"\xe9\": 1}", "2: not UTF-8", "");
}

/// A scenario whose coroutine `main` has these statements, the first on line 2, and is run, on the
/// line after them.
fn scenario(body: &str) -> String {
    format!(
        "{{\"coros\": {{\"c\": {{\"params\": [\"p\"], \"body\": []}}, \"main\": {{\"body\": [\n{body}\n]}}}},\
         \"main\": [{{\"op\":\"run\",\"coro\":\"main\"}}]}}"
    )
}

/// A scenario whose program consists of these statements, the first on line 2.
fn program(main: &str) -> String {
    format!("{{\"coros\": {{\"c\": {{\"body\": []}}}}, \"main\": [\n{main}\n]}}")
}

#[test]
fn a_malformed_statement_in_a_coroutine_is_located() {
    let cases = [
        (r#"{"op":"jump"}"#, "2: unknown op 'jump' in a coroutine"),
        (
            r#"{"op":"run_forever"}"#,
            "2: unknown op 'run_forever' in a coroutine",
        ),
        (
            "{\"op\":\"spawn\",\"as\":\"t\",\n\"coro\":\"d\"}",
            "3: unknown coroutine 'd'",
        ),
        (
            r#"{"op":"call","coro":"c","args":[]}"#,
            "2: 'c' has 1 parameters, not 0",
        ),
        (r#"{"op":"sleep"}"#, "2: missing key 'delay'"),
        (
            r#"{"op":"get","f":"f","what":"loop"}"#,
            "2: a future has no 'loop' to get",
        ),
        (
            r#"{"op":"wait","fs":[],"until":"NEVER"}"#,
            "2: cannot wait until 'NEVER'",
        ),
        (
            r#"{"op":"make","kind":"barrier","as":"B"}"#,
            "2: unknown kind 'barrier'",
        ),
        (
            r#"{"op":"do","on":"Q","m":"peek"}"#,
            "2: unknown method 'peek'",
        ),
        (
            r#"{"op":"do","on":"Q","m":"put","args":[]}"#,
            "2: expected one argument",
        ),
        (
            r#"{"op":"gather","fs":[],"as":"g","return_exceptions":1}"#,
            "2: expected a boolean, found a number",
        ),
        (
            r#"{"op":"call_soon","body":[{"op":"sleep","delay":0}]}"#,
            "2: unknown op 'sleep' in a callback",
        ),
        (
            r#"{"op":"call_soon","body":[{"op":"do","on":"L","m":"acquire"}]}"#,
            "2: 'acquire' waits, which only a coroutine can",
        ),
        (
            r#"{"op":"repeat","times":1,"body":[{"op":"call_soon","body":[{"op":"break"}]}]}"#,
            "2: 'break' without a 'repeat' that it may leave",
        ),
    ];
    for (i, (statement, complaint)) in cases.into_iter().enumerate() {
        PROGRAM.assert_complains(&format!("loop-coro{i}"), scenario(statement), complaint, "");
    }
}

#[test]
fn a_malformed_statement_in_main_is_located() {
    let cases = [
        (
            r#"{"op":"sleep","delay":1}"#,
            "2: unknown op 'sleep' in main",
        ),
        (
            r#"{"op":"return","value":1}"#,
            "2: unknown op 'return' in main",
        ),
        (r#"{"op":"run"}"#, "2: missing key 'f'"),
        (
            "{\"op\":\"stop\"},\n{\"op\":\"gather\",\"fs\":[],\"as\":\"g\"}",
            "3: unknown op 'gather' in main",
        ),
    ];
    for (i, (statement, complaint)) in cases.into_iter().enumerate() {
        PROGRAM.assert_complains(&format!("loop-main{i}"), program(statement), complaint, "");
    }
}

#[test]
fn a_failure_while_running_is_located_and_follows_the_trace() {
    let before = "{\"op\":\"emit\",\"args\":[\"before\"]},\n";
    let cases = [
        (r#"{"op":"await","f":"f"}"#, "3: nothing is named 'f'"),
        (
            r#"{"op":"make","kind":"lock","as":"L"},{"op":"await","f":"L"}"#,
            "3: expected what can be awaited, found a lock",
        ),
        (
            r#"{"op":"make","kind":"lock","as":"L"},{"op":"do","on":"L","m":"get"}"#,
            "3: a lock has no such method",
        ),
        (
            r#"{"op":"sleep","delay":"1"}"#,
            "3: 'delay' must be an integer, not '1'",
        ),
        (
            r#"{"op":"sleep","delay":9223372036854775807}"#,
            "3: a time is too late",
        ),
        (
            r#"{"op":"wait","fs":[1]}"#,
            "3: expected a list of names, not 1",
        ),
        (
            r#"{"op":"future","as":1}"#,
            "3: a name must be a string, not 1",
        ),
        (
            "{\"op\":\"call_soon\",\"body\":[\n{\"op\":\"raise\",\"exc\":\"KeyError\"}]},{\"op\":\"sleep\",\"delay\":1}",
            "4: KeyError() leaves a callback",
        ),
        (
            "{\"op\":\"future\",\"as\":\"f\"},{\"op\":\"await\",\"f\":\"f\"}\n",
            "5: the run waits for what never comes",
        ),
    ];
    for (i, (statement, complaint)) in cases.into_iter().enumerate() {
        let text = scenario(&format!("{before}{statement}"));
        PROGRAM.assert_complains(&format!("loop-run{i}"), text, complaint, "0 main before\n");
    }
}

#[test]
fn an_exception_out_of_main_is_a_failure() {
    let text = program(
        "{\"op\":\"future\",\"as\":\"f\"},\n{\"op\":\"get\",\"f\":\"f\",\"what\":\"result\"}",
    );
    PROGRAM.assert_complains(
        "loop-leaves",
        text,
        "3: InvalidStateError() leaves main",
        "",
    );
    let text = program("{\"op\":\"run_forever\"}");
    PROGRAM.assert_complains(
        "loop-forever",
        text,
        "2: the run waits for what never comes",
        "",
    );
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let statement = format!("{{\"op\":\"emit\",\"args\":[{open}{close}]}}");
    let complaint = "2: nested more than 64 levels deep";
    PROGRAM.assert_complains("loop-deep", scenario(&statement), complaint, "");
}

/// Checks the trace of a scenario that is run to its end.
fn assert_trace(name: &str, text: &str, trace: &str) {
    let file = File::new(name, text);
    PROGRAM.assert_prints(&file.0, trace);
}

#[test]
fn the_deepest_nesting_allowed_fits_a_coroutines_stack() {
    let (open, close) = (
        "{\"op\":\"try\",\"body\":[".repeat(63),
        "],\"finally\":[]}".repeat(63),
    );
    let text = scenario(&format!("{open}{{\"op\":\"sleep\",\"delay\":1}}{close}"));
    assert_trace("loop-deepest", &text, "1 - return None\n");
}

#[test]
fn calls_a_thousand_deep_work() {
    let text = r#"{"coros":{"c":{"params":["n"],"body":[
        {"op":"if","cond":"$n","then":[
            {"op":"call","coro":"c","args":[{"op":"-","a":"$n","b":1}],"to":"r"},
            {"op":"return","value":{"op":"+","a":"$r","b":1}}]},
        {"op":"sleep","delay":1,"value":0,"to":"r"},{"op":"return","value":"$r"}]}},
        "main":[{"op":"run","coro":"c","args":[1000]}]}"#;
    assert_trace("loop-calls", text, "1 - return 1000\n");
}

#[test]
fn times_before_the_beginning_keep_their_order() {
    let text = program(
        r#"{"op":"call_at","when":-1,"body":[{"op":"emit","args":["second"]}]},
        {"op":"call_later","delay":-2,"body":[{"op":"emit","args":["first"]},{"op":"stop"}]},
        {"op":"run_forever"}"#,
    );
    assert_trace("loop-past", &text, "0 - first\n0 - second\n0 - stopped\n");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let more = r#"{"op":"repeat","times":null,"body":[{"op":"emit","args":["more"]}]}"#;
    let file = File::new("loop-pipe", program(more));
    PROGRAM.assert_ends_with_its_reader(&file.0, "0 - more\n");
    let file = File::new("loop-pipe-coroutine", scenario(more));
    PROGRAM.assert_ends_with_its_reader(&file.0, "0 main more\n");
}
