use std::collections::BTreeSet;

use super::*;
use crate::questions::QUESTIONS;

fn plan(quick: bool) -> Plan {
    Plan {
        questions: Vec::new(),
        cases: Vec::new(),
        only: Vec::new(),
        quick,
        instructions: false,
        repetitions: 3,
        folder: None,
        markdown: false,
    }
}

fn minutes(plan: &Plan) -> f64 {
    expected(plan, &plan.contest()).as_secs_f64() / 60.0
}

#[test]
fn a_whole_report_leaves_nothing_out() {
    let plan = plan(false);
    assert_eq!(plan.questions().len(), QUESTIONS.len());
    assert_eq!(plan.left_out(), [""; 0]);
}

#[test]
fn a_quick_report_asks_every_question_but_two_and_says_what_it_leaves_out() {
    let plan = plan(true);
    assert_eq!(plan.questions().len(), QUESTIONS.len() - 2);
    let lines = plan.left_out();
    let expected = [
        "the question latency",
        "the question cost",
        "of the question taxi: taxis=100, taxis=100000",
    ];
    for line in expected {
        assert!(lines.contains(&line.to_owned()), "{line}: {lines:?}");
    }
    assert!(
        lines.contains(&"simpy in taxi, simulation".to_owned()),
        "{lines:?}"
    );
    assert!(minutes(&plan) < 5.0, "{} minutes", minutes(&plan));
}

#[test]
fn what_is_wanted_by_name_is_asked_even_if_it_takes_long() {
    let plan = Plan {
        questions: vec!["taxi".to_owned()],
        cases: vec!["taxis=100000".to_owned()],
        ..plan(true)
    };
    let questions = plan.questions();
    assert_eq!(questions.len(), 1);
    let runs: Vec<_> = plan
        .runs(questions[0])
        .flatten()
        .map(|case| case.name)
        .collect();
    assert_eq!(runs, ["taxis=100000"]);
    assert!(plan.left_out().contains(&"the question switch".to_owned()));
}

#[test]
fn whoever_is_wanted_by_name_is_asked_even_in_a_quick_report() {
    let plan = Plan {
        only: vec!["simpy".to_owned()],
        ..plan(true)
    };
    let asked = |plan: &Plan| {
        let contest = plan.contest();
        let mut all = QUESTIONS.iter().flat_map(|question| question.contestants);
        all.any(|contestant| contestant.who == "simpy" && contest.is_wanted(contestant))
    };
    assert!(asked(&plan));
    assert_eq!(plan.left_out().last().unwrap(), "everybody but simpy");
    assert!(!asked(&Plan {
        only: Vec::new(),
        ..plan
    }));
}

#[test]
fn names_are_unique() {
    let names: BTreeSet<_> = QUESTIONS.iter().map(|question| question.name).collect();
    assert_eq!(names.len(), QUESTIONS.len());
}
