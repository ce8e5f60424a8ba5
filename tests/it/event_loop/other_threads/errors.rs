//! What other threads get of the error of a task.

use yieldfrom::{Co, ConcurrentError, FrameSummary, Result, run, wrap_future};

use super::beside;

const READ: u32 = line!() + 2;
fn read(_: &Co) -> Result<i32> {
    Ok("x".parse()?)
}

const ASK: u32 = line!() + 2;
fn ask(co: &Co) -> Result<i32> {
    co.yield_from(read)
}

/// Returns the frames as their names and lines, the outermost first.
fn frames(traceback: &[FrameSummary]) -> Vec<(&str, u32)> {
    traceback
        .iter()
        .map(|it| (it.name().unwrap_or(""), it.line()))
        .collect()
}

#[test]
fn an_error_keeps_its_texts_and_its_traceback_on_another_thread() {
    let (failed, wrapped) = beside(|handle| {
        let failed = handle.run_coroutine_threadsafe(ask).unwrap().result(None);
        let future = handle.run_coroutine_threadsafe(ask).unwrap();
        let wrapped = run(move |co: &Co| co.yield_from(wrap_future(future)));
        (failed.unwrap_err(), wrapped.unwrap_err().into_send())
    });
    let shown = format!("{failed:?}");
    let ConcurrentError::Failed(error) = &failed else {
        panic!("the task fails: {failed}");
    };
    assert_eq!(frames(error.traceback()), [("ask", ASK), ("read", READ)]);
    assert!(shown.starts_with("Traceback (most recent call last):\n"));
    let text = "core::num::error::ParseIntError: invalid digit found in string";
    assert!(shown.contains(text), "{shown}");
    // On another loop it goes on.
    let all = frames(wrapped.traceback());
    assert_eq!(all[1..], [("ask", ASK), ("read", READ)], "{wrapped:?}");
    let shown = format!("{wrapped:?}");
    assert_eq!(shown.matches("Traceback").count(), 1, "{shown}");
    assert!(shown.contains(text), "{shown}");
}
