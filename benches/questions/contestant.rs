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
        run: fn(SocketAddr, &str, &Meter) -> Result<Sample>,
        /// The same for all, on another processor; it gets the case.
        server: fn(&str) -> Result<()>,
    },
    /// Not at all, for this reason.
    Absent(&'static str),
}

impl Contestant {
    pub(crate) const fn rust(who: &'static str, run: fn(&str, &Meter) -> Sample) -> Self {
        Self {
            who,
            how: How::Rust(run),
            only: &[],
            measure: None,
        }
    }

    /// A contestant that answers all cases of a run at once.
    pub(crate) const fn several(
        who: &'static str,
        run: fn(&str, &Meter) -> Result<Samples>,
    ) -> Self {
        Self {
            how: How::Several(run),
            ..Self::absent(who, "")
        }
    }

    /// The contestant `yieldfrom` once more, with the switch of the delegation crate itself.
    pub(crate) const fn native() -> Self {
        Self {
            who: "yieldfrom-native",
            how: How::Native,
            only: &[],
            measure: None,
        }
    }

    /// A server of this program.
    pub(crate) const fn server(who: &'static str, run: fn()) -> Self {
        Self {
            who,
            how: How::Server(run),
            only: &[],
            measure: None,
        }
    }

    /// A client of a server that is the same for all.
    pub(crate) const fn client(
        who: &'static str,
        run: fn(SocketAddr, &str, &Meter) -> Result<Sample>,
        server: fn(&str) -> Result<()>,
    ) -> Self {
        Self {
            who,
            how: How::Client { run, server },
            only: &[],
            measure: None,
        }
    }

    /// The interpreter itself, without packages.
    pub(crate) const fn cpython(script: &'static str) -> Self {
        Self {
            who: "cpython",
            how: How::Python {
                prelude: "",
                script,
                package: None,
            },
            only: &[],
            measure: None,
        }
    }

    /// A package of Python's, called as the contestant is.
    pub(crate) const fn package(who: &'static str, script: &'static str) -> Self {
        Self {
            who,
            how: How::Python {
                prelude: "",
                script,
                package: Some(who),
            },
            only: &[],
            measure: None,
        }
    }

    /// Python's own event loop.
    pub(crate) const fn asyncio(script: &'static str) -> Self {
        Self {
            who: "asyncio",
            how: How::Python {
                prelude: include_str!("../peers/python/loop_asyncio.py"),
                script,
                package: None,
            },
            only: &[],
            measure: None,
        }
    }

    /// An event loop for Python that is not in Python; the script is that of `asyncio`.
    pub(crate) const fn uvloop(script: &'static str) -> Self {
        Self {
            who: "uvloop",
            how: How::Python {
                prelude: include_str!("../peers/python/loop_uvloop.py"),
                script,
                package: Some("uvloop"),
            },
            only: &[],
            measure: None,
        }
    }

    /// Goroutines; the program in `go` knows the question by its name.
    pub(crate) const fn go() -> Self {
        Self {
            who: "go",
            how: How::Go,
            only: &[],
            measure: None,
        }
    }

    /// A contestant that cannot answer, and why.
    pub(crate) const fn absent(who: &'static str, why: &'static str) -> Self {
        Self {
            who,
            how: How::Absent(why),
            only: &[],
            measure: None,
        }
    }

    pub(crate) const fn only(self, cases: &'static [&'static str]) -> Self {
        Self {
            only: cases,
            ..self
        }
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
