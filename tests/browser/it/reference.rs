//! What a page has to show at a step, worked out anew from the first event on.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The most entries of a list that a page shows.
pub(crate) const MOST: usize = 60;

/// The state of the program after some events.
#[derive(Default)]
pub(crate) struct Reference {
    ready: Vec<i64>,
    /// How many entries at the front belong to the turn.
    of_turn: usize,
    running: Vec<i64>,
    /// The deadline of each timer, in the order in which they were set.
    timers: Vec<(i64, i64)>,
    sockets: Vec<(i64, String, String)>,
    states: BTreeMap<i64, &'static str>,
}

impl Reference {
    /// Applies the first events of a recording.
    pub(crate) fn after(recording: &Value, events: usize) -> Self {
        let mut state = Self::default();
        for event in &recording["events"].as_array().expect("events")[..events] {
            state.apply(event);
        }
        state
    }

    fn apply(&mut self, event: &Value) {
        let number = |i: usize| event[i].as_i64().expect("a number");
        match event[1].as_str().expect("a type") {
            "turn" => {
                // A recording without its beginning does not know all entries.
                let entries = usize::try_from(number(3)).expect("a length");
                self.of_turn = entries.min(self.ready.len());
            }
            "endturn" => drop(self.ready.drain(..std::mem::take(&mut self.of_turn))),
            "made" => drop(self.states.insert(number(2), "made")),
            "ready" => self.becomes_ready(number(2), event[3].as_str()),
            "begin" => self.begin(number(2)),
            "end" => self.end(number(2), event[3].as_str().expect("how")),
            "timer" => {
                self.timers.retain(|(track, _)| *track != number(2));
                self.timers.push((number(2), number(3)));
            }
            "untimer" => self.timers.retain(|(track, _)| *track != number(2)),
            "watch" => {
                let direction = event[4].as_str().expect("a direction").to_owned();
                let socket = (number(2), number(3).to_string(), direction);
                self.sockets.push(socket);
            }
            "unwatch" => {
                let gone = (number(2).to_string(), event[3].as_str());
                self.sockets
                    .retain(|(_, socket, to)| (socket, Some(&**to)) != (&gone.0, gone.1));
            }
            "idle" | "cancel" => {}
            other => panic!("an event {other}"),
        }
    }

    fn becomes_ready(&mut self, track: i64, cause: Option<&str>) {
        self.ready.push(track);
        if cause == Some("timer") {
            self.timers.retain(|(of, _)| *of != track);
        }
        if !self.running.contains(&track) {
            self.states.insert(track, "ready");
        }
    }

    fn begin(&mut self, track: i64) {
        if let Some(at) = self.ready.iter().position(|&ready| ready == track) {
            self.ready.remove(at);
            self.of_turn -= usize::from(at < self.of_turn);
        }
        self.running.push(track);
        self.states.insert(track, "running");
    }

    fn end(&mut self, track: i64, how: &str) {
        self.running.retain(|&running| running != track);
        let state = match how {
            "waits" | "yielded" if self.ready.contains(&track) => "ready",
            "waits" => "waits",
            "yielded" => "yielded",
            "result" => "result",
            "error" => "error",
            "cancelled" => "cancelled",
            "panicked" => "panicked",
            other => panic!("an end {other}"),
        };
        self.states.insert(track, state);
    }

    /// Fails unless a page shows this state.
    pub(crate) fn assert_is(&self, shown: &Value) {
        let step = &shown["step"];
        let mut timers = self.timers.clone();
        timers.sort_by_key(|&(_, deadline)| deadline);
        assert_eq!(shown["ready"], json!(self.ready), "ready at {step}");
        assert_eq!(shown["running"], json!(self.running), "running at {step}");
        assert_eq!(shown["timers"], json!(timers), "timers at {step}");
        assert_eq!(shown["sockets"], json!(self.sockets), "sockets at {step}");
        for row in shown["tasks"].as_array().expect("rows") {
            let track = row[0].as_i64().expect("a track");
            let state = self.states.get(&track).copied();
            assert_eq!(row[1].as_str(), state, "task {track} at {step}");
        }
    }

    /// Fails unless a page shows the beginnings of the lists of this state, which may be too long for it.
    pub(crate) fn assert_starts_with(mut self, shown: &Value) {
        let length = |list: &str| shown[list].as_array().expect("a list").len();
        self.timers.sort_by_key(|&(_, deadline)| deadline);
        let is_whole = |shown: usize, all: usize| shown == all.min(MOST);
        assert!(is_whole(length("ready"), self.ready.len()));
        assert!(is_whole(length("timers"), self.timers.len()));
        assert!(is_whole(length("sockets"), self.sockets.len()));
        self.ready.truncate(MOST);
        self.timers.truncate(MOST);
        self.sockets.truncate(MOST);
        self.assert_is(shown);
    }

    /// Returns how many tasks there are.
    pub(crate) fn tasks(&self) -> usize {
        self.states.len()
    }
}
