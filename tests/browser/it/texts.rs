//! Names, values and what is missing: all is shown, and nothing of it is markup.

use serde_json::{Value, json};

use crate::page::Page;
use crate::recordings::{averages, car, circle, downloads, nothing};

#[test]
fn names_are_shown_as_text_whatever_they_are() {
    let long = "long ".repeat(2_000);
    let names = [
        "</script><script>document.title = 'broken'</script>",
        "<b>bold</b>",
        "\"quotes\" & 'more'",
        "snake 🐍 كود",
        "line\nbreak\u{2028}\u{0}",
        &long,
    ];
    let recording = circle(&names);
    let Some(page) = Page::open(&recording, "#step=12") else {
        return;
    };
    let browser = &page.browser;
    assert_eq!(browser.script("return document.title"), json!(names[0]));
    assert_eq!(browser.text("h1"), names[0]);
    let shown = browser
        .script("return [...document.querySelectorAll('#tasks button')].map((b) => b.textContent)");
    for (shown, name) in shown.as_array().expect("names").iter().zip(names) {
        let shown = shown.as_str().expect("a text").trim_end_matches('…');
        assert!(
            name.starts_with(shown) && (shown == name || shown.len() > 250),
            "{shown}"
        );
    }
    assert_eq!(
        browser.script(
            "return document.querySelectorAll('main b:not(#phases b), main i:not(.code i)').length"
        ),
        json!(0)
    );
    assert!(
        browser
            .text("#source")
            .contains("let text = \"</script><b>bold</b>\";")
    );
    page.browser.assert_quiet();
}

#[test]
fn a_circle_of_tasks_that_wait_for_each_other_is_named() {
    let Some(page) = Page::open(&circle(&["cook", "waiter", "guest"]), "#step=6") else {
        return;
    };
    assert_eq!(
        page.browser.text("#graph .cycle"),
        "A circle, nobody can go on: cook waits for waiter waits for guest waits for cook"
    );
    page.browser.assert_quiet();
}

#[test]
fn the_graph_has_who_waits_for_whom_at_the_step() {
    let Some(page) = Page::open(&downloads(), "#step=24") else {
        return;
    };
    let graph = || {
        page.browser.script(
            "const read = (ul) => [...ul.children].map((li) => { const below = li.querySelector(':scope > ul'); \
             return [li.firstChild.textContent, ...(below ? read(below) : [])]; }); \
             const ul = document.querySelector('#graph > ul'); return ul ? read(ul) : document.querySelector('#graph').textContent",
        )
    };
    let all = json!([
        ["socket 5, to be read", ["BR"]],
        ["socket 6, to be read", ["CN", ["download_many()"]]],
        ["sleep 0.01 s", ["progress()"]],
    ]);
    assert_eq!(graph(), all);
    page.go_to(56);
    assert_eq!(graph(), json!([["BR runs", ["download_many()"]]]));
    page.go_to(63);
    assert_eq!(graph(), json!("Nobody waits."));
    page.browser.assert_quiet();
}

#[test]
fn an_empty_recording_says_so() {
    let Some(page) = Page::open(&nothing(), "#step=3") else {
        return;
    };
    assert_eq!(
        page.sentence(),
        "The recording is empty: nothing ran while it was made."
    );
    assert_eq!(page.browser.text("#step"), "step 0 of 0");
    page.browser.press(&[" "]);
    page.browser.press(&["+"]);
    page.browser.assert_quiet();
}

#[test]
fn what_is_missing_is_told_with_its_side() {
    let mut recording = downloads();
    recording["limit"] = json!({ "bytes": 1000, "kept": "newest", "dropped": 12_345 });
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    let missing = page.browser.text("#missing");
    assert_eq!(
        missing,
        "The recording reached its limit: 12,345 events before the ones shown are missing."
    );
    drop(page);
    recording["limit"]["kept"] = json!("oldest");
    let page = Page::open(&recording, "").expect("a browser");
    let missing = page.browser.text("#missing");
    assert!(missing.contains("12,345 events after the ones shown"));
    page.browser.assert_quiet();
}

#[test]
fn a_recording_that_cannot_be_read_is_reported_on_the_page() {
    let Some(page) = Page::open(&Value::String("no object".to_owned()), "") else {
        return;
    };
    assert!(page.sentence().starts_with("The recording cannot be read"));
    page.browser.assert_quiet();
}

#[test]
fn generators_are_shown_with_what_is_sent_and_yielded() {
    let Some(page) = Page::open(&averages(), "") else {
        return;
    };
    for (step, sentence) in [
        (1, "The main program makes the generator averager()."),
        (
            2,
            "The main program calls next() of averager(): it runs for the first time.",
        ),
        (
            3,
            "averager() yields None at averager.rs:12, and stays suspended there.",
        ),
        (
            4,
            "The main program sends 10.0 to averager(): it goes on at averager.rs:12.",
        ),
        (
            5,
            "averager() yields Some(10.0) at averager.rs:12, and stays suspended there.",
        ),
        (
            8,
            "grouper() throws ValueError: no number into averager(): it goes on at averager.rs:12.",
        ),
        (9, "averager() ends with an error: ValueError: no number."),
        (11, "The main program closes grouper()."),
        (12, "grouper() panics: no way out."),
    ] {
        page.go_to(step);
        assert_eq!(page.sentence(), sentence);
    }
    page.go_to(8);
    assert_eq!(page.shown()["running"], json!([1, 0]));
    let hidden = page
        .browser
        .script("return document.querySelector('#ready').offsetParent === null");
    assert_eq!(hidden, json!(true), "generators have no ready queue");
    page.browser.assert_quiet();
}

#[test]
fn a_simulation_counts_in_its_own_time() {
    let Some(page) = Page::open(&car(), "#step=4") else {
        return;
    };
    assert_eq!(
        page.sentence(),
        "The simulation resumes car: it goes on at ?:5. Its wait is over (timeout 5)."
    );
    assert_eq!(page.browser.text("#step"), "step 4 of 5, at 5");
    let summary = page.browser.text("#summary");
    assert!(
        summary.ends_with("5.000001 of simulated time") || summary.ends_with("5 of simulated time"),
        "{summary}"
    );
    page.browser.assert_quiet();
}
