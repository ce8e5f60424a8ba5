//! Groups of tasks, as 3.11's `asyncio.TaskGroup`.

mod bodies_that_are_lost;
mod driven_by_hand;

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::{
    Co, Coroutine, Error, ExceptionGroup, Result, RuntimeError, Task, TaskGroup, coroutine,
    current_task, sleep, sleep_with, task_group, yield_now,
};

use crate::support::{Journal, failed_with, run_virtual, secs, settle, virtual_loop};

fn fails(after: u64, text: &'static str) -> Coroutine<()> {
    coroutine(move |co| {
        co.yield_from(sleep(secs(after)))?;
        Err(Error::msg(text))
    })
}

/// Sleeps for long, and notes how that ends.
fn sleeper(name: &'static str, journal: &Journal) -> Coroutine<()> {
    let journal = journal.clone();
    coroutine(move |co| {
        let result = co.yield_from(sleep(secs(60)));
        let cancelled = result.as_ref().is_err_and(Error::is_cancelled);
        journal.note(format!(
            "{name} {}",
            if cancelled { "cancelled" } else { "slept" }
        ));
        result
    })
}

/// Returns the texts of the errors of a group that failed.
fn texts<T>(result: Result<T>) -> Vec<String> {
    let error = result.err().expect("the group fails");
    let group = error.downcast_ref::<ExceptionGroup>().expect("as a group");
    group.errors().iter().map(Error::to_string).collect()
}

#[test]
fn a_group_waits_for_all_its_tasks() {
    let event_loop = virtual_loop();
    let result = event_loop.run_until_complete(|co: &Co| {
        let (one, two) = co.yield_from(task_group(|_, group| {
            let later = |n| coroutine(move |co| co.yield_from(sleep_with(secs(n), n)));
            Ok((group.create_task(later(1)), group.create_task(later(2))))
        }))?;
        Ok(one.result()? + two.result()?)
    });
    assert_eq!((result.unwrap(), event_loop.time()), (3, secs(2)));
}

#[test]
fn an_error_of_one_cancels_the_others_and_the_body() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let result = event_loop.run_until_complete(move |co: &Co| {
        let result = co.yield_from(task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
            group.create_task(sleeper("a", &notes));
            group.create_task(fails(1, "no fuel"));
            group.create_task(sleeper("b", &notes));
            co.yield_from(sleeper("body", &notes))
        }));
        assert_eq!(current_task().unwrap().cancelling(), 0);
        result
    });
    assert_eq!(texts(result), ["no fuel"]);
    assert_eq!(
        journal.take(),
        ["a cancelled", "b cancelled", "body cancelled"]
    );
    assert_eq!(event_loop.time(), secs(1));
}

#[test]
fn errors_are_grouped_in_the_order_in_which_they_happen() {
    let result = run_virtual(|co| {
        co.yield_from(task_group(|_, group| {
            group.create_task(fails(2, "never: it is cancelled"));
            group.create_task(fails(1, "first"));
            group.create_task(coroutine(|co: &Co| {
                let cancelled = co.yield_from(sleep(secs(9)));
                assert!(cancelled.is_err());
                co.yield_from(yield_now())?;
                Err::<(), _>(Error::msg("second, while it cleaned up"))
            }));
            Ok(())
        }))
    });
    assert_eq!(texts(result), ["first", "second, while it cleaned up"]);
}

#[test]
fn an_error_of_the_body_comes_last_and_cancels_the_tasks() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        co.yield_from(task_group(
            |co: &Co, group: &TaskGroup<'_, '_>| -> Result<()> {
                group.create_task(sleeper("a", &notes));
                group.create_task(|co: &Co| {
                    let _ = co.yield_from(sleep(secs(60)));
                    Err::<(), _>(Error::msg("cleanup"))
                });
                co.yield_from(yield_now())?;
                Err(Error::msg("body"))
            },
        ))
    });
    assert_eq!(texts(result), ["cleanup", "body"]);
    assert_eq!(journal.take(), ["a cancelled"]);
}

#[test]
fn an_error_of_a_task_that_is_being_cancelled_cancels_nobody_again() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        co.yield_from(task_group(
            |co: &Co, group: &TaskGroup<'_, '_>| -> Result<()> {
                group.create_task(|co: &Co| {
                    assert!(co.yield_from(sleep(secs(9))).is_err());
                    Err::<(), _>(Error::msg("no oil"))
                });
                group.create_task(move |co: &Co| {
                    assert!(co.yield_from(sleep(secs(9))).is_err());
                    let cleanup = co.yield_from(sleep(secs(1)));
                    notes.note(format!("cleaned up: {}", cleanup.is_ok()));
                    cleanup
                });
                co.yield_from(yield_now())?;
                Err(Error::msg("no fuel"))
            },
        ))
    });
    assert_eq!(journal.take(), ["cleaned up: true"]);
    assert_eq!(texts(result), ["no oil", "no fuel"]);
}

