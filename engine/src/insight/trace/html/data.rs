//! The data of the page: a recording as one object of JSON.
//!
//! Times are integers: nanoseconds since the recording began; those of a simulation count a unit of time as a second.
//! Indices count from zero, and -1 is none. `tracks` are tasks, callbacks, generators, processes and timers; the number of a
//! timer is the track that it is for. `frames` are `[file, line, function]`, and `chains` lists of these, the innermost last.
//! `waits` are `[kind, text, track waited for]`. An event is `[time, type, ...]`:
//!
//! | type | fields |
//! | --- | --- |
//! | `turn`, `endturn`, `idle` | number and entries; none; until when |
//! | `made`, `cancel` | track, by which track |
//! | `ready` | track, cause, by which track |
//! | `begin` | track, operation, the value that goes in if it is shown |
//! | `end` | track, how, chain, wait, the value or error that comes out if it is shown |
//! | `timer`, `untimer` | track, deadline; track |
//! | `watch`, `unwatch` | track, descriptor, direction; descriptor, direction |
//!
//! A recording that has lost its oldest events begins with what was there then, at the time of the first event that is
//! kept.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use super::super::recording::{Event, Frame, How, Index, NONE, What};
use super::super::{Keep, Trace, TraceClock};
use super::names::{
    Shown, action_name, cause_name, direction_name, how_name, quoted, seconds, track_name,
    wait_name,
};
use super::sources;
use crate::kernel::{Nanos, WaitKind};

/// Writes a recording.
pub(super) fn write(trace: &Trace, title: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(trace, out);
    page.head(title)?;
    page.events()?;
    page.tracks()?;
    page.chains()?;
    page.waits()?;
    page.frames()?;
    page.sources()?;
    page.out.write_all(b"}\n")
}

struct Page<'a> {
    trace: &'a Trace,
    out: &'a mut dyn Write,
    files: Table<&'static str>,
    frames: Table<(u32, u32, String)>,
    /// The texts of waits. Those of sleeps say how long they last.
    waits: Table<(WaitKind, String, Index)>,
    /// Where the waits of the recording are among those.
    known_waits: HashMap<Index, u32>,
    /// The timer that a track has set last: when it was set, and when it is due.
    timers: HashMap<Index, (Nanos, Nanos)>,
}

/// What stands in the page once, by number.
struct Table<T> {
    all: Vec<T>,
    known: HashMap<T, u32>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        let (all, known) = (Vec::new(), HashMap::new());
        Self { all, known }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Table<T> {
    fn add(&mut self, entry: T) -> u32 {
        let next = self.all.len() as u32;
        let index = *self.known.entry(entry.clone()).or_insert(next);
        if index == next {
            self.all.push(entry);
        }
        index
    }
}

impl<'a> Page<'a> {
    fn new(trace: &'a Trace, out: &'a mut dyn Write) -> Self {
        Self {
            trace,
            out,
            files: Table::default(),
            frames: Table::default(),
            waits: Table::default(),
            known_waits: HashMap::new(),
            timers: HashMap::new(),
        }
    }

    fn head(&mut self, title: &str) -> io::Result<()> {
        let recording = &self.trace.recording;
        let (kind, unit) = match self.trace.clock {
            TraceClock::Loop => ("loop", "s"),
            TraceClock::VirtualLoop => ("loop", "simulated"),
            TraceClock::Thread => ("generators", "s"),
            TraceClock::Simulation => ("simulation", "simulated"),
        };
        let kept = match recording.keep() {
            Keep::Oldest => "oldest",
            Keep::Newest => "newest",
        };
        let (bytes, dropped) = (recording.most_bytes(), recording.dropped());
        let duration = self.trace.ended - recording.began();
        write!(self.out, "{{\"version\":1,\"title\":{}", quoted(title))?;
        write!(
            self.out,
            ",\"kind\":\"{kind}\",\"unit\":\"{unit}\",\"duration\":{duration}"
        )?;
        let limit = format!("{{\"bytes\":{bytes},\"kept\":\"{kept}\",\"dropped\":{dropped}}}");
        write!(self.out, ",\"limit\":{limit}")
    }

    fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> io::Result<()>,
    ) -> io::Result<()> {
        write!(self.out, ",\n\"{name}\":[")?;
        for (index, item) in items.into_iter().enumerate() {
            self.out
                .write_all(if index == 0 { b"\n" } else { b",\n" })?;
            write(self, item)?;
        }
        self.out.write_all(b"]")
    }

    fn events(&mut self) -> io::Result<()> {
        self.list("events", self.trace.recording.events(), Self::event)
    }

    fn event(&mut self, Event { time, what }: Event) -> io::Result<()> {
        let at = self.since(time);
        match what {
            What::Turn { number, ready } => write!(self.out, "[{at},\"turn\",{number},{ready}]"),
            What::EndTurn => write!(self.out, "[{at},\"endturn\"]"),
            What::Idle { until } => {
                let until = self.since(until);
                write!(self.out, "[{at},\"idle\",{until}]")
            }
            What::Made { track, by } => self.two(at, "made", track, by),
            What::Cancel { track, by } => self.two(at, "cancel", track, by),
            What::Ready { track, cause, by } => {
                let (track, cause, by) = (Shown(track), cause_name(cause), Shown(by));
                write!(self.out, "[{at},\"ready\",{track},\"{cause}\",{by}]")
            }
            What::Begin {
                track,
                operation,
                value,
            } => {
                let (track, operation) = (Shown(track), action_name(operation));
                write!(self.out, "[{at},\"begin\",{track},\"{operation}\"")?;
                self.text(value)
            }
            What::End { .. } => self.end(time, what),
            What::Timer { track, deadline } => {
                self.timers.insert(track, (time, deadline));
                let (track, deadline) = (Shown(track), self.since(deadline));
                write!(self.out, "[{at},\"timer\",{track},{deadline}]")
            }
            What::Untimer { track } => write!(self.out, "[{at},\"untimer\",{}]", Shown(track)),
            What::Watch {
                track,
                descriptor,
                direction,
            } => {
                let (track, direction) = (Shown(track), direction_name(direction));
                write!(
                    self.out,
                    "[{at},\"watch\",{track},{descriptor},\"{direction}\"]"
                )
            }
            What::Unwatch {
                descriptor,
                direction,
            } => {
                let direction = direction_name(direction);
                write!(self.out, "[{at},\"unwatch\",{descriptor},\"{direction}\"]")
            }
        }
    }

