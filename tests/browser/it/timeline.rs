//! The timeline: zoom, drags, what stands under the pointer, the filter and the legend.

use serde_json::json;

use crate::browser::{Browser, keys};
use crate::page::Page;
use crate::recordings::{averages, downloads};

/// Chooses steps as the width.
const BY_STEPS: &str = "const axis = document.querySelector('#axis'); axis.value = 'steps'; \
    axis.dispatchEvent(new Event('change'))";

fn opened() -> Option<Page> {
    let page = Page::open(&downloads(), "")?;
    page.browser.wait_until(
        "document.querySelector('#range').textContent === 'All: 0.000 ms to 10.302 ms.'",
    );
    Some(page)
}

#[test]
fn keys_buttons_and_the_wheel_zoom_and_a_drag_moves() {
    let Some(page) = opened() else { return };
    let browser = &page.browser;
    let range = || browser.text("#range");
    let all = range();
    browser.press(&["+"]);
    assert_eq!(range(), "A part: 2.575 ms to 7.726 ms.");
    browser.press(&["-"]);
    assert_eq!(range(), all);
    browser.click("#zoom-in");
    browser.click("#zoom-in");
    assert_eq!(range(), "A part: 3.863 ms to 6.439 ms.");
    browser.press(&["]"]);
    assert_eq!(range(), "A part: 4.378 ms to 6.954 ms.");
    browser.press(&["["]);
    browser.mouse("#canvas", &[(100, 0), (50, 0), (0, 0)], true);
    let dragged = range();
    assert!(
        dragged.starts_with("A part: 4.") && dragged != "A part: 4.378 ms to 6.954 ms.",
        "{dragged}"
    );
    assert_eq!(page.shown()["step"], json!(0), "a drag is no click");
    browser.click("#fit");
    assert_eq!(range(), all);
    browser.wheel("#canvas", 0, 0, -300);
    browser.wait_until("document.querySelector('#range').textContent.startsWith('A part')");
    browser.press(&["0"]);
    assert_eq!(range(), all);
    browser.assert_quiet();
}

/// The rows of the timeline, from the middle of the canvas on: the loop, `download_many`, BR, CN, progress.
fn row(browser: &Browser, row: i32) -> i32 {
    let height = browser.script("return document.querySelector('#canvas').clientHeight");
    let height = i32::try_from(height.as_i64().expect("a height")).expect("small");
    22 + 22 * row + 11 - height / 2
}

#[test]
fn the_wait_under_the_pointer_is_shown_with_its_chain() {
    let Some(page) = opened() else { return };
    let browser = &page.browser;
    browser.mouse("#canvas", &[(-100, row(browser, 2))], false);
    browser.wait_until("!document.querySelector('#tooltip').hidden");
    assert_eq!(
        browser.text("#tooltip"),
        "BR: socket 5, to be read, 4.91 ms, from 0.091 ms on"
    );
    let detail = browser.text("#detail");
    assert!(detail.contains("get_flag() flags.rs:22") && detail.contains("http.rs:80"));
    browser.mouse("#canvas", &[(300, row(browser, 2))], false);
    browser
        .wait_until("document.querySelector('#tooltip').textContent.includes('from 5.041 ms on')");
    assert!(browser.text("#detail").contains("flags.rs:23"));
    browser.mouse("#sentence", &[(0, 0)], false);
    browser.wait_until("document.querySelector('#tooltip').hidden");
    assert!(!browser.text("#detail").contains("flags.rs:23"));
    browser.assert_quiet();
}

