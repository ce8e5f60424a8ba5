//! Scenarios whose traces CPython has to be asked for: invented at random, and systematic ones.
//!
//! `YIELDFROM_FUZZ=count` compares that many random scenarios and all combinations, from the seed in
//! `YIELDFROM_FUZZ_SEED` on.

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value as Json;
use tests::generators::reference::Reference;
use tests::generators::{Player, Stop, Trace, directed, parse, random, shrink};
use yieldfrom_delegation::stack;

/// How many statements a scenario may run: some would never end.
const BUDGET: u64 = 5_000;
/// How many scenarios that differ are made small and written to files: each takes seconds.
const MOST_RECORDED: usize = 3;

/// Runs a scenario in this process; none if it is not a fair one.
fn play(scenario: &Json) -> Option<String> {
    let parsed = parse(scenario.to_string().as_bytes()).ok()?;
    let trace = Trace::default();
    let before = stack::stats().live;
    let player = Player::with_budget(parsed, trace.clone(), BUDGET);
    let outcome = player.play();
    drop(player);
    match outcome {
        Ok(()) => assert_eq!(
            stack::stats().live,
            before,
            "a stack is still in use after {scenario}"
        ),
        Err(Stop::Output(error)) => panic!("{error}"),
        Err(_) => return None,
    }
    Some(trace.text())
}

/// Returns whether both sides run the scenario, and do not agree.
fn differs(reference: &Reference, scenario: &Json) -> bool {
    let Some(ours) = play(scenario) else {
        return false;
    };
    reference
        .trace(scenario)
        .is_some_and(|theirs| theirs != ours)
}

/// Compares scenarios, writes small ones of those that differ to files, and returns their number
/// and these.
fn compare(scenarios: impl Iterator<Item = Json>) -> Option<(usize, Vec<PathBuf>)> {
    let Some(reference) = Reference::find() else {
        eprintln!("skipped: there is no python3 of version 3.11 or newer");
        return None;
    };
    let (mut compared, mut unknown, mut different) = (0, 0, Vec::new());
    let mut fair = scenarios
        .filter_map(|scenario| Some((play(&scenario)?, scenario)))
        .peekable();
    while fair.peek().is_some() {
        let (ours, batch): (Vec<_>, Vec<_>) = fair.by_ref().take(500).unzip();
        let theirs = reference.traces(&batch).unwrap();
        compared += batch.len();
        unknown += theirs.iter().filter(|theirs| theirs.is_none()).count();
        for ((ours, theirs), scenario) in ours.iter().zip(&theirs).zip(batch) {
            let differs = theirs.as_ref().is_some_and(|theirs| theirs != ours);
            if differs && different.len() < MOST_RECORDED {
                different.push(record(&reference, scenario));
            }
        }
    }
    assert!(
        unknown <= 1 + compared / 1000,
        "the reference failed in {unknown} of {compared} scenarios"
    );
    compared -= unknown;
    Some((compared, different))
}

/// Writes a scenario that differs, made as small as it gets, to a file.
fn record(reference: &Reference, scenario: Json) -> PathBuf {
    let small = shrink::shrink(scenario, |smaller| differs(reference, smaller));
    let theirs = reference.trace(&small).unwrap_or_default();
    let name = small["name"]
        .as_str()
        .unwrap_or("scenario")
        .replace(' ', "-");
    let file = env::temp_dir().join(format!("yieldfrom-{name}.json"));
    fs::write(&file, serde_json::to_string_pretty(&small).unwrap()).unwrap();
    fs::write(file.with_extension("trace"), &theirs).unwrap();
    let ours = play(&small).unwrap_or_default();
    eprintln!(
        "{}:\n{small:#}\nCPython:\n{theirs}here:\n{ours}",
        file.display()
    );
    file
}

fn number(variable: &str, default: u64) -> u64 {
    env::var(variable).map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn random_scenarios_run_as_in_cpython() {
    let (count, seed) = (
        number("YIELDFROM_FUZZ", 500),
        number("YIELDFROM_FUZZ_SEED", 1),
    );
    let Some((compared, different)) = compare((seed..seed + count).map(random::scenario)) else {
        return;
    };
    eprintln!("{compared} of {count} random scenarios are fair and were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(
        compared as u64 * 2 > count,
        "most of what is invented is not fair"
    );
}

#[test]
fn combined_scenarios_run_as_in_cpython() {
    // All take a while. A step of 3 still meets every operation, reaction and setting.
    let step = if env::var_os("YIELDFROM_FUZZ").is_some() {
        1
    } else {
        3
    };
    let Some((compared, different)) = compare(directed::scenarios().step_by(step)) else {
        return;
    };
    eprintln!("{compared} combined scenarios were compared");
    assert!(different.is_empty(), "{different:#?}");
    assert!(compared * step > 1500, "{compared}");
}

#[test]
fn random_scenarios_come_to_what_is_interesting() {
    let traces: Vec<_> = (1..400)
        .filter_map(|seed| play(&random::scenario(seed)))
        .collect();
    for wanted in [
        "already executing",
        "just-started",
        "ignored GeneratorExit",
        "raised StopIteration",
        "has no send",
        "state RUNNING",
        "state CREATED",
        ": closed",
        ": stop",
        ": end",
        "emit finally",
        "emit caught",
    ] {
        let found = traces.iter().filter(|trace| trace.contains(wanted)).count();
        assert!(found >= 4, "{wanted}: {found}");
    }
}
