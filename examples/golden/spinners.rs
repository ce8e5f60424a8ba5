//! The spinner with threads: what it prints depends on how the threads take turns.

use crate::harness::stdout;

/// Takes a frame off the front, which has this symbol, or all blanks.
fn strip_frame(printed: &str, frame: &str) -> Option<usize> {
    let frame = format!("{frame}{}", "\x08".repeat(frame.len()));
    printed.starts_with(&frame).then_some(frame.len())
}

#[test]
fn the_thread_turns_the_spinner_until_it_is_told_to_stop() {
    let printed = stdout("spinner_thread", &["--virtual-time"]);
    let (thread, mut printed) = printed.split_once('\n').expect(&printed);
    assert!(thread.starts_with("spinner object: Thread { "), "{thread}");
    assert!(thread.contains(r#"name: Some("spinner")"#), "{thread}");
    let mut frames = 0;
    for symbol in "|/-\\".chars().cycle() {
        let Some(length) = strip_frame(printed, &format!("{symbol} thinking!")) else {
            break;
        };
        printed = &printed[length..];
        frames += 1;
    }
    assert!(frames > 0, "{printed:?}");
    let length = strip_frame(printed, &" ".repeat(11)).expect(printed);
    assert_eq!(&printed[length..], "Answer: 42\n");
}
