//! The timeline: what is recorded, and the files that are made of it.

mod environment;
mod events;
mod generators;
mod limits;
mod outside;
mod page;
mod recording;
mod trace_files;

use serde_json::Value;
use yieldfrom::Trace;

/// The events of a Chrome trace, checked for what every trace has to have.
struct Chrome {
    whole: Value,
}

impl Chrome {
    fn of(trace: &Trace) -> Self {
        let mut json = Vec::new();
        trace.chrome(&mut json).expect("memory takes all");
        Self::parse(&json)
    }

    fn parse(json: &[u8]) -> Self {
        let whole = serde_json::from_slice(json).expect("it is JSON");
        let chrome = Self { whole };
        chrome.check();
        chrome
    }

    fn events(&self) -> &[Value] {
        self.whole["traceEvents"].as_array().expect("an array")
    }

    /// Returns the events of a phase and category.
    fn all(&self, phase: &str, category: &str) -> Vec<&Value> {
        let wanted = |event: &&Value| event["ph"] == phase && event["cat"] == category;
        self.events().iter().filter(wanted).collect()
    }

    /// Returns the number of the track with this name.
    fn track(&self, name: &str) -> u64 {
        let named =
            |event: &&Value| event["name"] == "thread_name" && event["args"]["name"] == name;
        let event = self.events().iter().find(named);
        event.unwrap_or_else(|| panic!("no track {name}"))["tid"]
            .as_u64()
            .unwrap()
    }

    /// Returns what a track holds, as category, name, begin and end in milliseconds.
    fn on(&self, track: u64) -> Vec<(String, String, f64, f64)> {
        let slices = self.events().iter();
        let slices = slices.filter(|event| event["ph"] == "X" && event["tid"] == track);
        slices
            .map(|event| {
                let text = |key: &str| event[key].as_str().unwrap().to_owned();
                let begin = event["ts"].as_f64().unwrap() / 1e3;
                let end = begin + event["dur"].as_f64().unwrap() / 1e3;
                (text("cat"), text("name"), begin, end)
            })
            .collect()
    }

    fn check(&self) {
        let tracks: Vec<_> = self
            .events()
            .iter()
            .filter(|event| event["name"] == "thread_name")
            .map(|event| event["tid"].as_u64().unwrap())
            .collect();
        let mut last = std::collections::HashMap::new();
        let mut arrows = std::collections::BTreeMap::<u64, Vec<(String, f64)>>::new();
        for event in self.events() {
            let (phase, track) = (
                event["ph"].as_str().unwrap(),
                event["tid"].as_u64().unwrap(),
            );
            assert_eq!(event["pid"], 1, "{event}");
            assert!(tracks.contains(&track), "{event}");
            assert!(!event["name"].as_str().unwrap().is_empty(), "{event}");
            match phase {
                "X" => self.check_slice(event, last.entry(track).or_insert((0.0, 0.0))),
                "s" | "f" => {
                    let ends = arrows.entry(event["id"].as_u64().unwrap()).or_default();
                    ends.push((phase.to_owned(), event["ts"].as_f64().unwrap()));
                }
                "M" => {}
                other => panic!("phase {other}"),
            }
        }
        for ends in arrows.values() {
            assert!(
                ends.len() == 2 && ends[0].0 == "s" && ends[1].0 == "f",
                "{ends:?}"
            );
            assert!(ends[0].1 <= ends[1].1, "{ends:?}");
        }
    }

    /// Those of one track follow each other, or lie inside a turn.
    fn check_slice(&self, event: &Value, last: &mut (f64, f64)) {
        let begin = event["ts"].as_f64().unwrap();
        let end = begin + event["dur"].as_f64().unwrap();
        assert!(begin <= end && last.0 <= begin, "{event} after {last:?}");
        let inside_a_turn = event["cat"] == "callback";
        // Thousandths of microseconds may be lost in the sums.
        assert!(
            inside_a_turn || last.1 <= begin + 0.01,
            "{event} after {last:?}"
        );
        *last = (begin, if inside_a_turn { last.1 } else { end });
    }
}
