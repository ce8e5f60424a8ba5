//! The data of the page that plays a run, checked by playing it.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;
use yieldfrom::Trace;

/// The data of a page.
pub(super) struct Page {
    pub(super) whole: Value,
}

impl Page {
    /// Returns the data of a trace's page, which was played without a contradiction.
    pub(super) fn of(trace: &Trace) -> Self {
        let page = Self::unchecked(trace);
        Player::new(&page).play();
        page
    }

    pub(super) fn unchecked(trace: &Trace) -> Self {
        let mut page = Vec::new();
        trace.html(&mut page).expect("memory takes all");
        Self::parse(&String::from_utf8(page).expect("it is UTF-8"))
    }

    pub(super) fn parse(page: &str) -> Self {
        let (_, data) = page.split_once(r#"id="recording">"#).expect("a script");
        let (data, _) = data.split_once("</script>").expect("its end");
        let whole = serde_json::from_str(data).expect("it is JSON");
        Self { whole }
    }

    pub(super) fn list(&self, name: &str) -> &[Value] {
        let list = self.whole[name].as_array();
        list.unwrap_or_else(|| panic!("no list {name}"))
    }

    /// Returns the name of a track.
    pub(super) fn name(&self, track: &Value) -> String {
        match track.as_i64().expect("an index") {
            -1 => "-".to_owned(),
            track => self.list("tracks")[track as usize]["name"]
                .as_str()
                .unwrap()
                .to_owned(),
        }
    }

    /// Returns what a chain shows: names and lines.
    pub(super) fn chain(&self, chain: &Value) -> Vec<(String, u64)> {
        let Some(chain) = self.list("chains").get(chain.as_i64().unwrap() as usize) else {
            return Vec::new();
        };
        let frames = chain.as_array().unwrap().iter();
        let frames = frames.map(|frame| &self.list("frames")[frame.as_u64().unwrap() as usize]);
        frames
            .map(|frame| {
                let (line, name) = (frame[1].as_u64().unwrap(), frame[2].as_str().unwrap());
                (name.to_owned(), line)
            })
            .collect()
    }

    /// Returns what an event says, with names in place of indices.
    pub(super) fn say(&self, event: &Value) -> String {
        let name = |at: usize| self.name(&event[at]);
        let text = |at: usize| event[at].as_str().unwrap_or_default();
        let kind = text(1);
        match kind {
            "made" | "cancel" => format!("{kind} {} by {}", name(2), name(3)),
            "ready" => format!("ready {} {} by {}", name(2), text(3), name(4)),
            "begin" => format!("begin {}", name(2)),
            "end" => format!("end {} {}{}", name(2), text(3), self.wait(&event[5])),
            "timer" => format!(
                "timer {} {}",
                name(2),
                event[3].as_u64().unwrap() / 1_000_000
            ),
            "untimer" => format!("untimer {}", name(2)),
            "watch" => format!("watch {} {}", name(2), text(4)),
            "unwatch" => format!("unwatch {}", text(3)),
            _ => kind.to_owned(),
        }
    }

    fn wait(&self, wait: &Value) -> String {
        let Some(wait) = self.list("waits").get(wait.as_i64().unwrap() as usize) else {
            return String::new();
        };
        let target = match self.name(&wait[2]) {
            none if none == "-" => String::new(),
            target => format!(" of {target}"),
        };
        format!(
            " for {} {}{target}",
            wait[0].as_str().unwrap(),
            wait[1].as_str().unwrap()
        )
    }

    /// Returns what all events say, but for turns and idle times.
    pub(super) fn story(&self) -> Vec<String> {
        let told = self.list("events").iter().map(|event| self.say(event));
        let is_of_loop = |line: &String| ["turn", "endturn", "idle"].contains(&&**line);
        told.filter(|line| !is_of_loop(line)).collect()
    }
}

/// Plays the events as a page does, and fails if one contradicts those before.
struct Player<'a> {
    page: &'a Page,
    ready: VecDeque<u64>,
    running: Vec<u64>,
    in_turn: bool,
    timers: HashMap<u64, u64>,
    last: u64,
}

impl<'a> Player<'a> {
    fn new(page: &'a Page) -> Self {
        Self {
            page,
            ready: VecDeque::new(),
            running: Vec::new(),
            in_turn: false,
            timers: HashMap::new(),
            last: 0,
        }
    }

    fn play(&mut self) {
        let events = self.page.list("events");
        for event in events {
            self.check_indices(event);
            self.step(event);
        }
        let duration = self.page.whole["duration"].as_u64().unwrap();
        assert!(self.last <= duration, "{} {duration}", self.last);
    }

    fn check_indices(&self, event: &Value) {
        let time = event[0].as_u64().expect("a time");
        assert!(self.last <= time, "{event} after {}", self.last);
        let inside = |at: usize, list: &str| {
            let index = event[at].as_i64().unwrap_or_else(|| panic!("{event}"));
            let len = self.page.list(list).len() as i64;
            assert!((-1..len).contains(&index), "{event}: {list} has {len}");
        };
        match event[1].as_str().unwrap() {
            "made" | "cancel" => [2, 3].map(|at| inside(at, "tracks")).into_iter().collect(),
            "ready" => [2, 4].map(|at| inside(at, "tracks")).into_iter().collect(),
            "begin" | "timer" | "untimer" | "watch" => inside(2, "tracks"),
            "end" => {
                inside(2, "tracks");
                inside(4, "chains");
                inside(5, "waits");
            }
            _ => {}
        }
    }

    fn step(&mut self, event: &Value) {
        self.last = event[0].as_u64().unwrap();
        let track = event[2].as_u64().unwrap_or(u64::MAX);
        match event[1].as_str().unwrap() {
            "turn" => {
                assert!(!self.in_turn, "{event}");
                self.in_turn = true;
            }
            "endturn" => self.in_turn = false,
            "ready" => {
                self.ready.push_back(track);
                if event[3] == "timer" {
                    self.timers.remove(&track);
                }
            }
            "begin" => self.begin(event, track),
            "end" => self.end(event, track),
            "timer" => _ = self.timers.insert(track, event[3].as_u64().unwrap()),
            "untimer" => assert!(self.timers.remove(&track).is_some(), "{event}"),
            _ => {}
        }
    }

    fn begin(&mut self, event: &Value, track: u64) {
        if event[3] == "step" {
            assert!(self.in_turn && self.running.is_empty(), "{event}");
            // The call of another thread is known only when it runs.
            let at = self.ready.iter().position(|&ready| ready == track);
            let at = at.unwrap_or_else(|| panic!("{event} is not ready: {:?}", self.ready));
            let called = self.ready.remove(at);
            assert!(
                at == 0 || called.is_some() && at + 1 > self.ready.len(),
                "{event}"
            );
        }
        self.running.push(track);
    }

    fn end(&mut self, event: &Value, track: u64) {
        match self.running.iter().rposition(|&running| running == track) {
            Some(at) => _ = self.running.remove(at),
            // A wait from before, or a task that is ended outside of a step.
            None => assert!(event[3] == "waits" || event[3] == "cancelled", "{event}"),
        }
    }
}
