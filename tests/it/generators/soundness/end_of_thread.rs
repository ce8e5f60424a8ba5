//! What happens to suspended generators when their thread or the program ends. Each test runs in a
//! process of its own.

use std::cell::{Cell, RefCell};
use std::thread;
use std::time::Duration;

use yieldfrom::EventLoop;
use yieldfrom_delegation::{Error, Generator, State};

use super::{G, OnDrop, panics, quiet_panic};
use crate::support::{again, assert_one_test_ran, is_child, output, stderr, test_path};

/// Writes to standard error: of use in a process of its own only.
struct Stderr;

impl log::Log for Stderr {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("logged: {}", record.args());
    }

    fn flush(&self) {}
}

fn log_to_stderr() {
    log::set_logger(&Stderr).expect("no other logger");
    log::set_max_level(log::LevelFilter::Trace);
}

/// Runs a test in a process of its own, and returns what it wrote to standard error.
fn survives(test: &str) -> String {
    let child = output(again(test).env_remove("RUST_BACKTRACE"));
    let said = stderr(&child);
    assert!(child.status.success(), "{}: {said}", child.status);
    assert_one_test_ran(&child, test);
    said
}

type AtEnd = OnDrop<Box<dyn FnMut()>>;

thread_local! {
    /// Its destructor runs after that of `TEXT`, which is used later.
    static GENERATORS: RefCell<Vec<AtEnd>> = const { RefCell::new(Vec::new()) };
    static TEXT: RefCell<Vec<u8>> = RefCell::new(b"a text that lives in a thread local".to_vec());
}

/// Returns a chain of two generators whose inner body has borrowed `TEXT`.
fn borrower() -> G {
    let inner: G = Generator::new(|co| {
        TEXT.with_borrow(|text| {
            let end = co.yield_(text.len() as i32);
            panic!("resumed, with {end:?} and {text:?}")
        })
    });
    let outer: G = Generator::new(move |co| co.yield_from(inner));
    outer.next().unwrap();
    outer
}

/// Has `f` called with as many borrowers when the thread local is gone that they have borrowed.
fn all_at_the_end_of_a_thread(count: usize, f: impl Fn(Vec<G>) + Send + 'static) {
    let thread = thread::spawn(move || {
        GENERATORS.with_borrow(|_| ());
        TEXT.with_borrow(|_| ());
        let mut kept: Vec<G> = (0..count).map(|_| borrower()).collect();
        let end = OnDrop::<Box<dyn FnMut()>>(Box::new(move || f(std::mem::take(&mut kept))));
        GENERATORS.with_borrow_mut(|generators| generators.push(end));
    });
    thread.join().unwrap();
}

/// Has `f` called with a borrower when the thread local is gone that it has borrowed.
fn at_the_end_of_a_thread(f: impl Fn(G) + Send + 'static) {
    all_at_the_end_of_a_thread(1, move |mut all| f(all.remove(0)));
}

#[test]
fn a_generator_that_is_dropped_with_the_thread_locals_is_leaked_with_a_warning() {
    if is_child() {
        log_to_stderr();
        return at_the_end_of_a_thread(drop);
    }
    let said = survives(test_path!(
        "a_generator_that_is_dropped_with_the_thread_locals_is_leaked_with_a_warning"
    ));
    let warnings = said.matches("cannot be ended any more: its stack is leaked");
    assert_eq!(warnings.count(), 1, "{said}");
}

#[test]
fn a_suspended_generator_is_not_resumed_after_the_thread_locals() {
    if is_child() {
        return at_the_end_of_a_thread(|g| {
            // Asserted without a panic, which would abort the thread.
            let given_up = [
                g.next().is_err_and(|e| e.is_stack()),
                g.send(()).is_err_and(|e| e.is_stack()),
                g.throw(Error::msg("thrown")).is_err_and(|e| e.is_stack()),
                g.close().is_err_and(|e| e.is_stack()),
                Generator::throw(&g, Error::generator_exit()).is_err_and(|e| e.is_stack()),
                g.driver().step().is_err(),
                g.state() == State::Suspended,
                g.delegation_chain().len() == 2,
            ];
            let fresh: G = Generator::new(|co| co.yield_(1));
            let unstarted = fresh.next().is_err_and(|e| e.is_stack());
            eprintln!("{given_up:?} {unstarted}");
            g.abandon();
            g.prefetch();
        });
    }
    let said = survives(test_path!(
        "a_suspended_generator_is_not_resumed_after_the_thread_locals"
    ));
    assert!(said.contains(&format!("{:?} true", [true; 8])), "{said}");
}

