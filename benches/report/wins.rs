//! Who wins where, computed from the results alone.
//!
//! Nobody wins by less than the spread: of two answers one is better if all its samples are
//! better than all of the other's. A single sample has no spread; there, and where the
//! samples happen to lie close, the medians must differ by [`NOISE`] at the least.

use serde::Serialize;

use crate::report::groups::Group;
use crate::report::results::{Answer, Case, Results};

/// What two medians differ by at the least, if one is said to be better.
const NOISE: f64 = 0.03;
/// The same where an answer is a single sample.
const SINGLE: f64 = 0.1;

/// A case in which one is better than the other, or neither is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Win {
    pub(crate) question: String,
    pub(crate) case: String,
    pub(crate) unit: String,
    /// The best of the rivals.
    pub(crate) rival: String,
    pub(crate) ours: f64,
    pub(crate) theirs: f64,
    /// How many times better the winner is.
    pub(crate) factor: f64,
}

/// Every case that rivals of one kind have answered as well as this engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Wins {
    /// Where a rival is better, the largest advantage first.
    pub(crate) theirs: Vec<Win>,
    /// Where `yieldfrom` is better than every rival, the largest advantage over the best first.
    pub(crate) ours: Vec<Win>,
    /// Where the best rival and `yieldfrom` are too close to tell.
    pub(crate) close: Vec<Win>,
}

impl Wins {
    /// Compares `yieldfrom` with all contestants of one kind.
    pub(crate) fn against(rivals: Group, results: &Results) -> Self {
        let mut wins = Self::default();
        for question in &results.questions {
            for case in &question.cases {
                wins.add(&question.name, case, rivals);
            }
        }
        for list in [&mut wins.theirs, &mut wins.ours, &mut wins.close] {
            list.sort_by(|a, b| b.factor.total_cmp(&a.factor));
        }
        wins
    }

    fn add(&mut self, question: &str, case: &Case, rivals: Group) {
        let rivals = case.answers.iter().filter(|answer| answer.group == rivals);
        let best = rivals.reduce(|best, next| {
            let better = advantage(case, next, best) > 1.0;
            if better { next } else { best }
        });
        let (Some(ours), Some(best)) = (case.ours(), best) else {
            return;
        };
        let advantage = advantage(case, best, ours);
        if !advantage.is_finite() || advantage <= 0.0 {
            return;
        }
        let list = if is_better(case, best, ours) {
            &mut self.theirs
        } else if is_better(case, ours, best) {
            &mut self.ours
        } else {
            &mut self.close
        };
        list.push(Win {
            question: question.to_owned(),
            case: case.name.clone(),
            unit: case.unit.clone(),
            rival: best.who.clone(),
            ours: ours.median,
            theirs: best.median,
            factor: advantage.max(1.0 / advantage),
        });
    }
}

/// Returns how many times better one is than the other, by their medians.
fn advantage(case: &Case, one: &Answer, other: &Answer) -> f64 {
    if case.more_is_better {
        one.median / other.median
    } else {
        other.median / one.median
    }
}

