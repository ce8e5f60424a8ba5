//! Groups that are left without waiting: their borrowing tasks have ended when the group has.

use std::panic::{self, AssertUnwindSafe};

use yieldfrom::{
    AnyTask, Co, Error, Future, Generator, Request, Result, State, TaskGroup, TaskGroupHandle,
    all_tasks, create_task, get_running_loop, sleep, task_group, yield_now,
};

use crate::support::{Journal, run_virtual, secs, settle, virtual_loop};

/// Spawns tasks in different states: never started, asleep, due, waiting, with work of their own at the end.
fn spawn_all_kinds<'scope>(
    group: &'scope TaskGroup<'scope, '_>,
    co: &Co,
    journal: &'scope Journal,
) -> Result<()> {
    let held = Future::<()>::new();
    let never_ends = held.clone();
    group.spawn(move |co| {
        let _held = journal.guard("asleep");
        co.yield_from(sleep(secs(60)))
    });
    group.spawn(move |co| {
        let _held = journal.guard("waiting");
        co.yield_from(never_ends)
    });
    group.spawn(move |co| {
        let _held = journal.guard("refusing");
        loop {
            let _ = co.yield_from(yield_now());
        }
        #[allow(unreachable_code, reason = "it says what the body returns")]
        Ok(())
    });
    co.yield_from(yield_now())?;
    group.spawn(move |_| {
        let _held = journal.guard("never started");
        journal.note("it runs");
        Ok(())
    });
    Ok(())
}

/// What `spawn_all_kinds` leaves in the journal when its tasks are ended.
const ALL_KINDS: [&str; 3] = ["drop asleep", "drop waiting", "drop refusing"];

fn quiet_panic() -> ! {
    panic::resume_unwind(Box::new("quiet"))
}

#[test]
fn a_panic_ends_them_before_the_variables_go_away() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let caught = panic::catch_unwind(AssertUnwindSafe(|| {
            let variable = notes.guard("variable");
            co.yield_from(task_group(|co, group| -> Result<()> {
                spawn_all_kinds(group, co, variable.journal())?;
                quiet_panic()
            }))
        }));
        assert!(caught.is_err());
        let mut all: Vec<_> = ALL_KINDS.iter().map(ToString::to_string).collect();
        all.push("drop variable".to_owned());
        assert_eq!(notes.take(), all);
        assert_eq!(all_tasks().len(), 1, "they have ended");
        // Nothing of them is left in the queue or among the timers.
        co.yield_from(sleep(secs(120)))
    })
    .unwrap();
    assert!(journal.take().is_empty());
}

/// A coroutine with a group, driven by hand. It is suspended in the body of the group, or at its end.
fn parent(journal: &Journal, waits_at_the_end: bool) -> Generator<Request> {
    let journal = journal.clone();
    Generator::new(move |co: &Co| {
        let variable = journal.guard("variable");
        co.yield_from(task_group(|co, group| {
            spawn_all_kinds(group, co, variable.journal())?;
            if waits_at_the_end {
                return Ok(());
            }
            co.yield_from(sleep(secs(60)))
        }))
    })
}

#[test]
fn a_coroutine_that_is_closed_or_dropped_ends_them() {
    type Leave = fn(&Generator<Request>);
    let ways: [(&str, Leave); 3] = [
        ("closed", |parent| drop(parent.close())),
        ("abandoned", Generator::abandon),
        ("thrown into", |parent| {
            drop(parent.throw(Error::generator_exit()))
        }),
    ];
    for (name, leave) in ways {
        for waits_at_the_end in [false, true] {
            let journal = Journal::default();
            let notes = journal.clone();
            run_virtual(move |co| {
                let parent = parent(&notes, waits_at_the_end);
                co.yield_(parent.next()?.yielded().expect("it gives way"))?;
                drop(parent.next()?);
                leave(&parent);
                assert_eq!(parent.state(), State::Closed);
                let ended = notes.take();
                assert_eq!(ended.last().unwrap(), "drop variable", "{name}: {ended:?}");
                assert_eq!(ended[..3], ALL_KINDS, "{name}");
                assert_eq!(all_tasks().len(), 1);
                co.yield_from(sleep(secs(120)))
            })
            .unwrap();
            assert!(journal.take().is_empty(), "{name}");
        }
    }
}

/// The stack of a forgotten coroutine stays for ever, so its tasks may go on.
#[test]
fn tasks_of_a_forgotten_coroutine_go_on() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let journal = notes.clone();
        let parent: Generator<Request> = Generator::new(move |co: &Co| {
            let variable = journal.guard("variable");
            co.yield_from(task_group(|co, group| {
                group.spawn(|co| {
                    co.yield_from(sleep(secs(5)))?;
                    variable.journal().note("after five seconds");
                    Ok(())
                });
                co.yield_from(sleep(secs(60)))
            }))
        });
        drop(parent.next()?);
        std::mem::forget(parent);
        // Other coroutines want stacks meanwhile.
        for _ in 0..50 {
            create_task(|co: &Co| co.yield_from(sleep(secs(1))));
        }
        co.yield_from(sleep(secs(10)))
    })
    .unwrap();
    assert_eq!(journal.take(), ["after five seconds"]);
}