#[test]
fn cancelling_the_groups_task_cancels_all() {
    for body_waits in [true, false] {
        let (event_loop, journal) = (virtual_loop(), Journal::default());
        let notes = journal.clone();
        let task = event_loop.create_task(move |co: &Co| {
            co.yield_from(task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
                group.create_task(sleeper("a", &notes));
                if body_waits {
                    co.yield_from(sleep(secs(60)))
                } else {
                    Ok(())
                }
            }))
        });
        settle(&event_loop);
        task.cancel();
        assert!(
            event_loop
                .run_until_complete(&task)
                .unwrap_err()
                .is_cancelled()
        );
        assert_eq!((task.cancelled(), task.cancelling()), (true, 1));
        assert_eq!(
            (journal.take(), event_loop.time()),
            (vec!["a cancelled".into()], secs(0))
        );
    }
}

#[test]
fn errors_are_not_lost_to_a_cancellation_from_outside() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        co.yield_from(task_group(|_, group| {
            group.create_task(|co: &Co| {
                let _ = co.yield_from(sleep(secs(60)));
                Err::<(), _>(Error::msg("cleanup"))
            });
            Ok(())
        }))
    });
    settle(&event_loop);
    task.cancel();
    assert_eq!(texts(event_loop.run_until_complete(&task)), ["cleanup"]);
    assert!(!task.cancelled() && task.cancelling() == 1);
}

#[test]
fn a_group_that_has_ended_takes_no_task() {
    run_virtual(|co| {
        let group = co.yield_from(task_group(|_, group| Ok(group.handle())))?;
        let refused = group.create_task(|_: &Co| -> Result<()> { unreachable!("never runs") });
        assert!(refused.done() && failed_with::<RuntimeError, _>(refused.result()));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_that_is_ending_takes_tasks_unless_it_fails() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        co.yield_from(task_group(move |_, group| {
            let own = group.handle();
            group.create_task(move |co: &Co| {
                co.yield_from(sleep(secs(1)))?; // the body has ended
                let late = notes.clone();
                own.create_task(move |_: &Co| {
                    late.note("late");
                    Ok(())
                });
                let group = own.clone();
                own.create_task(move |co: &Co| {
                    let _ = co.yield_from(sleep(secs(9)));
                    let refused = group.create_task(|_: &Co| Ok(()));
                    notes.note(failed_with::<RuntimeError, _>(refused.result()));
                    Ok(())
                });
                co.yield_from(sleep(secs(1)))?;
                Err::<(), _>(Error::msg("end"))
            });
            Ok(())
        }))
    });
    assert_eq!(texts(result), ["end"]);
    assert_eq!(journal.take(), ["late", "true"]);
}

#[test]
fn a_group_that_has_only_to_return_takes_no_task() {
    let late: Rc<RefCell<Option<Task<()>>>> = Rc::default();
    let made = Rc::clone(&late);
    run_virtual(move |co| {
        co.yield_from(task_group(|_: &Co, group: &TaskGroup<'_, '_>| {
            let last = group.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
            let group = group.handle();
            last.add_done_callback(move |_| {
                made.replace(Some(group.create_task(|_: &Co| Ok(()))));
            });
            Ok(())
        }))
    })
    .unwrap();
    let late = late.take().expect("the callback has run");
    let error = late.exception().unwrap().expect("it was refused");
    assert!(error.is::<RuntimeError>() && error.to_string().contains("has ended"));
}

#[test]
fn groups_nest() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        co.yield_from(task_group(|co: &Co, outer: &TaskGroup<'_, '_>| {
            outer.create_task(sleeper("outer", &notes));
            co.yield_from(task_group(|_, inner| {
                inner.create_task(sleeper("inner", &notes));
                drop(inner.create_task(fails(1, "no fuel")));
                Ok(())
            }))
        }))
    });
    let error = result.unwrap_err();
    let outer = error.downcast_ref::<ExceptionGroup>().unwrap().errors();
    let inner = outer[0].downcast_ref::<ExceptionGroup>().unwrap().errors();
    assert_eq!(
        (outer.len(), inner.len(), inner[0].to_string().as_str()),
        (1, 1, "no fuel")
    );
    assert_eq!(journal.take(), ["inner cancelled", "outer cancelled"]);
}

#[test]
fn an_error_in_the_outer_group_passes_through_the_inner_one() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        let result = co.yield_from(task_group(|co: &Co, outer: &TaskGroup<'_, '_>| {
            outer.create_task(fails(1, "no fuel"));
            let inner = co.yield_from(task_group(|_, inner| {
                drop(inner.create_task(sleeper("inner", &notes)));
                Ok(())
            }));
            notes.note(inner.as_ref().is_err_and(Error::is_cancelled));
            inner
        }));
        assert_eq!(current_task().unwrap().cancelling(), 0);
        result
    });
    assert_eq!(texts(result), ["no fuel"]);
    assert_eq!(journal.take(), ["inner cancelled", "true"]);
}

#[test]
fn a_group_works_inside_a_task_only() {
    let event_loop = virtual_loop();
    let seen: Rc<RefCell<Option<Result<()>>>> = Rc::default();
    let result = Rc::clone(&seen);
    event_loop
        .call_soon(move || {
            let outside = |co: &Co| co.yield_from(task_group(|_, _| Ok(())));
            let generator = yieldfrom::Generator::new(outside);
            result.replace(Some(generator.next().map(drop)));
        })
        .unwrap();
    settle(&event_loop);
    assert!(failed_with::<RuntimeError, _>(seen.take().expect("it ran")));
}
