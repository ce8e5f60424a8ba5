//! What stands in the data of the page for indices, texts and kinds.

use super::super::recording::{Action, Cause, How, Index, NONE, TrackKind};
use crate::kernel::{Direction, Nanos, WaitKind};

/// An index as the page has it: -1 is none.
pub(super) struct Shown(pub(super) Index);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            NONE => f.write_str("-1"),
            index => index.fmt(f),
        }
    }
}

/// Returns a text as a string of JSON that may stand in a script of a page.
pub(super) fn quoted(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned());
    quoted
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Shows a duration in seconds, without zeros at the end.
pub(super) fn seconds(nanos: Nanos) -> String {
    let number = format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000);
    number
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

pub(super) fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Made => "made",
        Cause::Woken => "woken",
        Cause::Timer => "timer",
        Cause::Socket => "socket",
        Cause::Cancelled => "cancelled",
        Cause::Thread => "thread",
        Cause::Again => "again",
        Cause::Other => "other",
    }
}

pub(super) fn action_name(action: Action) -> &'static str {
    match action {
        Action::Step => "step",
        Action::Next => "next",
        Action::Send => "send",
        Action::Throw => "throw",
        Action::Close => "close",
        Action::Resume => "resume",
    }
}

pub(super) fn how_name(how: How) -> &'static str {
    match how {
        How::Waits => "waits",
        How::Yielded => "yielded",
        How::Result => "result",
        How::Error => "error",
        How::Cancelled => "cancelled",
        How::Panicked => "panicked",
    }
}

pub(super) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Read => "read",
        Direction::Write => "write",
    }
}

pub(super) fn track_name(kind: TrackKind) -> &'static str {
    match kind {
        TrackKind::Task => "task",
        TrackKind::Callback => "callback",
        TrackKind::Generator => "generator",
        TrackKind::Process => "process",
        TrackKind::Timer => "timer",
    }
}

pub(super) fn wait_name(kind: WaitKind, text: &str) -> &'static str {
    match kind {
        WaitKind::Sleep => "sleep",
        WaitKind::Future | WaitKind::Futures => "future",
        WaitKind::Task => "task",
        WaitKind::Sync if text.contains("Queue.") => "queue",
        WaitKind::Sync => "lock",
        WaitKind::Io => "socket",
        WaitKind::Job => "job",
        WaitKind::Nothing | WaitKind::Other => "other",
    }
}
