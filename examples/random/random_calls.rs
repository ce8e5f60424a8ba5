//! Makes random calls of the random functions, here and in CPython, and compares the results to the last bit.

#[path = "random_calls/functions.rs"]
mod functions;
#[path = "random_calls/invent.rs"]
mod invent;

use std::io::{Read, Write};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use examples::random::Random;
use serde_json::{Value as Json, json};

use functions::{FUNCTIONS, Function};
use invent::Inventor;

/// One of no digit, of one and of many digits of 32 bits.
const SEEDS: [&str; 5] = [
    "0",
    "1",
    "-20261121",
    "18446744073709551617",
    "123456789012345678901234567890123456789012345678901234567890",
];

const CALLS_OF_A_SEED: usize = 10_000;

/// A call, and its result here.
struct Call {
    seed: &'static str,
    call: Json,
    result: String,
}

#[test]
fn random_calls_give_what_they_give_in_cpython() {
    if !has_python() {
        eprintln!("skipped: there is no python3 of version 3.11");
        return;
    }
    let mut input = String::new();
    let mut calls = Vec::new();
    for (number, seed) in SEEDS.into_iter().enumerate() {
        input += &format!("{}\n", json!(seed));
        for call in make_calls(seed, &mut Inventor::new(number)) {
            input += &format!("{}\n", call.call);
            calls.push(call);
        }
    }
    let output = python(&input);
    assert_eq!(output.lines().count(), calls.len());
    for (nth, (ours, theirs)) in calls.iter().zip(output.lines()).enumerate() {
        let Call { seed, call, result } = ours;
        assert_eq!(result, theirs, "seed {seed}, call {nth}: {call}");
    }
    assert_each_function_was_compared(&calls);
}

/// Checks that the calls could find something: each function has results, and not only errors.
fn assert_each_function_was_compared(calls: &[Call]) {
    for Function { name, .. } in FUNCTIONS {
        let good = calls
            .iter()
            .filter(|call| call.call[0] == *name && call.result != "error");
        assert!(good.count() > 1000, "{name}");
    }
    let errors = calls.iter().filter(|call| call.result == "error").count();
    assert!(errors > 1000, "{errors} errors");
}

fn make_calls(seed: &'static str, inventor: &mut Inventor) -> Vec<Call> {
    let mut random = Random::new(&seed.parse().expect("an integer"));
    (0..CALLS_OF_A_SEED)
        .map(|_| {
            let function = inventor.one_of(FUNCTIONS);
            let arguments = (function.invent)(inventor);
            let mut call = vec![json!(function.name)];
            call.extend_from_slice(&arguments);
            Call {
                seed,
                call: Json::Array(call),
                result: run(function, &mut random, &arguments),
            }
        })
        .collect()
}

/// Returns what a call gives, in the words of the script.
fn run(function: &Function, random: &mut Random, arguments: &[Json]) -> String {
    let call = AssertUnwindSafe(|| (function.call)(random, arguments));
    // A panic is a result here: it prints no message.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ()));
    let result = catch_unwind(call);
    panic::set_hook(hook);
    result.unwrap_or_else(|_| "error".to_owned())
}

/// Returns whether there is a Python whose numbers are those of CPython 3.11.
fn has_python() -> bool {
    let check = "import sys; sys.exit(sys.version_info[:2] != (3, 11))";
    let status = Command::new("python3").args(["-c", check]).status();
    status.is_ok_and(|status| status.success())
}

/// Returns what the script prints for this input.
fn python(input: &str) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("random/random_calls.py");
    let mut child = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start python3");
    let mut to = child.stdin.take().expect("piped");
    let mut from = child.stdout.take().expect("piped");
    let mut output = String::new();
    // Written by another thread: with both pipes full, each side would wait for the other.
    thread::scope(|scope| {
        scope.spawn(move || to.write_all(input.as_bytes()).expect("the script reads"));
        from.read_to_string(&mut output).expect("results");
    });
    assert!(child.wait().expect("the script ends").success());
    output
}