#[test]
fn a_step_and_a_time_in_the_queue_are_explained_as_well() {
    let Some(page) = opened() else { return };
    let browser = &page.browser;
    // With steps as the width, each event has the same room.
    browser.script(BY_STEPS);
    let plot = "const c = document.querySelector('#canvas'); return c.clientWidth";
    let width = browser.script(plot).as_f64().expect("a width");
    let names = 24.0 + 7.0 * 15.0;
    // The middle of the canvas is the origin.
    let x = |event: f64| (names + event / 63.0 * (width - names - 12.0) - width / 2.0) as i32;
    browser.mouse("#canvas", &[(x(14.0), row(browser, 2))], false);
    browser.wait_until("document.querySelector('#tooltip').textContent.includes('BR: runs')");
    let detail = browser.text("#detail");
    assert!(detail.contains("It ran to here:download_one()"), "{detail}");
    browser.mouse("#canvas", &[(x(7.0), row(browser, 2))], false);
    browser.wait_until("document.querySelector('#tooltip').textContent.includes('BR: ready')");
    assert!(browser.text("#detail").ends_with("made by download_many()"));
    browser.mouse("#canvas", &[(x(44.0), row(browser, 3))], false);
    browser.wait_until("document.querySelector('#tooltip').textContent.includes('CN: runs')");
    assert!(
        browser
            .text("#detail")
            .contains("its end: error: ConnectionResetError")
    );
    browser.assert_quiet();
}

#[test]
fn a_click_goes_to_the_moment_and_chooses_the_task() {
    let Some(page) = opened() else { return };
    let browser = &page.browser;
    let point = (-100, row(browser, 2));
    browser.mouse("#canvas", &[point], true);
    let shown = page.shown();
    assert_eq!(shown["step"], json!(24), "the loop sleeps");
    assert_eq!(browser.text("#tasks tr.chosen button"), "BR");
    browser.mouse("#sentence", &[(0, 0)], false);
    let detail = browser.text("#detail");
    let about = "BR waitstask 2: BR, made at flags.rs:42for socket 5";
    assert!(detail.starts_with(about), "{detail}");
    browser.click("#task-rows tr[data-track='2'] button");
    assert_eq!(browser.text("#tasks tr.chosen button"), "CN");
    browser.assert_quiet();
}

#[test]
fn a_filter_leaves_the_rows_whose_names_have_the_text() {
    let Some(page) = opened() else { return };
    let browser = &page.browser;
    page.go_to(24);
    let height = || browser.script("return document.querySelector('#canvas').clientHeight");
    let before = height().as_i64();
    browser.type_into("#filter", "ProGress");
    assert_eq!(page.shown()["tasks"], json!([[3, "waits"]]));
    assert_eq!(browser.text("#counts"), "1 alive, 0 ended");
    assert!(height().as_i64() < before);
    // The keys have their own use there: a space is a letter.
    browser.type_into("#filter", &format!("{} x", keys::HOME));
    assert_eq!(page.shown()["step"], json!(24));
    assert_eq!(browser.text("#play"), "Play");
    assert_eq!(page.shown()["tasks"], json!([]));
    browser.assert_quiet();
}

#[test]
fn those_that_have_ended_can_be_left_out() {
    let Some(page) = opened() else { return };
    page.go_to(46);
    assert_eq!(
        page.shown()["tasks"],
        json!([[0, "ready"], [1, "waits"], [2, "error"], [3, "result"]])
    );
    page.browser.click("#ended");
    assert_eq!(page.shown()["tasks"], json!([[0, "ready"], [1, "waits"]]));
    page.browser.assert_quiet();
}

#[test]
fn the_legend_has_what_occurs_and_nothing_else() {
    let Some(page) = opened() else { return };
    let legend =
        "return [...document.querySelectorAll('#legend li')].map((li) => li.dataset.class)";
    assert_eq!(
        page.browser.script(legend),
        json!([
            "runs",
            "ready",
            "sleep",
            "socket",
            "task",
            "turn",
            "idle",
            "result",
            "error",
            "cancelled",
            "makes",
            "wakes",
            "cancels"
        ])
    );
    drop(page);
    let page = Page::open(&averages(), "").expect("a browser");
    assert_eq!(
        page.browser.script(legend),
        json!(["runs", "suspended", "error", "panicked"])
    );
    page.browser.assert_quiet();
}

#[test]
fn the_width_can_be_steps_in_place_of_time() {
    let Some(page) = opened() else { return };
    page.browser.script(BY_STEPS);
    assert_eq!(page.browser.text("#range"), "All: step 0 to step 63.");
    page.browser.press(&["+"]);
    assert_eq!(page.browser.text("#range"), "A part: step 16 to step 47.");
    page.browser.assert_quiet();
}