    fn two(&mut self, at: Nanos, name: &str, track: Index, by: Index) -> io::Result<()> {
        write!(self.out, "[{at},\"{name}\",{},{}]", Shown(track), Shown(by))
    }

    fn end(&mut self, time: Nanos, what: What) -> io::Result<()> {
        let What::End {
            track,
            how,
            chain,
            detail,
        } = what
        else {
            return Ok(());
        };
        let (wait, value) = match how {
            How::Waits => (self.wait(track, time, detail), NONE),
            _ => (NONE, detail),
        };
        let (at, name) = (self.since(time), how_name(how));
        let (track, chain, wait) = (Shown(track), Shown(chain), Shown(wait));
        write!(self.out, "[{at},\"end\",{track},\"{name}\",{chain},{wait}")?;
        self.text(value)
    }

    /// Writes a text as the last field of an event, if there is one.
    fn text(&mut self, text: Index) -> io::Result<()> {
        if text != NONE {
            write!(
                self.out,
                ",{}",
                quoted(self.trace.recording.texts.get(text))
            )?;
        }
        self.out.write_all(b"]")
    }

    /// Returns the number that a wait has in the page.
    fn wait(&mut self, track: Index, now: Nanos, wait: Index) -> Index {
        let Some(&found) = self.trace.recording.waits.all().get(wait as usize) else {
            return NONE;
        };
        if found.kind == WaitKind::Sleep && found.target == NONE {
            let timer = self.timers.get(&track).filter(|(_, due)| *due >= now);
            if let Some(&(set, due)) = timer {
                let text = format!("sleep {} s", seconds(due - set));
                return self.waits.add((found.kind, text, NONE));
            }
        }
        if let Some(&known) = self.known_waits.get(&wait) {
            return known;
        }
        let text = self.trace.recording.texts.get(found.text).to_owned();
        let index = self.waits.add((found.kind, text, found.target));
        self.known_waits.insert(wait, index);
        index
    }

    fn waits(&mut self) -> io::Result<()> {
        let waits = std::mem::take(&mut self.waits).all;
        self.list("waits", waits, |page, (kind, text, target)| {
            let (kind, text, target) = (wait_name(kind, &text), quoted(&text), Shown(target));
            write!(page.out, "[\"{kind}\",{text},{target}]")
        })
    }

    fn tracks(&mut self) -> io::Result<()> {
        let recording = &self.trace.recording;
        let tracks = (0..).zip(recording.tracks.all());
        self.list("tracks", tracks, |page, (index, track)| {
            let (kind, name) = (track_name(track.kind), quoted(&recording.name_of(index)));
            let origin = track.origin.map_or(NONE, |frame| page.frame(&frame));
            let (number, origin) = (Shown(track.number), Shown(origin));
            write!(
                page.out,
                "{{\"kind\":\"{kind}\",\"name\":{name},\"number\":{number},\"origin\":{origin}}}"
            )
        })
    }

    fn frame(&mut self, frame: &Frame) -> u32 {
        let link = frame.link(&self.trace.recording.texts);
        let file = self.files.add(link.file());
        self.frames.add((file, link.line(), link.name().to_owned()))
    }

    fn chains(&mut self) -> io::Result<()> {
        let chains = &self.trace.recording.chains;
        let all = (0..chains.len() as Index).map(|index| chains.get(index));
        self.list("chains", all, |page, chain| {
            let frames = chain.iter().map(|frame| page.frame(frame).to_string());
            let frames = frames.collect::<Vec<_>>().join(",");
            write!(page.out, "[{frames}]")
        })
    }

    fn frames(&mut self) -> io::Result<()> {
        let frames = self.frames.all.clone();
        self.list("frames", frames, |page, (file, line, name)| {
            write!(page.out, "[{file},{line},{}]", quoted(&name))
        })
    }

    fn sources(&mut self) -> io::Result<()> {
        let mut wanted = BTreeMap::<u32, BTreeSet<u32>>::new();
        for (file, line, _) in &self.frames.all {
            wanted.entry(*file).or_default().insert(*line);
        }
        let files = self.files.all.clone();
        let lines = wanted.into_iter().flat_map(|(file, wanted)| {
            let lines = sources::lines(files[file as usize], wanted);
            lines
                .into_iter()
                .map(move |(line, text)| (file, line, text))
        });
        self.list("sources", lines, |page, (file, line, text)| {
            write!(page.out, "[{file},{line},{}]", quoted(&text))
        })?;
        let files = self.files.all.clone();
        self.list("files", files, |page, file| {
            page.out.write_all(quoted(file).as_bytes())
        })
    }

    /// Returns a time as one since the recording began.
    fn since(&self, time: Nanos) -> Nanos {
        time.saturating_sub(self.trace.recording.began())
    }
}
