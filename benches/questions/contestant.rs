//! Somebody who answers a question, and how.

use std::net::SocketAddr;

use anyhow::Result;

use super::Case;
use crate::measuring::meter::{Meter, Sample, Samples};
use crate::servers::Server;

/// Somebody who answers a question.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) who: &'static str,
    pub(crate) how: How,
    /// The cases it answers; none stands for all.
    only: &'static [&'static str],
    long: bool,
    /// What measures it from without, if it is a server.
    pub(crate) measure: Option<Measure>,
}

/// What measures a server, from another processor and in a process of its own; it gets the case.
pub(crate) type Measure = fn(&str, &Meter, &Server) -> Result<Samples>;

/// How a contestant is run.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// By a function of this program, in a process of its own; it gets the case.
    Rust(fn(&str, &Meter) -> Sample),
    /// The same, with an answer for each case of a run.
    Several(fn(&str, &Meter) -> Result<Samples>),
    /// As the contestant `yieldfrom`, by this program built with the feature `native-switch`.
    Native,
    /// By `python3`, if it has the package.
    Python {
        /// What comes before the script.
        prelude: &'static str,
        script: &'static str,
        package: Option<&'static str>,
    },
    /// By a goroutine's program, if this machine can compile it.
    Go,
    /// By a server of this program, in a process of its own; something else measures it.
    Server(fn()),
    /// By a client of this program, in a process of its own.
    Client {
        /// It gets the server's address and the case.
        run: fn(SocketAddr, &str, &Meter) -> Result<Samples>,
        /// The same for all, on another processor; it gets the case.
        server: fn(&str) -> Result<()>,
    },
    /// Not at all, for this reason.
    Absent(&'static str),
}

impl Contestant {
    const fn of(who: &'static str, how: How) -> Self {
        Self {
            who,
            how,
            only: &[],
            long: false,
            measure: None,
        }
    }

    pub(crate) const fn rust(who: &'static str, run: fn(&str, &Meter) -> Sample) -> Self {
        Self::of(who, How::Rust(run))
    }

    /// A contestant that answers all cases of a run at once.
    pub(crate) const fn several(
        who: &'static str,
        run: fn(&str, &Meter) -> Result<Samples>,
    ) -> Self {
        Self::of(who, How::Several(run))
    }

    /// The contestant `yieldfrom` once more, with the switch of the delegation crate itself.
    pub(crate) const fn native() -> Self {
        Self::of("yieldfrom-native", How::Native)
    }

    /// A server of this program.
    pub(crate) const fn server(who: &'static str, run: fn()) -> Self {
        Self::of(who, How::Server(run))
    }

    /// A client of a server that is the same for all.
    pub(crate) const fn client(
        who: &'static str,
        run: fn(SocketAddr, &str, &Meter) -> Result<Samples>,
        server: fn(&str) -> Result<()>,
    ) -> Self {
        Self::of(who, How::Client { run, server })
    }

    /// The interpreter itself, without packages.
    pub(crate) const fn cpython(script: &'static str) -> Self {
        Self::of(
            "cpython",
            How::Python {
                prelude: "",
                script,
                package: None,
            },
        )
    }

    /// A package of Python's, called as the contestant is.
    pub(crate) const fn package(who: &'static str, script: &'static str) -> Self {
        Self::of(
            who,
            How::Python {
                prelude: "",
                script,
                package: Some(who),
            },
        )
    }

    /// Python's own event loop.
    pub(crate) const fn asyncio(script: &'static str) -> Self {
        Self::of(
            "asyncio",
            How::Python {
                prelude: include_str!("../peers/python/loop_asyncio.py"),
                script,
                package: None,
            },
        )
    }

    /// An event loop for Python that is not in Python; the script is that of `asyncio`.
    pub(crate) const fn uvloop(script: &'static str) -> Self {
        Self::of(
            "uvloop",
            How::Python {
                prelude: include_str!("../peers/python/loop_uvloop.py"),
                script,
                package: Some("uvloop"),
            },
        )
    }

    /// Greenlets on a loop that is there before anything is measured.
    pub(crate) const fn gevent(script: &'static str) -> Self {
        let how = How::Python {
            prelude: include_str!("../peers/python/hub_gevent.py"),
            script,
            package: Some("gevent"),
        };
        Self::of("gevent", how)
    }

    /// Goroutines; the program in `go` knows the question by its name.
    pub(crate) const fn go() -> Self {
        Self::of("go", How::Go)
    }

    /// A contestant that cannot answer, and why.
    pub(crate) const fn absent(who: &'static str, why: &'static str) -> Self {
        Self::of(who, How::Absent(why))
    }

    pub(crate) const fn only(self, cases: &'static [&'static str]) -> Self {
        Self {
            only: cases,
            ..self
        }
    }

    /// A quick report does without it.
    pub(crate) const fn long(self) -> Self {
        Self { long: true, ..self }
    }

    pub(crate) fn is_long(&self) -> bool {
        self.long
    }

    /// It is a server, and this measures it.
    pub(crate) const fn measured_by(self, measure: Measure) -> Self {
        Self {
            measure: Some(measure),
            ..self
        }
    }

    /// Returns whether it answers the cases of a run.
    pub(crate) fn answers(&self, run: &[Case]) -> bool {
        self.only.is_empty() || run.iter().any(|case| self.only.contains(&case.name))
    }

    /// Returns whether another process works for its samples, on another processor.
    pub(crate) fn has_partner(&self) -> bool {
        self.measure.is_some() || matches!(self.how, How::Client { .. })
    }
}
