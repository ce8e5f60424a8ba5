//! Operations on generators, which may lie inside each other, and the steps of processes.

use super::Recording;
use super::event::{Action, How, Index, NONE, What};
use super::tables::Frame;
use super::tracks::{Track, TrackKind};
use yieldfrom_delegation::{Link, RawLink};

impl Recording {
    /// Begins an operation on a generator. `origin` describes one that is not known yet.
    pub(in crate::insight) fn begin_operation(
        &mut self,
        address: usize,
        operation: Action,
        value: Option<&str>,
        origin: impl FnOnce() -> Link,
    ) {
        self.tidy();
        let track = match self.tracks.at(address) {
            Some(known) => known,
            None if !self.takes_tracks() => NONE,
            None => self.add_generator(address, &origin()),
        };
        let value = value.map_or(NONE, |value| self.texts.add(value));
        self.emit(What::Begin {
            track,
            operation,
            value,
        });
        self.operations.push(track);
    }

    fn add_generator(&mut self, address: usize, origin: &Link) -> Index {
        let generators = self.tracks.generators + 1;
        self.tracks.generators = generators;
        let mut track = Track::new(TrackKind::Generator, generators, NONE);
        track.origin = Some(Frame::of_link(origin, &mut self.texts));
        let track = self.tracks.add(address, track);
        let by = self.by();
        self.emit(What::Made { track, by });
        track
    }

    /// Ends the last operation on a generator. Without one under way, its begin was not noted.
    pub(in crate::insight) fn end_operation(
        &mut self,
        address: usize,
        how: How,
        links: &[RawLink],
        value: Option<&str>,
        is_over: bool,
    ) {
        let track = self.tracks.at(address).unwrap_or(NONE);
        let Some(at) = self.operations.iter().rposition(|&it| it == track) else {
            return;
        };
        self.operations.remove(at);
        let chain = self.chain(track, links);
        let value = value.map_or(NONE, |value| self.texts.add(value));
        self.end(track, how, chain, value);
        // Another generator may get its memory.
        if is_over {
            self.tracks.forget(address);
        }
    }

    /// Begins a process's step, which nothing announces.
    #[cfg(feature = "simulation")]
    pub(in crate::insight) fn begin_process(&mut self, address: usize) {
        self.tidy();
        let track = self.tracks.at(address).unwrap_or(NONE);
        self.end_cut_short();
        self.running = Some(super::Running {
            track,
            address,
            is_step: true,
        });
        let (operation, value) = (Action::Resume, NONE);
        self.emit(What::Begin {
            track,
            operation,
            value,
        });
    }
}
