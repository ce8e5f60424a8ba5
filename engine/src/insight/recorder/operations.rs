//! Operations on generators that the program drives by hand.

use super::super::trace::{Action, How};
use super::TraceRecorder;
use yieldfrom_delegation::State;
use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};

impl TraceRecorder {
    /// Shows what goes in by an operation, or comes out. That may run code of the program.
    fn passed(&self, generator: &RecordedGenerator<'_>) -> Option<String> {
        if self.is_full() {
            return None;
        }
        match (generator.value(), generator.error()) {
            (Some(value), _) => self.values.show(value),
            (None, error) => error.map(ToString::to_string),
        }
    }
}

impl Recorder for TraceRecorder {
    fn begin(&self, generator: &RecordedGenerator<'_>, operation: Operation) {
        if self.notes.borrow().is_none() {
            // The recording was stopped while another recorder had its place.
            drop(recorder::replace(None));
        }
        let (now, address) = (self.now(), generator.address().addr());
        let action = match operation {
            Operation::Send => Action::Send,
            Operation::Throw => Action::Throw,
            Operation::Close => Action::Close,
            _ => Action::Next,
        };
        let value = self.passed(generator);
        self.note_if_room(|notes| {
            notes.advance(now);
            notes.begin_operation(address, action, value.as_deref(), || generator.origin());
        });
    }

    fn end(&self, generator: &RecordedGenerator<'_>, outcome: Outcome) {
        let (now, address) = (self.now(), generator.address().addr());
        let mut links = self.links.take();
        let how = match (generator.state(), outcome) {
            (State::Closed, Outcome::Panicked) => How::Panicked,
            (State::Closed, Outcome::Raised) => How::Error,
            (State::Closed, _) => How::Result,
            (State::Running, _) => How::Yielded,
            (State::Created | State::Suspended, _) => {
                generator.append_links(&mut links);
                How::Yielded
            }
        };
        let is_over = generator.state() == State::Closed;
        let value = self.passed(generator);
        self.note_if_room(|notes| {
            notes.advance(now);
            notes.end_operation(address, how, &links, value.as_deref(), is_over);
        });
        links.clear();
        self.links.set(links);
    }
}
