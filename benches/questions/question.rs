//! A question and its cases.

use super::Contestant;

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
    /// About how many seconds a sample takes, on average: to tell how long all will take.
    pub(crate) seconds: f64,
}

impl Question {
    /// Returns the cases, those together that one run answers.
    pub(crate) fn runs(&self) -> impl Iterator<Item = &'static [Case]> {
        self.cases.chunk_by(|_, next| next.joined)
    }

    pub(crate) fn contestant(&self, who: &str) -> Option<&'static Contestant> {
        self.contestants
            .iter()
            .find(|contestant| contestant.who == who)
    }
}

/// One case of a question.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    joined: bool,
    once: bool,
    long: bool,
    two_processors: bool,
    load: Option<(&'static str, &'static str)>,
}

impl Case {
    pub(crate) const fn ns(name: &'static str) -> Self {
        Self::new(name, "ns")
    }

    pub(crate) const fn new(name: &'static str, unit: &'static str) -> Self {
        Self {
            name,
            unit,
            joined: false,
            once: false,
            long: false,
            two_processors: false,
            load: None,
        }
    }

    /// The same run as that of the case before it answers this one, too.
    pub(crate) const fn joined(self) -> Self {
        Self {
            joined: true,
            ..self
        }
    }

    /// One sample is enough, as it is counted and not timed.
    pub(crate) const fn once(self) -> Self {
        Self { once: true, ..self }
    }

    pub(crate) fn is_once(&self) -> bool {
        self.once
    }

    /// A quick report does without it.
    pub(crate) const fn long(self) -> Self {
        Self { long: true, ..self }
    }

    pub(crate) fn is_long(&self) -> bool {
        self.long
    }

    /// Its contestants use two processors; all others are bound to one.
    pub(crate) const fn on_two_processors(self) -> Self {
        Self {
            two_processors: true,
            ..self
        }
    }

    pub(crate) fn is_on_two_processors(&self) -> bool {
        self.two_processors
    }

    /// All get the same load: half of what the slowest bears by that case of that question.
    pub(crate) const fn under_load(self, question: &'static str, case: &'static str) -> Self {
        Self {
            load: Some((question, case)),
            ..self
        }
    }

    /// Returns the question and the case that tell what a contestant bears.
    pub(crate) fn load(&self) -> Option<(&'static str, &'static str)> {
        self.load
    }

    /// Returns whether a greater value is the better one, as with rates.
    pub(crate) fn more_is_better(&self) -> bool {
        self.unit.ends_with("/s")
    }

    /// Returns the better of two values.
    pub(crate) fn better(&self, a: f64, b: f64) -> f64 {
        if self.more_is_better() {
            a.max(b)
        } else {
            a.min(b)
        }
    }
}

/// Returns the number in a case's name, such as `depth=100`.
pub(crate) fn number(case: &str) -> usize {
    let (_, number) = case
        .rsplit_once('=')
        .expect("the case is called name=number");
    number.parse().expect("the case is called name=number")
}
