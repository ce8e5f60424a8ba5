//! The program `replay-generators`: what it prints, how it ends, and what it says about bad input.

use crate::support::replay::{File, Program};

const PROGRAM: Program = Program {
    path: env!("CARGO_BIN_EXE_replay-generators"),
    name: "replay-generators",
};

#[test]
fn a_good_scenario_is_replayed() {
    PROGRAM.assert_prints_recorded("generators/taxi.json");
}

#[test]
fn a_missing_file_is_named() {
    PROGRAM.assert_names_missing_file();
}

#[test]
fn one_argument_is_expected() {
    PROGRAM.assert_refuses(&[]);
}

#[test]
fn text_that_is_not_json_is_located() {
    PROGRAM.assert_complains("empty", "", "1: EOF while parsing a value", "");
    PROGRAM.assert_complains(
        "cut",
        "{\n\"gens\": {\n",
        "3: EOF while parsing an object",
        "",
    );
    PROGRAM.assert_complains(
        "comma",
        "{\n\"gens\": {},\n}",
        "3: key must be a string",
        "",
    );
    PROGRAM.assert_complains("latin1", b"{\n\"\xe9\": 1}", "2: not UTF-8", "");
    PROGRAM.assert_complains(
        "surrogate",
        "{\"gens\": {}, \"drive\": [\n{\"op\":\n\"\\ud800\"}]}",
        "3: unexpected end of hex escape",
        "",
    );
}

/// Checks a complaint about the statements of a driver, the first of which stands on line 3.
fn assert_complains_about(name: &str, statements: &str, complaint: &str, trace: &str) {
    let text = format!(
        "{{\"gens\": {{\"g\": {{\"params\": [\"p\"], \"body\": []}}}},\n \"drive\": [\n{statements}\n]}}"
    );
    PROGRAM.assert_complains(name, text, complaint, trace);
}

#[test]
fn a_malformed_statement_is_located() {
    let cases = [
        (
            "{\"op\":\"emit\",\"args\":[]},\n{\"op\":\"jump\"}",
            "4: unknown op 'jump' in the driver",
        ),
        (
            "{\"op\":\"yield\",\"value\":1}",
            "3: unknown op 'yield' in the driver",
        ),
        ("{\"op\":\"next\"}", "3: missing key 'g'"),
        ("\n\n{\"g\":\"G\"}", "5: missing key 'op'"),
        (
            "{\"op\":\"let\",\n\"to\":\n7,\"value\":1}",
            "5: expected a string, found a number",
        ),
        (
            "{\"op\":\"let\",\"to\":\"x\",\n\"value\":1.5}",
            "4: expected an integer of 64 bits, found 1.5",
        ),
        (
            "{\"op\":\"let\",\"to\":\"x\",\"value\":[\n9223372036854775808]}",
            "4: expected an integer of 64 bits, found 9223372036854775808",
        ),
        (
            "{\"op\":\"let\",\"to\":\"x\",\"value\":true}",
            "3: expected an expression, found a boolean",
        ),
        (
            "{\"op\":\"new\",\"slot\":\"G\",\n\"gen\":\"h\"}",
            "4: unknown generator 'h'",
        ),
        (
            "{\"op\":\"new\",\"slot\":\"G\",\"gen\":\"g\"}",
            "3: 'g' has 1 parameters, not 0",
        ),
        (
            "{\"op\":\"let\",\"to\":\"x\",\"value\":{\"a\":1,\"b\":2,\n\"op\":\"%\"}}",
            "4: unknown operator '%'",
        ),
        (
            "{\"op\":\"break\"}",
            "3: 'break' without a 'repeat' that it may leave",
        ),
        ("[]", "3: expected an object, found an array"),
    ];
    for (i, (statements, complaint)) in cases.into_iter().enumerate() {
        assert_complains_about(&format!("shape{i}"), statements, complaint, "");
    }
}

#[test]
fn a_failure_while_running_is_located_and_follows_the_trace() {
    let before = "{\"op\":\"emit\",\"args\":[\"before\"]},\n";
    let cases = [
        ("{\"op\":\"next\",\"g\":\"G\"}", "4: slot 'G' is empty"),
        (
            "{\"op\":\"let\",\"to\":\"x\",\"value\":{\"op\":\"*\",\"a\":9223372036854775807,\"b\":2}}",
            "4: an integer does not fit 64 bits",
        ),
        (
            "{\"op\":\"emit\",\"args\":[{\"op\":\"//\",\"a\":1,\"b\":0}]}",
            "4: ZeroDivisionError('division by zero') in the driver",
        ),
        (
            "{\"op\":\"iter\",\"slot\":\"I\",\"value\":[]},\n{\"op\":\"next\",\"g\":\"I\"}",
            "5: slot 'I' holds a plain iterator",
        ),
    ];
    for (i, (statement, complaint)) in cases.into_iter().enumerate() {
        assert_complains_about(
            &format!("run{i}"),
            &format!("{before}{statement}"),
            complaint,
            "emit before\n",
        );
    }
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    let statement = format!("{{\"op\":\"emit\",\"args\":[{open}{close}]}}");
    assert_complains_about("deep", &statement, "3: nested more than 64 levels deep", "");
}

#[test]
fn the_deepest_nesting_allowed_fits_a_generators_stack() {
    let (open, close) = (
        "{\"op\":\"try\",\"body\":[".repeat(63),
        "],\"finally\":[]}".repeat(63),
    );
    let text = format!(
        "{{\"gens\":{{\"g\":{{\"body\":[{open}{{\"op\":\"yield\",\"value\":1}}{close}]}}}},\
          \"drive\":[{{\"op\":\"new\",\"gen\":\"g\",\"slot\":\"G\"}},{{\"op\":\"exhaust\",\"g\":\"G\"}}]}}"
    );
    let file = File::new("deepest", text);
    PROGRAM.assert_prints(&file.0, "G: item 1\nG: end\n");
}

/// A chain of `depth` generators, which yields once at its bottom, and then is closed or ends.
fn chain(depth: u32, last: &str) -> String {
    format!(
        r#"{{"gens":{{"g":{{"params":["n"],"body":[
        {{"op":"if","cond":"$n","then":[{{"op":"from","to":"r","source":{{"gen":"g","args":[{{"op":"-","a":"$n","b":1}}]}}}},
        {{"op":"return","value":{{"op":"+","a":"$r","b":1}}}}]}},
        {{"op":"yield","value":"bottom"}},{{"op":"return","value":0}}]}}}},
        "drive":[{{"op":"new","gen":"g","args":[{depth}],"slot":"G"}},{{"op":"next","g":"G"}},{{"op":"{last}","g":"G"}}]}}"#
    )
}

#[test]
fn chains_of_ten_thousand_generators_work() {
    for (last, outcome) in [
        ("next", "G: return 10000\n"),
        ("close", "G: closed\n"),
        ("del", ""),
    ] {
        let file = File::new(&format!("chain-{last}"), chain(10_000, last));
        PROGRAM.assert_prints(&file.0, &format!("G: yield 'bottom'\n{outcome}"));
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let forever =
        "{\"op\":\"repeat\",\"times\":null,\"body\":[{\"op\":\"emit\",\"args\":[\"more\"]}]}";
    let file = File::new("pipe", format!("{{\"gens\":{{}},\"drive\":[{forever}]}}"));
    PROGRAM.assert_ends_with_its_reader(&file.0, "emit more\n");
}
