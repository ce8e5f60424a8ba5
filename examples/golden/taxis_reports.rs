//! The summary and the picture of the taxi simulation.

use roxmltree::{Document, Node};

use crate::harness::{scratch, stdout};

use crate::taxis::{Event, TAXI_SIM, events};

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
        let events = events(&printed);
        let count = |action| events.iter().filter(|e| e.action == action).count();
        assert_eq!(
            bars.count(),
            count("pick up passenger") + 1,
            "{options}: one for each trip, one in the legend"
        );
        let homes = svg.descendants().filter(|node| node.has_tag_name("circle"));
        assert_eq!(homes.count(), count("going home") + 1, "{options}");
    }
}

#[test]
fn a_picture_says_why_the_run_ends() {
    for (options, why) in [
        ("-s 3", "the end: no events are left"),
        (
            "-s 3 -e 60",
            "the end of the simulation's time: 3 events pending",
        ),
    ] {
        let (svg, printed) = picture(options);
        let svg = Document::parse(&svg).expect("well-formed XML");
        assert!(texts(&svg).contains(&why), "{why}: {printed}");
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
