//! Simulations of processes that wait for simulated time, for each other, and for what they share.
//!
//! All contestants do the same work with the same numbers (`simulation/model.rs`), and come to the same end:
//! `simulation/ends.txt` says which, and whoever comes to another fails. A run has the environment and all
//! processes made and destroyed within.

mod enums;
mod model;
mod nexosim;
mod odem;
mod ours;
mod simu;

use std::time::Instant;

use crate::measuring::meter::{Meter, Sample};
use crate::questions::{Case, Contestant, Question, number};
use model::{Outcome, Simulator, expected};

const SIMPY_SCRIPT: &str = concat!(
    "ENDS = '''\n",
    include_str!("simulation/ends.txt"),
    "'''\n",
    include_str!("../peers/python/simulation_simpy.py")
);

const TIMEOUTS: &str = "timeouts n=1000";
const MANY_TIMEOUTS: &str = "timeouts n=100000";
const MMC: &str = "mmc";
const INTERRUPTS: &str = "interrupts";
const CONDITIONS: &str = "conditions";
const STORE: &str = "store";

/// The cases, and what one operation is, of which the time is taken:
///
/// - `timeouts n=1000`: a timeout. Each of the n processes waits a hundred times, or ten times if n is 100,000.
/// - `mmc`: a customer, who is a process that is made when it arrives, requests one of ten servers, is served and
///   leaves. Four in five servers are busy on average.
/// - `interrupts`: an interrupt. A process interrupts a hundred others in turn, which go on with the rest of their
///   wait; each of their waits is interrupted about ten times.
/// - `conditions`: a condition on two timeouts: in turn the first of them, and both.
/// - `store`: an item. Ten producers put it into a store for ten items, and ten consumers get it; each has to wait
///   for a timeout before the next.
pub(crate) const QUESTION: Question = Question {
    name: "simulation",
    about: "processes of a simulation, which wait for simulated time; all contestants with the same numbers and to \
            the same end, with the environment and the processes made and destroyed within. timeouts: n processes \
            wait 100 times each (10 times, if n is 100,000), ns for each timeout; mmc: customers, processes of \
            their own, queue for one of ten servers, ns for each customer; interrupts: waits of 100 processes are \
            interrupted and go on, ns for each interrupt; conditions: the first of two timeouts and both, in turn, \
            ns for each condition; store: ten producers and ten consumers share a store for ten items, ns for each \
            item. enum: states, and one heap for the events, written by hand; simu-des has no interrupts and no \
            store: an event with any_of, and its container with a queue beside, are what it offers instead",
    cases: &[
        Case::ns(TIMEOUTS),
        Case::ns(MANY_TIMEOUTS).long(),
        Case::ns(MMC),
        Case::ns(INTERRUPTS),
        Case::ns(CONDITIONS),
        Case::ns(STORE),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", measured::<ours::Ours>),
        Contestant::native(),
        Contestant::rust("enum", measured::<enums::Enums>),
        Contestant::rust("odem-rs", measured::<odem::Odem>),
        Contestant::rust("simu-des", measured::<simu::Simu>),
        Contestant::rust("nexosim", measured::<nexosim::Nexosim>)
            .only(&[TIMEOUTS, MANY_TIMEOUTS, INTERRUPTS])
            .long(),
        Contestant::absent("nexosim", "its models cannot be made while it runs").only(&[MMC]),
        Contestant::absent("nexosim", "its models react, and wait for nothing")
            .only(&[CONDITIONS, STORE]),
        Contestant::package("simpy", SIMPY_SCRIPT).long(),
    ],
    repetitions: usize::MAX,
    seconds: 0.05,
};

/// Measures whole runs, each of which must come to the end that is expected.
fn measured<S: Simulator>(case: &str, meter: &Meter) -> Sample {
    let expected = expected(case);
    meter.batches(expected.operations as usize, || {
        let start = Instant::now();
        let outcome = run::<S>(case);
        let took = start.elapsed();
        assert!(
            outcome == expected,
            "the contestant does something else: {outcome:?}"
        );
        took
    })
}

fn run<S: Simulator>(case: &str) -> Outcome {
    match case {
        TIMEOUTS | MANY_TIMEOUTS => S::timeouts(number(case)),
        MMC => S::mmc(),
        INTERRUPTS => S::interrupts(),
        CONDITIONS => S::conditions(),
        STORE => S::store(),
        _ => unreachable!("there is no case {case}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::questions::How;

    #[test]
    fn all_contestants_come_to_the_same_end() {
        // That of many timeouts does the same, and takes long without optimization.
        for case in [TIMEOUTS, MMC, INTERRUPTS, CONDITIONS, STORE] {
            let expected = expected(case);
            assert_eq!(run::<ours::Ours>(case), expected, "{case}");
            assert_eq!(run::<enums::Enums>(case), expected, "{case}");
            assert_eq!(run::<odem::Odem>(case), expected, "{case}");
            assert_eq!(run::<simu::Simu>(case), expected, "{case}");
        }
        for case in [TIMEOUTS, INTERRUPTS] {
            assert_eq!(run::<nexosim::Nexosim>(case), expected(case), "{case}");
        }
    }

    /// Ends at once, whatever it is asked.
    struct Idle;

    impl Simulator for Idle {
        fn timeouts(_processes: usize) -> Outcome {
            Outcome::default()
        }

        fn mmc() -> Outcome {
            Outcome::default()
        }

        fn interrupts() -> Outcome {
            Outcome::default()
        }

        fn conditions() -> Outcome {
            Outcome::default()
        }

        fn store() -> Outcome {
            Outcome::default()
        }
    }

    #[test]
    #[should_panic(expected = "the contestant does something else")]
    fn whoever_comes_to_another_end_has_no_sample() {
        measured::<Idle>(MMC, &Meter::new(true));
    }

    #[test]
    fn every_contestant_answers_each_case_or_says_why_not() {
        for case in QUESTION.runs() {
            for who in [
                "yieldfrom",
                "enum",
                "odem-rs",
                "simu-des",
                "nexosim",
                "simpy",
            ] {
                let theirs = QUESTION.contestants.iter().filter(|it| it.who == who);
                let answers = theirs.filter(|it| it.answers(case));
                assert_eq!(answers.count(), 1, "{who} in {}", case[0].name);
            }
        }
        let absent = |it: &&Contestant| matches!(it.how, How::Absent(_));
        assert_eq!(QUESTION.contestants.iter().filter(absent).count(), 2);
    }
}
