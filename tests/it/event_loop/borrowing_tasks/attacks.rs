//! Attempts to have a borrowing task outlive what it borrows.

use std::cell::RefCell;
use std::os::unix::process::ExitStatusExt;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use yieldfrom::{
    Co, EventLoop, Generator, Request, Result, ScopedTask, sleep, task_group, yield_now,
};

use crate::support::{Journal, again, is_child, output, run_virtual, secs, stderr, test_path};

const SIGABRT: i32 = 6;

/// Runs a test in a process of its own, which must abort and say this.
fn aborts(test: &str, run: impl FnOnce()) {
    if is_child() {
        return run();
    }
    let run = output(again(test).stdout(std::process::Stdio::piped()));
    let said = stderr(&run);
    assert_eq!(run.status.signal(), Some(SIGABRT), "{}: {said}", run.status);
    assert!(said.contains("cannot be ended"), "{said}");
}

/// The coroutine of a group, kept where its own tasks get at it.
type Kept = Rc<RefCell<Option<Generator<Request>>>>;

#[test]
fn a_task_that_drops_its_parent_while_it_runs_aborts() {
    aborts(
        test_path!("a_task_that_drops_its_parent_while_it_runs_aborts"),
        || {
            let _: Result<()> = run_virtual(|co| {
                let kept = Kept::default();
                let own = Rc::clone(&kept);
                let parent: Generator<Request> = Generator::new(move |co: &Co| {
                    let text = String::from("borrowed");
                    co.yield_from(task_group(|co, group| {
                        group.spawn(|_| -> Result<()> {
                            let parent = own.take().expect("it was put there");
                            parent.abandon();
                            // The process must not come to here: `text` is gone.
                            println!("{text}");
                            std::process::exit(0)
                        });
                        co.yield_from(sleep(secs(9)))
                    }))
                });
                drop(parent.next()?);
                kept.replace(Some(parent));
                co.yield_from(sleep(secs(1)))
            });
        },
    );
}

/// Drops the coroutine of a group when it is dropped.
struct DropsParent(Kept);

impl Drop for DropsParent {
    fn drop(&mut self) {
        let parent = self.0.take().expect("it was put there");
        parent.abandon();
    }
}

/// Would read what it has borrowed.
struct Reads<'a>(&'a str);

impl Drop for Reads<'_> {
    fn drop(&mut self) {
        // The process must not come to here: the text is gone.
        println!("{}", self.0);
        std::process::exit(0)
    }
}

/// Its coroutine counts as closed while the rest of what it has captured is still there.
#[test]
fn a_task_that_drops_its_parent_before_it_has_run_aborts() {
    aborts(
        test_path!("a_task_that_drops_its_parent_before_it_has_run_aborts"),
        || {
            let _: Result<()> = run_virtual(|co| {
                let kept = Kept::default();
                let own = DropsParent(Rc::clone(&kept));
                let parent: Generator<Request> = Generator::new(move |co: &Co| {
                    let text = String::from("borrowed");
                    co.yield_from(task_group(|co, group| {
                        let captured = (own, Reads(&text));
                        let task = group.spawn(move |_| {
                            drop(captured);
                            Ok(())
                        });
                        task.cancel();
                        drop(task);
                        co.yield_from(sleep(secs(9)))
                    }))
                });
                drop(parent.next()?);
                kept.replace(Some(parent));
                co.yield_from(sleep(secs(1)))
            });
        },
    );
}

#[test]
fn a_task_that_catches_every_unwinding_aborts() {
    aborts(
        test_path!("a_task_that_catches_every_unwinding_aborts"),
        || {
            let _: Result<()> = run_virtual(|co| {
                let parent: Generator<Request> = Generator::new(|co: &Co| {
                    let text = String::from("borrowed");
                    co.yield_from(task_group(|co, group| {
                        group.spawn(|co| {
                            loop {
                                let sleeps = || co.yield_from(sleep(secs(1)));
                                let _ = panic::catch_unwind(AssertUnwindSafe(sleeps));
                                assert!(!text.is_empty());
                            }
                            #[allow(unreachable_code, reason = "it says what the body returns")]
                            Ok(())
                        });
                        co.yield_from(sleep(secs(9)))
                    }))
                });
                drop(parent.next()?);
                co.yield_from(yield_now())?;
                drop(parent);
                std::process::exit(0)
            });
        },
    );
}

/// The threads of a scope in a task borrow from its parent; they have ended before the parent's variables go.
#[test]
fn threads_that_a_task_waits_for_end_before_the_parent_does() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let parent: Generator<Request> = Generator::new(move |co: &Co| {
            let variable = notes.guard("variable");
            let (stop, stopped) = (AtomicBool::new(false), AtomicBool::new(false));
            co.yield_from(task_group(|co, group| {
                let variable = &variable;
                group.spawn(|co| {
                    thread::scope(|scope| {
                        scope.spawn(|| {
                            while !stop.load(Ordering::SeqCst) {
                                thread::yield_now();
                            }
                            stopped.store(true, Ordering::SeqCst);
                        });
                        let result = co.yield_from(sleep(secs(60)));
                        stop.store(true, Ordering::SeqCst);
                        result
                    })?;
                    Ok(())
                });
                let _end = Said(variable.journal(), &stopped);
                co.yield_from(sleep(secs(60)))
            }))
        });
        drop(parent.next()?);
        co.yield_from(yield_now())?;
        parent.close()
    })
    .unwrap();
    assert_eq!(journal.take(), ["the body ends: false", "drop variable"]);
}

