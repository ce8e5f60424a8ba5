//! One event of a recording: 24 bytes, without pointers. What it names stands in tables, by index.

use crate::kernel::{Direction, Nanos};

/// An index into one of the tables of a recording.
pub(in crate::insight) type Index = u32;

/// No index.
pub(in crate::insight) const NONE: Index = Index::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) struct Event {
    pub(in crate::insight) time: Nanos,
    pub(in crate::insight) what: What,
}

const _: () = assert!(size_of::<Event>() == 24);

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) enum What {
    /// A turn of the loop begins, with this many entries.
    Turn {
        number: u64,
        ready: u32,
    },
    EndTurn,
    /// The loop had nothing to do until then.
    Idle {
        until: Nanos,
    },
    /// A task, a process or a generator is made by another track.
    Made {
        track: Index,
        by: Index,
    },
    /// It goes to the end of the ready queue.
    Ready {
        track: Index,
        cause: Cause,
        by: Index,
    },
    /// It runs. `value` is the text of what is sent in.
    Begin {
        track: Index,
        operation: Action,
        value: Index,
    },
    /// It stops here. `detail` is its wait if it waits, and otherwise the text of what comes out.
    End {
        track: Index,
        how: How,
        chain: Index,
        detail: Index,
    },
    /// A timer is set for it.
    Timer {
        track: Index,
        deadline: Nanos,
    },
    /// That timer is cancelled.
    Untimer {
        track: Index,
    },
    /// It waits for a descriptor.
    Watch {
        track: Index,
        descriptor: i32,
        direction: Direction,
    },
    Unwatch {
        descriptor: i32,
        direction: Direction,
    },
    /// It is asked to end.
    Cancel {
        track: Index,
        by: Index,
    },
}

/// What begins when a track runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) enum Action {
    Step,
    Next,
    Send,
    Throw,
    Close,
    /// That of a process.
    #[cfg_attr(
        not(feature = "simulation"),
        expect(dead_code, reason = "only simulations have it")
    )]
    Resume,
}

/// The reason why something became ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) enum Cause {
    Made,
    Woken,
    Timer,
    Socket,
    Cancelled,
    Thread,
    /// It gave way.
    Again,
    Other,
}

/// How something has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::insight) enum How {
    Waits,
    Yielded,
    Result,
    Error,
    Cancelled,
    Panicked,
}

impl How {
    /// Returns whether what has stopped is over.
    pub(in crate::insight) fn is_last(self) -> bool {
        !matches!(self, Self::Waits | Self::Yielded)
    }
}

/// The table that an index leads into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Tracks,
    Chains,
    Waits,
    Texts,
}

impl What {
    /// Returns the track that it is about.
    pub(in crate::insight) fn track(&self) -> Option<Index> {
        match *self {
            Self::Turn { .. } | Self::EndTurn | Self::Idle { .. } | Self::Unwatch { .. } => None,
            Self::Made { track, .. }
            | Self::Ready { track, .. }
            | Self::Begin { track, .. }
            | Self::End { track, .. }
            | Self::Timer { track, .. }
            | Self::Untimer { track }
            | Self::Watch { track, .. }
            | Self::Cancel { track, .. } => Some(track),
        }
    }

    /// Visits the indices, which the visitor may change. Some of them may be [`NONE`].
    pub(super) fn for_each_index(&mut self, visit: &mut impl FnMut(Table, &mut Index)) {
        match self {
            Self::Turn { .. } | Self::EndTurn | Self::Idle { .. } | Self::Unwatch { .. } => {}
            Self::Made { track, by }
            | Self::Ready { track, by, .. }
            | Self::Cancel { track, by } => {
                visit(Table::Tracks, track);
                visit(Table::Tracks, by);
            }
            Self::Begin { track, value, .. } => {
                visit(Table::Tracks, track);
                visit(Table::Texts, value);
            }
            Self::End {
                track,
                how,
                chain,
                detail,
            } => {
                visit(Table::Tracks, track);
                visit(Table::Chains, chain);
                visit(detail_of(*how), detail);
            }
            Self::Timer { track, .. } | Self::Untimer { track } | Self::Watch { track, .. } => {
                visit(Table::Tracks, track);
            }
        }
    }
}

/// Returns the table that the detail of an end leads into.
fn detail_of(how: How) -> Table {
    match how {
        How::Waits => Table::Waits,
        _ => Table::Texts,
    }
}
