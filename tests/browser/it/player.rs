//! Playing, stepping and jumping: what the page shows is what the recording says.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::browser::keys;
use crate::page::Page;
use crate::random_run::random_run;
use crate::recordings::downloads;
use crate::reference::Reference;

fn count(recording: &Value) -> usize {
    recording["events"].as_array().expect("events").len()
}

fn assert_shows(page: &Page, recording: &Value, step: usize) {
    let shown = page.shown();
    assert_eq!(shown["step"], json!(step));
    let reference = Reference::after(recording, step);
    reference.assert_is(&shown);
    let rows = shown["tasks"].as_array().expect("rows").len();
    assert!(rows == reference.tasks().min(rows) && (rows > 0 || reference.tasks() == 0));
}

#[test]
fn each_step_forwards_and_back_shows_the_state_of_the_program() {
    let recording = downloads();
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    let last = count(&recording);
    for step in 0..last {
        assert_shows(&page, &recording, step);
        page.browser.press(&[keys::RIGHT]);
    }
    for step in (1..=last).rev() {
        assert_shows(&page, &recording, step);
        page.browser.press(&[keys::LEFT]);
    }
    assert_shows(&page, &recording, 0);
    page.browser.assert_quiet();
}

#[test]
fn a_jump_to_any_step_shows_the_same_as_all_steps_before_it() {
    let recording = random_run(7, 25, 6_000);
    let Some(page) = Page::open(&recording, "#step=3500") else {
        return;
    };
    let mut random = Rng::with_seed(1);
    let jumps = [999, 1_000, 1_001, 6_000, 0, 1, 2_000, 1_999];
    let jumps = jumps
        .into_iter()
        .chain((0..60).map(|_| random.usize(..6_000)));
    for step in jumps.collect::<Vec<_>>() {
        page.go_to(step);
        assert_shows(&page, &recording, step);
    }
    page.browser.assert_quiet();
}

#[test]
fn it_plays_to_the_end_and_can_be_stopped_on_the_way() {
    let recording = downloads();
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    let browser = &page.browser;
    browser.press(&[keys::SPACE]);
    browser.wait_until("Number(document.querySelector('#position').value) > 1");
    assert_eq!(browser.text("#play"), "Pause");
    browser.press(&[keys::SPACE]);
    assert_eq!(browser.text("#play"), "Play");
    let step = page.shown()["step"].as_u64().expect("a step");
    assert_shows(&page, &recording, usize::try_from(step).expect("small"));

    browser.script(
        "const speed = document.querySelector('#speed'); speed.value = '200'; speed.dispatchEvent(new Event('change'))",
    );
    browser.click("#play");
    let last = count(&recording);
    browser.wait_until(&format!(
        "document.querySelector('#position').value === '{last}'"
    ));
    browser.wait_until("document.querySelector('#play').disabled");
    assert_shows(&page, &recording, last);
    browser.assert_quiet();
}

#[test]
fn keys_and_buttons_go_to_the_ends_and_from_turn_to_turn() {
    let recording = downloads();
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    let browser = &page.browser;
    let step = || page.shown()["step"].as_u64().expect("a step");
    let last = u64::try_from(count(&recording)).expect("small");
    browser.press(&[keys::END]);
    assert_eq!(step(), last);
    browser.press(&[keys::SHIFT, keys::LEFT]);
    assert!(page.sentence().starts_with("Turn 8 of the loop begins"));
    browser.click("#turn-back");
    browser.click("#turn-back");
    assert!(page.sentence().starts_with("Turn 6 "));
    browser.press(&[keys::SHIFT, keys::RIGHT]);
    assert!(page.sentence().starts_with("Turn 7 "));
    browser.click("#back");
    assert!(page.sentence().starts_with("The turn ends"));
    browser.press(&[keys::HOME]);
    assert_eq!(step(), 0);
    browser.click("#forward");
    assert_eq!(step(), 1);
    browser.click("#last");
    assert_eq!(step(), last);
    browser.click("#first");
    assert_eq!(step(), 0);
    browser.assert_quiet();
}

/// The six steps of a downloader on an event loop: made, run, suspended, watched, woken, continued.
#[test]
fn the_sentences_tell_the_six_steps_of_an_event_loop() {
    let recording = downloads();
    let Some(page) = Page::open(&recording, "") else {
        return;
    };
    for (step, phase, sentence) in [
        (5, 0, "download_many() makes the task BR."),
        (
            6,
            0,
            "BR goes to the ready queue: it is new, and will run for the first time.",
        ),
        (
            13,
            1,
            "Turn 2 of the loop begins: it takes the 3 entries of the ready queue, one after the other.",
        ),
        (
            14,
            1,
            "The loop takes BR from the ready queue: it runs for the first time.",
        ),
        (
            16,
            2,
            "BR has delegated to request() and waits (socket 5, to be read) at flags.rs:22: control goes back to the loop.",
        ),
        (
            15,
            3,
            "BR asks the loop to tell it when socket 5 can be read.",
        ),
        (
            21,
            3,
            "progress() sets a timer: it is due in 10 ms, at 10.150 ms.",
        ),
        (
            24,
            3,
            "Nothing is ready: the loop sleeps for 4.85 ms, until the timer of progress() is due or a socket is ready.",
        ),
        (25, 4, "Socket 5 can be read: BR goes to the ready queue."),
        (40, 4, "Socket 6 can be read: CN goes to the ready queue."),
        (
            33,
            4,
            "The timer of progress() is due: progress() goes to the ready queue.",
        ),
        (
            28,
            5,
            "The loop takes BR from the ready queue: it goes on at flags.rs:22. Its wait is over (socket 5, to be read).",
        ),
        (
            30,
            2,
            "BR has delegated to read() and waits (socket 5, to be read) at flags.rs:23: control goes back to the loop.",
        ),
        (
            45,
            4,
            "CN wakes download_many(): download_many() goes to the ready queue.",
        ),
        (
            46,
            5,
            "CN ends with an error: ConnectionResetError: the peer is gone.",
        ),
        (
            56,
            5,
            "The loop takes BR from the ready queue and throws the cancellation into it at flags.rs:23.",
        ),
        (62, 5, "download_many() ends: its result is 3."),
    ] {
        page.go_to(step);
        let shown = page.shown();
        assert_eq!(shown["sentence"], json!(sentence), "step {step}");
        assert_eq!(shown["phase"], json!(phase), "step {step}: {sentence}");
    }
    page.browser.assert_quiet();
}

#[test]
fn the_source_line_and_the_chain_are_those_of_the_step() {
    let recording = downloads();
    let Some(page) = Page::open(&recording, "#step=16") else {
        return;
    };
    assert_eq!(page.shown()["line"], json!(22));
    let text = page.browser.text("#source [aria-current]");
    assert!(
        text.contains("co.yield_from(request(\"GET\", url))"),
        "{text}"
    );
    let source = page.browser.text("#source");
    assert!(
        source.contains("let url = ") && source.contains("resp.read()"),
        "{source}"
    );
    let chain = page.browser.text("#detail .chain");
    let calls = ["download_one()", "get_flag()", "request()"];
    let places: Vec<_> = calls.iter().map(|call| chain.find(call)).collect();
    assert!(places.is_sorted() && places[0].is_some(), "{chain}");
    assert!(chain.contains("http.rs:80"), "{chain}");

    page.go_to(30);
    assert_eq!(page.shown()["line"], json!(23));
    page.browser.assert_quiet();
}
