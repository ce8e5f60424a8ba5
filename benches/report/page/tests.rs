use scraper::{Html, Selector};

use super::*;
use crate::questions::{self, QUESTIONS};
use crate::report::results::samples::case;
use crate::report::results::{self, Absent, Machine, Twin, TwinLoad, TwinRun};

/// Makes up an answer of everybody in every case; the numbers mean nothing.
fn everybody(question: &questions::Question) -> Question {
    let mut all = results::Question::new(question);
    for (i, asked) in question.cases.iter().enumerate() {
        let run = std::slice::from_ref(asked);
        let mut who: Vec<&str> = Vec::new();
        for contestant in question.contestants {
            if contestant.answers(run) && !who.contains(&contestant.who) {
                who.push(contestant.who);
            }
        }
        let samples: Vec<_> = (0..who.len())
            .map(|j| [(i + 7 * j + 1) as f64, (i + 7 * j + 2) as f64])
            .collect();
        let answers: Vec<_> = who
            .iter()
            .zip(&samples)
            .map(|(who, samples)| (*who, &samples[..]))
            .collect();
        all.cases.push(case(asked.name, asked.unit, &answers));
    }
    all
}

fn made_up() -> Results {
    let absent = Absent {
        who: "uvloop".to_owned(),
        why: "python3 has no package <uvloop> & no \"network\"".to_owned(),
    };
    let mut questions: Vec<_> = QUESTIONS
        .iter()
        .map(|question| everybody(question))
        .collect();
    questions[0].cases[0].absent.push(absent);
    let run = |form: &str| TwinRun {
        form: form.to_owned(),
        seconds: 1.5,
        processor_seconds: 0.5,
        peak_bytes: 3e6,
    };
    let load = TwinLoad {
        what: "chain --items 3".to_owned(),
        same_output: false,
        runs: ["yieldfrom", "async_await", "threads"].map(run).into(),
        absent: Vec::new(),
    };
    Results {
        date: "2026-11-21T16:00:00Z".to_owned(),
        machine: Machine {
            processors: "2 x <made up>".to_owned(),
            ..Machine::default()
        },
        warnings: vec!["The machine was not idle.".to_owned()],
        questions,
        twins: vec![Twin {
            name: "chain".to_owned(),
            about: "one after the other".to_owned(),
            lines: vec![("yieldfrom".to_owned(), 12), ("threads".to_owned(), 30)],
            loads: vec![load],
        }],
        ..Results::default()
    }
}

fn parsed(results: &Results) -> Html {
    let document = Html::parse_document(&page(results));
    assert_eq!(document.errors, [""; 0], "the page is HTML");
    document
}

fn selector(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

fn count(document: &Html, what: &str) -> usize {
    document.select(&selector(what)).count()
}

/// Returns the text of the first such element.
fn text(document: &Html, what: &str) -> String {
    let element = document.select(&selector(what)).next();
    element
        .unwrap_or_else(|| panic!("there is no {what}"))
        .text()
        .collect()
}

#[test]
fn every_question_has_its_charts_and_its_table() {
    let document = parsed(&made_up());
    for question in QUESTIONS {
        let name = question.name;
        let section = selector(&format!("section:has(h2#{name})"));
        let section = document.select(&section).next();
        let section = section.unwrap_or_else(|| panic!("{name} is missing"));
        let charts = section.select(&selector("figure svg")).count();
        assert_eq!(charts, question.cases.len(), "charts of {name}");
        let bodies = section.select(&selector("table tbody")).count();
        assert_eq!(bodies, question.cases.len(), "cases in the table of {name}");
        let words: String = section.text().collect();
        assert!(
            words.contains(question.about),
            "{name} says what it is about"
        );
        for contestant in question.contestants {
            assert!(
                words.contains(contestant.who),
                "{} answers {name}",
                contestant.who
            );
        }
    }
}

#[test]
fn the_page_needs_nothing_but_itself() {
    let results = made_up();
    let document = parsed(&results);
    for element in ["script", "link", "img", "iframe", "[src]"] {
        assert_eq!(count(&document, element), 0, "{element}");
    }
    let links = selector("a");
    for link in document.select(&links) {
        let target = link.attr("href").unwrap();
        assert!(target.starts_with('#'), "{target}");
        assert_eq!(
            count(&document, &format!("[id=\"{}\"]", &target[1..])),
            1,
            "{target}"
        );
    }
    assert!(!page(&results).contains("url("));
}

#[test]
fn warnings_machine_and_the_absent_are_told() {
    let document = parsed(&made_up());
    assert_eq!(text(&document, "p.warning"), "The machine was not idle.");
    assert!(text(&document, "#machine").contains("2 x <made up>"));
    let words = text(&document, "body");
    assert!(words.contains("python3 has no package <uvloop> & no \"network\""));
    assert!(words.contains("The three have not printed the same for chain --items 3."));
}

#[test]
fn where_others_win_is_as_prominent_as_where_we_win() {
    let document = parsed(&made_up());
    let words = text(&document, "div.sides");
    let (theirs, ours) = (
        words.find("Where async/await wins"),
        words.find("Where yieldfrom wins"),
    );
    assert!(theirs.unwrap() < ours.unwrap());
    let lists = selector("h3");
    let sides = document.select(&selector("div.sides")).next().unwrap();
    assert_eq!(sides.select(&lists).count(), 2);
}

#[test]
fn a_report_of_nothing_is_a_page_too() {
    let document = parsed(&Results::default());
    assert!(text(&document, "body").contains("Nowhere in this run."));
    assert_eq!(count(&document, "section"), 0);
}