#[test]
fn none_of_many_suspended_generators_is_resumed_after_the_thread_locals() {
    if is_child() {
        // Two stacks each. With some of these numbers, the slabs have no slot left, so that one may
        // begin where the newest ends.
        for count in [31, 32, 33, 64, 128, 256] {
            all_at_the_end_of_a_thread(count, |all| {
                let given_up = |g: &&G| g.next().is_err_and(|error| error.is_stack());
                eprintln!("{} of {}", all.iter().filter(given_up).count(), all.len());
            });
        }
        return;
    }
    let said = survives(test_path!(
        "none_of_many_suspended_generators_is_resumed_after_the_thread_locals"
    ));
    for count in [31, 32, 33, 64, 128, 256] {
        assert!(said.contains(&format!("{count} of {count}\n")), "{said}");
    }
}

/// Has a task of the loop suspended while it borrows a thread local.
fn suspend_a_borrower(event_loop: &EventLoop) {
    TEXT.with_borrow(|_| ());
    let task = event_loop.create_task(|co: &yieldfrom::Co| {
        TEXT.with_borrow(|text| {
            let end = co.yield_from(yieldfrom::sleep(Duration::from_secs(3600)));
            eprintln!(
                "resumed: {} {:?}",
                end.is_err(),
                String::from_utf8_lossy(text)
            );
            end
        })
    });
    drop(task);
    event_loop
        .run_until_complete(yieldfrom::yield_now())
        .unwrap();
}

#[test]
fn the_current_loop_of_a_thread_is_closed_while_its_tasks_may_run() {
    if is_child() {
        let thread = thread::spawn(|| {
            let event_loop = EventLoop::new().unwrap();
            yieldfrom::set_event_loop(Some(&event_loop));
            suspend_a_borrower(&event_loop);
        });
        return thread.join().unwrap();
    }
    let said = survives(test_path!(
        "the_current_loop_of_a_thread_is_closed_while_its_tasks_may_run"
    ));
    assert!(said.contains("resumed: true \"a text that lives"), "{said}");
}

#[test]
fn a_loop_in_a_thread_local_leaks_its_tasks() {
    thread_local!(static KEPT: RefCell<Option<EventLoop>> = const { RefCell::new(None) });
    if is_child() {
        log_to_stderr();
        let thread = thread::spawn(|| {
            KEPT.with_borrow(|_| ());
            let event_loop = EventLoop::new().unwrap();
            suspend_a_borrower(&event_loop);
            KEPT.replace(Some(event_loop));
        });
        return thread.join().unwrap();
    }
    let said = survives(test_path!("a_loop_in_a_thread_local_leaks_its_tasks"));
    assert!(
        said.contains("cannot be ended any more: its stack is leaked"),
        "{said}"
    );
    assert!(!said.contains("resumed"), "{said}");
}

#[test]
fn a_program_may_exit_from_a_body() {
    thread_local!(static KEPT: RefCell<Option<G>> = const { RefCell::new(None) });
    if is_child() {
        let suspended: G = Generator::new(|co| {
            let _ = co.yield_(1);
            panic!("resumed by the exit")
        });
        suspended.next().unwrap();
        KEPT.replace(Some(suspended));
        let exits: G = Generator::new(|_| std::process::exit(0));
        thread_local!(static RUNNING: Cell<Option<G>> = const { Cell::new(None) });
        RUNNING.set(Some(exits.clone()));
        let _ = exits.next();
    }
    survives(test_path!("a_program_may_exit_from_a_body"));
}

#[test]
fn a_logger_that_panics_does_not_abort_a_drop_during_a_panic() {
    struct Panics;
    impl log::Log for Panics {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }
        fn log(&self, _: &log::Record<'_>) {
            quiet_panic()
        }
        fn flush(&self) {}
    }
    fn fails() -> G {
        Generator::new(|co| {
            let _ = co.yield_(1);
            Err(Error::msg("cannot clean up"))
        })
    }
    if is_child() {
        log::set_logger(&Panics).expect("no other logger");
        log::set_max_level(log::LevelFilter::Trace);
        for panicking in [false, true] {
            let g = fails();
            g.next().unwrap();
            let unwound = panics(|| {
                let _g = g;
                if panicking {
                    quiet_panic()
                }
            });
            assert!(unwound && !thread::panicking());
        }
        return;
    }
    survives(test_path!(
        "a_logger_that_panics_does_not_abort_a_drop_during_a_panic"
    ));
}
