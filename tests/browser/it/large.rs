//! A recording of 100,000 events and 1,000 tasks.

use serde_json::json;

use crate::browser::keys;
use crate::page::Page;
use crate::random_run::random_run;
use crate::reference::{MOST, Reference};

const IS_RUNNING_ROW_IN_SIGHT: &str = "
    const row = document.querySelector('#task-rows tr.running')?.getBoundingClientRect();
    const box = document.querySelector('#rows').getBoundingClientRect();
    return Boolean(row) && row.top >= box.top && row.bottom <= box.bottom + 1;";

#[test]
fn a_large_recording_is_shown_at_any_step() {
    let recording = random_run(3, 1_000, 100_000);
    let events = recording["events"].as_array().expect("events").len();
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    let browser = &page.browser;
    let assert_shows = |step: usize| {
        let shown = page.shown();
        assert_eq!(shown["step"], json!(step));
        let lists = ["ready", "timers", "sockets"];
        assert!(
            lists
                .iter()
                .all(|list| shown[list].as_array().expect("a list").len() <= MOST)
        );
        Reference::after(&recording, step).assert_starts_with(&shown);
    };
    browser.press(&[keys::END]);
    assert_shows(events);
    browser.press(&[keys::LEFT]);
    assert_shows(events - 1);
    for step in [50_000, 12_345, 99_001, 1] {
        page.go_to(step);
        assert_shows(step);
        browser.press(&[keys::RIGHT]);
        assert_shows(step + 1);
    }
    // The table scrolls to the task that the step is about.
    let all = recording["events"].as_array().expect("events");
    for after in [70_000, 20_000] {
        let begins = (after..).find(|&i| all[i][1] == "begin");
        page.go_to(begins.expect("a step") + 1);
        assert_eq!(browser.script(IS_RUNNING_ROW_IN_SIGHT), json!(true));
    }
    page.go_to(60_000);
    browser.type_into("#filter", "worker 99");
    let rows = page.shown()["tasks"].as_array().expect("rows").len();
    assert_eq!(rows, 11, "99 and 990 to 999");
    let drawn = browser.script("return document.querySelectorAll('#task-rows tr').length");
    assert!(drawn.as_u64() < Some(100), "only what can be seen is there");
    browser.assert_quiet();
}
