//! The taxi simulation: its output and its errors.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::harness::{check, command, run, scratch, stdout};

pub(crate) const TAXI_SIM: &str = "taxi_sim";
/// The simulation and the one on the event loop, which fail in the same way.
const BOTH: [&str; 2] = [TAXI_SIM, "taxi_sim_loop"];

/// An event as it is printed.
pub(crate) struct Event {
    pub(crate) time: i64,
    pub(crate) proc: usize,
    pub(crate) action: String,
}

pub(crate) fn events(printed: &str) -> Vec<Event> {
    printed.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    let (_, fields) = line.strip_suffix("')")?.split_once("Event(time=")?;
    let (time, fields) = fields.split_once(", proc=")?;
    let (proc, action) = fields.split_once(", action='")?;
    Some(Event {
        time: time.parse().ok()?,
        proc: proc.parse().ok()?,
        action: action.to_owned(),
    })
}

#[test]
fn runs_print_what_the_python_program_prints() {
    let runs = [
        ("-s 3 -e 120", "taxi_seed3_end120.txt"),
        ("-s 10 -t 2", "taxi_seed10_taxis2.txt"),
        ("-s 42 -t 7 -e 60", "taxi_seed42_taxis7_end60.txt"),
        ("-s 123456789012345678901234567890", "taxi_seed_big.txt"),
        ("-s -7", "taxi_seed_minus7.txt"),
        ("-s 1 -t 0", "taxi_taxis0.txt"),
        ("-s 1 -e 0", "taxi_end0.txt"),
        ("-s 1 -t 20 -e 500", "taxi_taxis20_end500.txt"),
    ];
    for (options, golden) in runs {
        check(TAXI_SIM, &options.split(' ').collect::<Vec<_>>(), golden);
    }
}

#[test]
fn a_delay_changes_the_pace_and_nothing_else() {
    for program in BOTH {
        let run = |delay: &[&str]| {
            check(
                program,
                &[&["-s", "3", "-e", "120"], delay].concat(),
                "taxi_seed3_end120.txt",
            )
        };
        // The last event is at minute 110; nothing is known of how much longer it takes.
        let began = Instant::now();
        run(&["-d", "0.002"]);
        assert!(began.elapsed() >= Duration::from_millis(220));
        run(&["--delay=0"]);
        run(&["--del", "1e-9"]);
        assert_eq!(
            stdout(program, &["-d", "-t", "0"]),
            "*** end of events ***\n"
        );
        let once = stdout(program, &["-t", "1", "-e", "1", "-s", "1", "-d"]);
        assert_eq!(once, stdout(program, &["-t", "1", "-e", "1", "-s", "1"]));
        for bad in ["-1", "x", "nan", "inf"] {
            let output = crate::harness::run(program, &[&format!("--delay={bad}")]);
            assert_eq!(output.status.code(), Some(2), "{bad}");
        }
    }
}

#[test]
fn an_event_is_seen_before_the_next_has_its_time() {
    for program in BOTH {
        let mut command = command(program);
        command.args(["-s", "3", "-d", "100000"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        lines.read_line(&mut line).unwrap();
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.contains("leave garage"), "{line}");
        line.clear();
        lines.read_line(&mut line).unwrap();
        assert_eq!(line, "", "its time is two days later");
    }
}

#[test]
fn numbers_are_taken_as_argparse_takes_them() {
    let plain = stdout(TAXI_SIM, &["-s", "-5", "-t", "2", "-e", "1000"]);
    let same = [
        ["-s", "+5", "-t", "+2", "-e", "1_000"],
        ["-s", " -5 ", "--taxis", "02", "--end-time", "1000"],
        ["-s", "5", "--tax", "2", "--end", "1000"],
    ];
    for args in same {
        assert_eq!(stdout(TAXI_SIM, &args), plain, "{args:?}");
    }
    assert_eq!(
        stdout(TAXI_SIM, &["-t", "-1"]),
        stdout(TAXI_SIM, &["-t", "0"])
    );
    assert_eq!(
        stdout(TAXI_SIM, &["-e", "-1"]),
        stdout(TAXI_SIM, &["-e", "0"])
    );
    let forever = stdout(TAXI_SIM, &["-e", "1000000000000000000000"]);
    assert!(forever.ends_with("*** end of events ***\n"), "{forever}");
}

#[test]
fn bad_options_give_status_2() {
    let cases = [
        ["-s", "five"],
        ["-s", ""],
        ["-e", "1.5"],
        ["-t", "1__0"],
        ["-t", "0x10"],
        ["-s", "-t"],
        ["--delay", "three"],
        ["--summary", "3"],
    ];
    for args in cases {
        let output = run(TAXI_SIM, &args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(
            output.stderr.starts_with(b"error: ") && output.stdout.is_empty(),
            "{args:?}: {output:?}"
        );
    }
}

#[test]
fn a_run_without_a_seed_tells_its_seed() {
    let output = run(TAXI_SIM, &[]);
    let told = String::from_utf8(output.stderr).unwrap();
    let seed = told
        .strip_prefix("seed: ")
        .and_then(|seed| seed.strip_suffix('\n'))
        .expect(&told);
    assert_eq!(stdout(TAXI_SIM, &["-s", seed]).into_bytes(), output.stdout);
    assert_ne!(
        run(TAXI_SIM, &[]).stderr,
        told.into_bytes(),
        "the same seed twice"
    );
}

#[test]
fn a_closed_pipe_ends_quietly() {
    BOTH.iter().for_each(|name| close_the_pipe_of(name));
}

fn close_the_pipe_of(name: &str) {
    let mut taxi_sim = command(name);
    taxi_sim
        .args(["-t", "300", "-e", "5000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = taxi_sim.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(line.contains("leave garage"), "{line}");
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{name}: {output:?}"
    );
}

#[test]
fn a_picture_that_cannot_be_written_is_an_error_before_the_run() {
    let path = scratch("no such folder/taxis.svg");
    let output = run(TAXI_SIM, &["--svg", path.to_str().unwrap()]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(output.stdout.is_empty(), "it ran");
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(
        complaint.contains("create ") && complaint.contains("taxis.svg"),
        "{complaint}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = || {
        std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap()
    };
    let runs = [&["-s", "1"][..], &["-s", "1", "--summary"]];
    for (name, args) in BOTH.iter().flat_map(|name| runs.map(|args| (name, args))) {
        let output = command(name).args(args).stdout(full()).output().unwrap();
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(
            complaint.starts_with(&format!("{name}: print the ")),
            "{complaint}"
        );
    }
}

#[test]
fn a_fleet_beyond_all_memory_is_an_error() {
    for name in BOTH {
        let output = run(name, &["-t", "1000000000000000000000"]);
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{complaint}");
        assert!(
            complaint.starts_with(&format!("{name}: make ")) && complaint.lines().count() == 1,
            "{complaint}"
        );
    }
}
