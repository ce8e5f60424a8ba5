//! Programs that install no logger see errors and warnings on standard error. Each program is a process of
//! its own.

use std::io::pipe;
use std::time::Duration;

use yieldfrom::{Co, Error, EventLoop, Future, coroutine, delegation};

use crate::support::{again, assert_one_test_ran, is_child, output, settle, stderr, test_path};

/// Returns what a test says on standard error when it runs in a process of its own.
fn said_by(test: &str) -> String {
    let run = output(&mut again(test));
    assert!(run.status.success(), "{}: {}", run.status, stderr(&run));
    assert_one_test_ran(&run, test);
    stderr(&run)
}

/// Lets a task fail whose error nobody retrieves.
fn lose_an_error(message: &'static str) {
    let event_loop = EventLoop::new().unwrap();
    drop(event_loop.create_task(move |_: &Co| Err::<(), _>(Error::msg(message))));
    settle(&event_loop);
}

#[test]
fn errors_and_warnings_are_written_to_standard_error() {
    if !is_child() {
        let said = said_by(test_path!(
            "errors_and_warnings_are_written_to_standard_error"
        ));
        for line in [
            "Task exception was never retrieved: <Task finished",
            "no fuel",
            "coroutine ",
            " was never awaited (created at ",
            "Task was destroyed but it is pending!: <Task pending",
            "Executing <Task pending ",
            "error ignored in generator ",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(!said.contains("Waiting took"), "that is no warning: {said}");
        return;
    }
    lose_an_error("no fuel");
    drop(coroutine(|_: &Co| Ok(())));
    let event_loop = EventLoop::builder().debug(true).build().unwrap();
    drop(event_loop.create_task(|co: &Co| co.yield_from(Future::<()>::new())));
    event_loop.set_slow_callback_duration(Duration::ZERO);
    settle(&event_loop);
    drop(event_loop);
    let fails_at_its_end = delegation::Generator::<i32>::new(|co| {
        let _ = co.yield_(1);
        Err(Error::msg("no brakes"))
    });
    fails_at_its_end.next().unwrap();
}

struct Silent(#[allow(dead_code, reason = "as most loggers, it has some data")] u8);

impl log::Log for Silent {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        false
    }

    fn log(&self, _: &log::Record<'_>) {}

    fn flush(&self) {}
}

#[test]
fn a_logger_that_is_installed_later_is_used_from_then_on() {
    if !is_child() {
        let said = said_by(test_path!(
            "a_logger_that_is_installed_later_is_used_from_then_on"
        ));
        assert!(said.contains("before") && !said.contains("after"), "{said}");
        return;
    }
    lose_an_error("before");
    log::set_logger(&Silent(1)).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    lose_an_error("after");
}

#[test]
fn a_logger_that_is_switched_off_stays_silent() {
    if !is_child() {
        let said = said_by(test_path!("a_logger_that_is_switched_off_stays_silent"));
        assert!(!said.contains("no fuel"), "{said}");
        return;
    }
    log::set_logger(&Silent(1)).unwrap();
    lose_an_error("no fuel");
}

#[test]
fn a_standard_error_that_nobody_reads_is_no_harm() {
    let test = test_path!("a_standard_error_that_nobody_reads_is_no_harm");
    if is_child() {
        return lose_an_error("no fuel");
    }
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let run = output(again(test).stderr(writer));
    assert!(run.status.success(), "{}", run.status);
    assert_one_test_ran(&run, test);
}
