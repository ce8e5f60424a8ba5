//! What is asked, and of whom.

use crate::meter::{Meter, Sample};

/// Something to be measured in several cases by several contestants.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// What is measured, for the head of the table.
    pub(crate) about: &'static str,
    pub(crate) cases: &'static [Case],
    /// `yieldfrom` comes first.
    pub(crate) contestants: &'static [Contestant],
    /// The most repetitions that make sense.
    pub(crate) repetitions: usize,
}

/// One case of a question.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
}

impl Case {
    pub(crate) const fn ns(name: &'static str) -> Self {
        Self { name, unit: "ns" }
    }

    pub(crate) const fn new(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit }
    }

    /// Returns the better of two values: the smaller, unless it is a rate.
    pub(crate) fn better(&self, a: f64, b: f64) -> f64 {
        if self.unit.ends_with("/s") {
            a.max(b)
        } else {
            a.min(b)
        }
    }
}

/// Somebody who answers a question.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) who: &'static str,
    pub(crate) how: How,
    /// The cases it answers; none stands for all.
    only: &'static [&'static str],
}

/// How a contestant is run.
#[derive(Debug)]
pub(crate) enum How {
    /// By a function of this program, in a process of its own; it gets the case.
    Rust(fn(&str, &Meter) -> Sample),
    /// By `python3`, if it has the package.
    Python {
        /// What comes before the script.
        prelude: &'static str,
        script: &'static str,
        package: Option<&'static str>,
    },
    /// By a goroutine's program, if this machine can compile it.
    Go,
    /// Not at all, for this reason.
    Absent(&'static str),
}

impl Contestant {
    pub(crate) const fn rust(who: &'static str, run: fn(&str, &Meter) -> Sample) -> Self {
        Self {
            who,
            how: How::Rust(run),
            only: &[],
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
        }
    }

    /// Python's own event loop.
    pub(crate) const fn asyncio(script: &'static str) -> Self {
        Self {
            who: "asyncio",
            how: How::Python {
                prelude: include_str!("python/loop_asyncio.py"),
                script,
                package: None,
            },
            only: &[],
        }
    }

    /// An event loop for Python that is not in Python; the script is that of `asyncio`.
    pub(crate) const fn uvloop(script: &'static str) -> Self {
        Self {
            who: "uvloop",
            how: How::Python {
                prelude: include_str!("python/loop_uvloop.py"),
                script,
                package: Some("uvloop"),
            },
            only: &[],
        }
    }

    /// Goroutines; the program in `go` knows the question by its name.
    pub(crate) const fn go() -> Self {
        Self {
            who: "go",
            how: How::Go,
            only: &[],
        }
    }

    /// A contestant that cannot answer, and why.
    pub(crate) const fn absent(who: &'static str, why: &'static str) -> Self {
        Self {
            who,
            how: How::Absent(why),
            only: &[],
        }
    }

    pub(crate) const fn only(self, cases: &'static [&'static str]) -> Self {
        Self {
            only: cases,
            ..self
        }
    }

    pub(crate) fn answers(&self, case: &Case) -> bool {
        self.only.is_empty() || self.only.contains(&case.name)
    }
}

/// Returns the number in a case's name, such as `depth=100`.
pub(crate) fn number(case: &str) -> usize {
    let (_, number) = case
        .rsplit_once('=')
        .expect("the case is called name=number");
    number.parse().expect("the case is called name=number")
}
