//! The taxi simulation: its output, its figures, its picture and its errors.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use roxmltree::{Document, Node};

use crate::harness::{check, command, run, scratch, stdout};

const TAXI_SIM: &str = "taxi_sim";
/// The simulation and the one on the event loop, which fail in the same way.
const BOTH: [&str; 2] = [TAXI_SIM, "taxi_sim_loop"];

/// An event as it is printed.
struct Event {
    time: i64,
    proc: usize,
    action: String,
}

fn events(printed: &str) -> Vec<Event> {
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

/// Returns the minutes of a fleet's legs that begin with one of `actions`, and their number.
fn legs(events: &[Event], actions: &[&str]) -> (i64, usize) {
    let ends = events.iter().enumerate().filter_map(|(at, event)| {
        let next = events[at + 1..]
            .iter()
            .find(|next| next.proc == event.proc)?;
        actions
            .contains(&event.action.as_str())
            .then_some(next.time - event.time)
    });
    ends.fold((0, 0), |(minutes, count), leg| (minutes + leg, count + 1))
}

/// Returns a figure of the summary.
fn figure(summary: &str, name: &str) -> i64 {
    let line = summary
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .expect(name);
    line.split_whitespace()
        .next()
        .expect(name)
        .parse()
        .expect(name)
}

#[test]
fn the_summary_agrees_with_the_events() {
    for options in ["-s 5 -t 10 -e 400", "-s 6 -t 10 -e 99999", "-s 7 -t 1 -e 0"] {
        let options: Vec<_> = options.split(' ').collect();
        let printed = stdout(TAXI_SIM, &options);
        let summary = stdout(TAXI_SIM, &[&options[..], &["--summary"]].concat());
        let events = events(&printed);
        let simulated = events.last().map_or(0, |event| event.time);
        assert_eq!(
            printed.lines().last(),
            summary.lines().next(),
            "{options:?}"
        );
        assert_eq!(figure(&summary, "events:"), events.len() as i64);
        assert_eq!(figure(&summary, "simulated time:"), simulated);
        let waits = legs(&events, &["leave garage", "drop off passenger"]);
        let trips = legs(&events, &["pick up passenger"]);
        assert_eq!(figure(&summary, "trips:"), trips.1 as i64);
        for (name, (minutes, count), what) in
            [("waiting", waits, "wait"), ("driving", trips, "trip")]
        {
            let mean = minutes as f64 / count.max(1) as f64;
            let line = format!("{name} time:   {minutes:>12} min, {mean:.2} min a {what}\n");
            assert!(summary.contains(&line), "{line}{summary}");
        }
    }
}

#[test]
fn a_summary_without_end_time_runs_to_the_last_event() {
    let summary = stdout(TAXI_SIM, &["--summary", "-t", "1000", "-s", "1"]);
    assert!(summary.starts_with("*** end of events ***\n"), "{summary}");
    // Ten taxis make 2 + 4 + .. + 20 trips; a trip has two events, and so has a taxi's day.
    assert_eq!(figure(&summary, "trips:"), 100 * 110);
    assert_eq!(figure(&summary, "events:"), 100 * (2 * 110 + 2 * 10));
}

/// Runs with a picture and returns the picture and what was printed.
fn picture(options: &str) -> (String, String) {
    let path = scratch(&format!("taxis{}.svg", options.replace(' ', "")));
    let args: Vec<_> = options
        .split(' ')
        .chain(["--svg", path.to_str().unwrap()])
        .collect();
    let printed = stdout(TAXI_SIM, &args);
    (std::fs::read_to_string(path).unwrap(), printed)
}

/// Returns the texts of a picture's elements.
fn texts<'a>(svg: &'a Document<'_>) -> Vec<&'a str> {
    svg.descendants()
        .filter(|node| node.has_tag_name("text"))
        .filter_map(|node| node.text())
        .map(str::trim)
        .collect()
}

fn number(node: &Node<'_, '_>, attribute: &str) -> f64 {
    node.attribute(attribute).unwrap().parse().unwrap()
}

#[test]
fn a_picture_names_each_taxi_and_shows_each_leg() {
    for (options, taxis) in [("-s 3", 3), ("-s 3 -t 40 -e 500", 40), ("-s 3 -t 0", 0)] {
        let (svg, printed) = picture(options);
        let svg = Document::parse(&svg).expect("well-formed XML");
        let texts = texts(&svg);
        for taxi in 0..taxis {
            assert!(
                texts.contains(&format!("taxi {taxi}").as_str()),
                "{options}: taxi {taxi}"
            );
        }
        assert!(texts.contains(&"searching"), "{texts:?}");
        let bars = svg
            .descendants()
            .filter(|node| node.attribute("fill") == Some("#2B6CA3"));
        let trips = events(&printed)
            .iter()
            .filter(|e| e.action == "pick up passenger")
            .count();
        assert_eq!(
            bars.count(),
            trips + 1,
            "{options}: one for each trip, one in the legend"
        );
    }
}

#[test]
fn a_picture_of_a_big_fleet_stays_within_bounds() {
    let (svg, _) = picture("-s 3 -t 1500 --summary");
    let svg = Document::parse(&svg).expect("well-formed XML");
    let (width, height) = (
        number(&svg.root_element(), "width"),
        number(&svg.root_element(), "height"),
    );
    assert!(width < 2500.0 && height < 3500.0, "{width} x {height}");
    for bar in svg.descendants().filter(|node| node.has_tag_name("rect")) {
        assert!(
            number(&bar, "x") + number(&bar, "width") <= width,
            "{bar:?}"
        );
        assert!(
            number(&bar, "y") + number(&bar, "height") <= height,
            "{bar:?}"
        );
    }
    let names = texts(&svg);
    assert!(
        names.contains(&"1500 taxis (the first 1000 shown), seed 3"),
        "{names:?}"
    );
    assert!(names.contains(&"taxi 995") && !names.contains(&"taxi 1000"));
}
