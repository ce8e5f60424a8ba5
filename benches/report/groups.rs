//! What kind of contestant somebody is.

use serde::Serialize;

/// Kinds of contestants, in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Group {
    Yieldfrom,
    Async,
    Threads,
    Stackful,
    Python,
    Go,
    Other,
}

/// All contestants that are not ours, with their kinds.
const MEMBERS: &[(Group, &[&str])] = &[
    (
        Group::Async,
        &[
            "tokio",
            "tokio-selfwake",
            "tokio-spawn",
            "tokio-block-on",
            "smol",
            "monoio",
            "async",
            "async-static",
            "async-inline",
            "async-boxed",
            "async-boxpin",
            "genawaiter",
            "odem-rs",
            "simu-des",
        ],
    ),
    (Group::Threads, &["threads"]),
    (
        Group::Stackful,
        &["may", "corosensei", "generator", "naive-forwarding"],
    ),
    (
        Group::Python,
        &[
            "cpython", "asyncio", "uvloop", "greenlet", "gevent", "simpy",
        ],
    ),
    (Group::Go, &["go"]),
];

impl Group {
    pub(crate) const ALL: [Self; 7] = [
        Self::Yieldfrom,
        Self::Async,
        Self::Threads,
        Self::Stackful,
        Self::Python,
        Self::Go,
        Self::Other,
    ];

    /// Returns the kind of a contestant, by its name.
    pub(crate) fn of(who: &str) -> Self {
        if who.starts_with("yieldfrom") {
            return Self::Yieldfrom;
        }
        MEMBERS
            .iter()
            .find(|(_, members)| members.contains(&who))
            .map_or(Self::Other, |&(group, _)| group)
    }

    /// Names the kind for a reader.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Yieldfrom => "yieldfrom",
            Self::Async => "async/await",
            Self::Threads => "threads",
            Self::Stackful => "stackful peers",
            Self::Python => "Python",
            Self::Go => "Go",
            Self::Other => "others",
        }
    }

    /// Returns who belongs to it, and how they take part.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Yieldfrom => {
                "this engine; with streams, in regions, or with its portable reactor, where it says so"
            }
            Self::Async => {
                "tokio on one thread, smol's local executor, monoio (by io_uring where the system allows it), genawaiter, \
                 odem-rs and simu-des, whose processes are futures; async-... and async: futures \
                 that the driver polls by hand, boxed (with a type that is not known), inline or static"
            }
            Self::Threads => "threads of the system, by the standard library alone",
            Self::Stackful => {
                "may with one worker, corosensei as it comes, the crate generator; \
                 naive-forwarding: corosensei's coroutines that pass everything on"
            }
            Self::Python => {
                "CPython's generators, asyncio, uvloop, greenlet, gevent and SimPy, by python3"
            }
            Self::Go => "goroutines, GOMAXPROCS=1",
            Self::Other => {
                "what there is to do without any of it: state machines, epoll by hand, processes, one \
                 after the other; and nexosim"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::QUESTIONS;

    #[test]
    fn every_contestant_has_its_kind() {
        let others = ["enum", "nexosim", "processes", "raw-epoll", "sequential"];
        for question in QUESTIONS {
            for contestant in question.contestants {
                let who = contestant.who;
                let other = Group::of(who) == Group::Other;
                assert_eq!(other, others.contains(&who), "{}: {who}", question.name);
            }
        }
    }
}