/// Says whether a thread has stopped.
struct Said<'a>(&'a Journal, &'a AtomicBool);

impl Drop for Said<'_> {
    fn drop(&mut self) {
        let stopped = self.1.load(Ordering::SeqCst);
        self.0.note(format!("the body ends: {stopped}"));
    }
}

/// A task can borrow its parent's `Co`. It cannot suspend the parent, which does not run.
#[test]
fn a_task_cannot_wait_in_place_of_its_parent() {
    run_virtual(|parent| {
        parent.yield_from(task_group(|co, group| {
            let task = group.spawn(|_| {
                let waits = parent.yield_from(sleep(secs(1)));
                assert!(waits.unwrap_err().is_not_running());
                let delegates = parent.yield_from(Generator::<Request>::new(|_| Ok(())));
                assert!(delegates.unwrap_err().is_not_running());
                let grouped = parent.yield_from(task_group(|parent, group| {
                    group.spawn(|co| co.yield_from(sleep(secs(60))));
                    parent.yield_from(yield_now())
                }));
                assert!(grouped.is_err());
                Ok(())
            });
            co.yield_from(task)?;
            co.yield_from(sleep(secs(90)))
        }))
    })
    .unwrap();
}

/// Parts of two tasks on their parent's `Co`, which do not end in the order in which they began.
#[test]
fn parts_of_a_parent_that_tasks_run_do_no_harm() {
    run_virtual(|parent| {
        parent.yield_from(task_group(|own, group| {
            for n in [1, 3, 2, 5, 4] {
                group.spawn(move |co| {
                    let part = |_: &Co| co.yield_from(sleep(secs(n)));
                    let _ = parent.yield_from(part);
                    assert!(!yieldfrom::current_task().unwrap().stack().is_empty());
                    Ok(())
                });
            }
            for _ in 0..6 {
                own.yield_from(sleep(secs(1)))?;
                assert!(!yieldfrom::current_task().unwrap().stack().is_empty());
            }
            Ok(())
        }))
    })
    .unwrap();
}

/// A handle that is never dropped keeps its result for ever, and nobody looks at it any more.
#[test]
fn handles_in_a_circle_are_harmless() {
    /// Refers to itself.
    struct Circle<'scope>(
        RefCell<Option<Rc<Circle<'scope>>>>,
        ScopedTask<'scope, Loud<'scope>>,
    );
    /// Would read what it has borrowed.
    struct Loud<'a>(&'a str);
    impl Drop for Loud<'_> {
        fn drop(&mut self) {
            unreachable!("{}", self.0);
        }
    }
    run_virtual(|co| {
        let text = String::from("borrowed");
        co.yield_from(task_group(|co, group| {
            let task = group.spawn(|_| Ok(Loud(&text)));
            let circle = Rc::new(Circle(RefCell::default(), task));
            circle.0.replace(Some(Rc::clone(&circle)));
            co.yield_from(yield_now())?;
            assert!(circle.1.done());
            std::mem::forget(group.spawn(|_| Ok(Loud(&text))));
            Ok(())
        }))
    })
    .unwrap();
}

#[test]
fn a_group_of_a_closed_loop_is_left_well() {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let journal = Journal::default();
    let notes = journal.clone();
    let parent: Generator<Request> = Generator::new(move |co: &Co| {
        let variable = notes.guard("variable");
        co.yield_from(task_group(|co, group| {
            let variable = &variable;
            group.spawn(move |co| {
                let _held = variable.journal().guard("task");
                co.yield_from(sleep(secs(60)))
            });
            let _ = co.yield_from(sleep(secs(60)));
            // The loop is closed now.
            let late = group.spawn(move |_| {
                let _: () = variable.journal().note("it runs");
                Ok(())
            });
            variable.journal().note(late.done());
            Ok(())
        }))
    });
    let driven = parent.clone();
    event_loop
        .run_until_complete(move |co: &Co| {
            drop(driven.next()?);
            co.yield_from(yield_now())
        })
        .unwrap();
    event_loop.close().unwrap();
    let ended = parent.next();
    drop(ended);
    drop(parent);
    let said = journal.take();
    assert_eq!(said.first().unwrap(), "drop task");
    assert_eq!(said.last().unwrap(), "drop variable");
    assert!(!said.contains(&"it runs".to_owned()), "{said:?}");
}

#[test]
fn what_a_task_fails_with_may_be_kept() {
    let error = run_virtual(|co| {
        let text = String::from("no fuel");
        let group = co.yield_from(task_group(|co, group| -> Result<()> {
            let task = group.spawn(|_| Err::<(), _>(yieldfrom::Error::msg(text.clone())));
            let _ = co.yield_from(yield_now());
            Err(co.yield_from(task).unwrap_err())
        }));
        Ok(group.unwrap_err())
    });
    assert!(!error.unwrap().to_string().is_empty());
}