#[test]
fn a_loop_that_is_closed_ends_them() {
    for waits_at_the_end in [false, true] {
        let (event_loop, journal) = (virtual_loop(), Journal::default());
        event_loop.create_task(parent(&journal, waits_at_the_end));
        event_loop.turn(None).unwrap();
        event_loop.turn(None).unwrap();
        event_loop.close().unwrap();
        let mut ended = journal.take();
        assert_eq!(ended.pop().unwrap(), "drop variable");
        ended.sort();
        assert_eq!(ended, ["drop asleep", "drop refusing", "drop waiting"]);
    }
}

#[test]
fn a_group_that_is_left_takes_no_task() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let (variable, mut kept) = (notes.guard("variable"), None::<TaskGroupHandle>);
        let caught = panic::catch_unwind(AssertUnwindSafe(|| {
            co.yield_from(task_group(|co, group| -> Result<()> {
                kept = Some(group.handle());
                let notes = variable.journal();
                group.spawn(move |co| {
                    let _held = OnDrop(move || {
                        let late = group.spawn(move |_| {
                            let _: () = notes.note("it runs");
                            Ok(())
                        });
                        notes.note(format!("refused {}", late.done()));
                    });
                    co.yield_from(sleep(secs(60)))
                });
                co.yield_from(yield_now())?;
                quiet_panic()
            }))
        }));
        assert!(caught.is_err());
        assert_eq!(notes.take(), ["refused true"]);
        let late = kept.unwrap().create_task(|_: &Co| Ok(()));
        assert!(late.exception()?.is_some());
        co.yield_from(yield_now())
    })
    .unwrap();
    assert_eq!(journal.take(), ["drop variable"]);
}

/// Runs this when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_task_that_panics_while_it_is_ended_lets_the_others_end() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let parent: Generator<Request> = Generator::new(move |co: &Co| {
            let variable = notes.guard("variable");
            co.yield_from(task_group(|co, group| {
                for n in 0..3 {
                    let variable = &variable;
                    group.spawn(move |co| {
                        let _held = OnDrop(move || {
                            variable.journal().note(n);
                            quiet_panic()
                        });
                        co.yield_from(sleep(secs(60)))
                    });
                }
                co.yield_from(sleep(secs(60)))
            }))
        });
        drop(parent.next()?);
        co.yield_from(yield_now())?;
        let closed = panic::catch_unwind(AssertUnwindSafe(|| parent.close()));
        assert!(
            closed.is_ok(),
            "what a body that is ended panics with is logged"
        );
        assert_eq!(parent.state(), State::Closed);
        co.yield_from(sleep(secs(120)))
    })
    .unwrap();
    assert_eq!(journal.take(), ["0", "1", "2", "drop variable"]);
}

/// What is kept of a task refers to nothing that it has borrowed.
#[test]
fn what_is_kept_of_a_task_is_harmless() {
    run_virtual(|co| {
        let mut kept: Vec<AnyTask> = Vec::new();
        let caught = panic::catch_unwind(AssertUnwindSafe(|| {
            let text = String::from("borrowed");
            co.yield_from(task_group(|co, group| -> Result<()> {
                kept.push(
                    group
                        .spawn(|co| {
                            co.yield_from(sleep(secs(9)))?;
                            Ok(text.len())
                        })
                        .to_any(),
                );
                kept.push(group.spawn(|_| Ok(&text)).to_any());
                co.yield_from(yield_now())?;
                kept.push(group.spawn(|_| Ok(&text)).to_any());
                quiet_panic()
            }))
        }));
        assert!(caught.is_err());
        for task in &kept {
            assert!(
                task.done() && !task.cancel() && task.stack().is_empty(),
                "{task}"
            );
        }
        get_running_loop()?.report();
        co.yield_from(sleep(secs(60)))
    })
    .unwrap();
}

/// The tasks that wait for one that is ended go on.
#[test]
fn whoever_waits_for_an_ended_task_is_told() {
    let event_loop = virtual_loop();
    let told = event_loop.create_future::<bool>();
    let tell = told.clone();
    event_loop
        .run_until_complete(move |co: &Co| {
            let parent: Generator<Request> = Generator::new(move |co: &Co| {
                co.yield_from(task_group(|co, group| {
                    let slow = group.spawn(|co| co.yield_from(sleep(secs(60))));
                    let any = slow.to_any();
                    let asks = group.handle().create_task(move |co: &Co| {
                        let result = co.yield_from(sleep(secs(1)));
                        tell.set_result(result.is_err() && any.done())
                    });
                    drop(asks);
                    co.yield_from(sleep(secs(60)))
                }))
            });
            drop(parent.next()?);
            co.yield_from(yield_now())?;
            drop(parent);
            co.yield_from(yield_now())
        })
        .unwrap();
    settle(&event_loop);
    assert!(told.result().unwrap());
}