/// Returns whether one is better by more than the spread.
fn is_better(case: &Case, one: &Answer, other: &Answer) -> bool {
    let apart = if case.more_is_better {
        one.least > other.most
    } else {
        one.most < other.least
    };
    let single = one.samples.len() < 2 || other.samples.len() < 2;
    let noise = if single { SINGLE } else { NOISE };
    apart && advantage(case, one, other) > 1.0 + noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::results::Question;
    use crate::report::results::samples::{answer, case};

    fn wins(cases: Vec<Case>) -> Wins {
        let question = Question {
            name: "made-up".to_owned(),
            about: String::new(),
            cases,
        };
        let results = Results {
            questions: vec![question],
            ..Results::default()
        };
        Wins::against(Group::Async, &results)
    }

    /// Returns the cases of a list with the rival and the factor.
    fn listed(list: &[Win]) -> Vec<(&str, &str, f64)> {
        list.iter()
            .map(|win| {
                let (case, rival, factor) = (&win.case, &win.rival, win.factor);
                (
                    case.as_str(),
                    rival.as_str(),
                    (factor * 100.0).round() / 100.0,
                )
            })
            .collect()
    }

    #[test]
    fn a_rival_wins_where_it_is_better_by_more_than_the_spread_largest_first() {
        let wins = wins(vec![
            case(
                "near",
                "ns",
                &[("yieldfrom", &[10., 11., 12.]), ("tokio", &[5., 5.5, 6.])],
            ),
            case(
                "far",
                "bytes",
                &[
                    ("yieldfrom", &[4400.]),
                    ("smol", &[220.]),
                    ("tokio", &[440.]),
                ],
            ),
        ]);
        assert_eq!(
            listed(&wins.theirs),
            [("far", "smol", 20.0), ("near", "tokio", 2.0)]
        );
        assert_eq!((wins.ours, wins.close), (vec![], vec![]));
    }

    #[test]
    fn overlapping_samples_are_nobodys_win() {
        let wins = wins(vec![case(
            "overlap",
            "ns",
            &[("yieldfrom", &[10., 20., 30.]), ("tokio", &[5., 9., 10.5])],
        )]);
        assert_eq!((wins.ours, wins.theirs), (vec![], vec![]));
        assert_eq!(listed(&wins.close), [("overlap", "tokio", 2.22)]);
    }

    #[test]
    fn of_rates_the_greater_is_the_better() {
        let wins = wins(vec![
            case(
                "a",
                "req/s",
                &[("yieldfrom", &[300., 301.]), ("tokio", &[100., 101.])],
            ),
            case(
                "b",
                "events/s",
                &[("yieldfrom", &[100., 101.]), ("async", &[200., 202.])],
            ),
        ]);
        assert_eq!(listed(&wins.ours), [("a", "tokio", 2.98)]);
        assert_eq!(listed(&wins.theirs), [("b", "async", 2.0)]);
    }

    #[test]
    fn who_beats_one_rival_and_not_the_other_does_not_win() {
        let wins = wins(vec![case(
            "mixed",
            "ns",
            &[
                ("yieldfrom", &[10., 10.]),
                ("tokio", &[40., 40.]),
                ("smol", &[5., 5.]),
            ],
        )]);
        assert_eq!(wins.ours, []);
        assert_eq!(listed(&wins.theirs), [("mixed", "smol", 2.0)]);
    }

    #[test]
    fn others_than_the_rivals_do_not_count() {
        let wins = wins(vec![
            case(
                "peer",
                "ns",
                &[("yieldfrom", &[10.]), ("corosensei", &[1.])],
            ),
            case("alone", "ns", &[("tokio", &[1.])]),
            case(
                "variant",
                "ns",
                &[
                    ("yieldfrom", &[10.]),
                    ("yieldfrom-streams", &[90.]),
                    ("tokio", &[50.]),
                ],
            ),
        ]);
        assert_eq!(listed(&wins.ours), [("variant", "tokio", 5.0)]);
        assert_eq!((wins.theirs, wins.close), (vec![], vec![]));
    }

    #[test]
    fn a_little_is_not_enough_and_nothing_divides_by_zero() {
        let wins = wins(vec![
            case(
                "steady",
                "ns",
                &[("yieldfrom", &[10.0, 10.0]), ("tokio", &[9.9, 9.9])],
            ),
            case("single", "ns", &[("yieldfrom", &[10.0]), ("tokio", &[9.3])]),
            case(
                "nothing",
                "count",
                &[("yieldfrom", &[2.0]), ("tokio", &[0.0])],
            ),
        ]);
        assert_eq!((wins.ours, wins.theirs), (vec![], vec![]));
        assert_eq!(
            listed(&wins.close),
            [("single", "tokio", 1.08), ("steady", "tokio", 1.01)]
        );
        assert_eq!(answer("tokio", &[3., 1., 2.]).median, 2.0);
    }
}
