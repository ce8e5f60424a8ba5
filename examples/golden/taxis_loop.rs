//! The taxi simulation on the event loop: it prints what the one without a loop prints.

use std::collections::HashSet;

use crate::harness::{check, stdout};

const LOOP: &str = "taxi_sim_loop";

#[test]
fn runs_print_what_the_python_program_prints() {
    let runs = [
        ("-s 3 -e 120", "taxi_seed3_end120.txt"),
        ("-s 10 -t 2", "taxi_seed10_taxis2.txt"),
        ("-s 42 -t 7 -e 60", "taxi_seed42_taxis7_end60.txt"),
        ("-s 1 -t 0", "taxi_taxis0.txt"),
        ("-s 1 -e 0", "taxi_end0.txt"),
        ("-s 1 -t 20 -e 500", "taxi_taxis20_end500.txt"),
    ];
    for (options, golden) in runs {
        check(LOOP, &options.split(' ').collect::<Vec<_>>(), golden);
    }
}

/// Returns how many events happen in the same minute as another taxi's.
fn ties(printed: &str) -> usize {
    let mut minutes = HashSet::new();
    let events = printed.lines().filter_map(|line| {
        let (_, fields) = line.split_once("Event(time=")?;
        fields.split_once(',').map(|(time, _)| time)
    });
    events.filter(|time| !minutes.insert(*time)).count()
}

#[test]
fn runs_print_what_the_generators_print_also_when_taxis_tie() {
    let mut tied = 0;
    for seed in 0..54_usize {
        let taxis = [1, 2, 3, 10, 40, 150][seed % 6].to_string();
        let end_time = ["30", "180", "100000"][seed / 6 % 3];
        let args = ["-s", &seed.to_string(), "-t", &taxis, "-e", end_time];
        let printed = stdout("taxi_sim", &args);
        tied += ties(&printed);
        assert!(stdout(LOOP, &args) == printed, "{args:?}");
    }
    assert!(tied > 1000, "too few ties to prove anything: {tied}");
}

#[test]
fn a_run_that_ends_with_the_last_event_has_nothing_pending() {
    // The last event of a single taxi is the end of events or of the time, which comes first.
    let runs = (60..100).map(|end_time| (1, end_time));
    for (taxis, end_time) in runs.chain([(0, 0), (0, 1), (2, -1)]) {
        let (taxis, end_time) = (taxis.to_string(), end_time.to_string());
        let args = ["-s", "2", "-t", &taxis, "-e", &end_time];
        assert_eq!(stdout(LOOP, &args), stdout("taxi_sim", &args), "{args:?}");
    }
}

#[test]
fn summaries_agree_but_for_the_speed() {
    let args = ["-s", "1", "-t", "1000", "--summary"];
    let figures = |name| {
        let summary = stdout(name, &args);
        let lines = summary.lines().filter(|line| !line.starts_with("speed:"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(figures(LOOP), figures("taxi_sim"));
}
