//! Task groups that are left by a panic, or closed.

use super::*;

/// Sleeps for long, and notes how that ends.
fn sleeper(journal: &Journal) -> impl FnOnce(&Co) -> Result<()> + 'static {
    let journal = journal.clone();
    move |co: &Co| {
        let result = co.yield_from(sleep(secs(9)));
        let cancelled = result.as_ref().is_err_and(Error::is_cancelled);
        journal.note(if cancelled { "cancelled" } else { "slept" });
        result
    }
}

#[test]
fn a_panic_in_the_body_of_a_group_cancels_its_tasks() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let mut kept = None;
        caught(|| {
            co.yield_from(task_group(
                |co: &Co, group: &TaskGroup<'_, '_>| -> Result<()> {
                    kept = Some(group.handle());
                    group.create_task(sleeper(&notes));
                    co.yield_from(yield_now())?;
                    panics()
                },
            ))
        });
        assert_eq!(current_task().unwrap().cancelling(), 0);
        let refusal = |group: &TaskGroupHandle| -> Result<String> {
            let late: Task<()> = group.create_task(|_: &Co| Ok(()));
            Ok(late.exception()?.expect("it is refused").to_string())
        };
        let kept = kept.unwrap();
        assert!(refusal(&kept)?.contains("is shutting down"));
        co.yield_from(sleep(secs(1)))?;
        assert!(refusal(&kept)?.contains("has ended"));
        rest(co)
    })
    .unwrap();
    assert_eq!(journal.take(), ["cancelled"]);
}

/// A task has failed, and the group has cancelled its own task; then the body panics.
#[test]
fn a_panic_after_a_failure_in_a_group_leaves_no_request_and_tells_the_error() {
    let (log, ()) = log_of(|| {
        run_virtual(|co| {
            caught(|| {
                co.yield_from(task_group(
                    |co: &Co, group: &TaskGroup<'_, '_>| -> Result<()> {
                        group.create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
                        // Refuses to be cancelled, and fails.
                        group.create_task(|co: &Co| {
                            let _ = co.yield_from(sleep(secs(9)));
                            co.yield_from(yield_now())?;
                            Err::<(), _>(Error::msg("no oil"))
                        });
                        assert!(co.yield_from(sleep(secs(9))).is_err());
                        panics()
                    },
                ))
            });
            assert_eq!(current_task().unwrap().cancelling(), 0);
            co.yield_from(sleep(secs(1)))?;
            rest(co)
        })
        .unwrap();
    });
    for error in ["no fuel", "no oil"] {
        let told = log.iter().filter(|line| line.contains(error)).count();
        assert_eq!(told, 1, "{error}: {log:?}");
    }
}

/// A group is dropped while its body runs, and while it waits for its tasks.
#[test]
fn a_group_that_is_dropped_cancels_its_tasks() {
    for (in_body, refuses) in [(true, true), (true, false), (false, true), (false, false)] {
        let journal = Journal::default();
        let notes = journal.clone();
        let (_, ()) = log_of(|| {
            run_virtual(move |co| {
                let group = move |co: &Co| {
                    co.yield_from(task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
                        group.create_task(sleeper(&notes));
                        if in_body {
                            co.yield_from(sleep(Duration::MAX))?;
                        }
                        Ok(())
                    }))
                };
                let generator = if refuses {
                    stubborn(group)
                } else {
                    yielding(group)
                };
                assert!(matches!(generator.next()?, GeneratorState::Yielded(_)));
                co.yield_from(yield_now())?;
                drop(generator);
                co.yield_from(sleep(secs(1)))?;
                rest(co)
            })
            .unwrap();
        });
        // Whoever refuses to end makes another group, in which it is unwound.
        let tasks = journal.take();
        assert!(
            !tasks.is_empty() && tasks.iter().all(|task| task == "cancelled"),
            "{tasks:?}"
        );
    }
}

/// A group in a generator of its own, whose body waits for long.
fn group_of(tasks: impl Fn(&TaskGroup<'_, '_>) + 'static) -> Generator<Request> {
    yielding(move |co: &Co| {
        co.yield_from(task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
            tasks(group);
            co.yield_from(sleep(secs(9)))
        }))
    })
}

fn fails(group: &TaskGroup<'_, '_>) {
    group.create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel")));
}

/// Does not wait for its tasks then, as the coroutine must not suspend any more.
#[test]
fn a_group_that_is_closed_ends_at_once() {
    let (log, ()) = log_of(|| {
        run_virtual(|co| {
            let empty = group_of(|_| {});
            empty.next()?;
            empty.close()?;
            let busy = group_of(|group| {
                fails(group);
                group.create_task(|co: &Co| {
                    assert!(co.yield_from(sleep(secs(9))).is_err());
                    co.yield_from(sleep(secs(1)))
                });
            });
            busy.next()?;
            co.yield_from(yield_now())?;
            assert!(co.yield_from(sleep(secs(9))).is_err(), "a task has failed");
            busy.close()?;
            co.yield_from(sleep(secs(2)))?;
            let failed = group_of(fails);
            failed.next()?;
            co.yield_from(yield_now())?;
            assert!(co.yield_from(sleep(secs(9))).is_err(), "a task has failed");
            // There is nothing to wait for, and the error is more than the close.
            assert!(failed.close().unwrap_err().is::<ExceptionGroup>());
            rest(co)
        })
        .unwrap();
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("no fuel"), "{log:?}");
}

/// All its tasks have ended, and it would tell their errors in its next step.
#[test]
fn a_group_that_is_closed_before_its_last_step_tells_its_errors() {
    let (log, ()) = log_of(|| {
        run_virtual(|co| {
            let group = yielding(|co: &Co| {
                co.yield_from(task_group(
                    |co: &Co, group: &TaskGroup<'_, '_>| -> Result<()> {
                        group.create_task(|co: &Co| {
                            assert!(co.yield_from(sleep(secs(9))).is_err());
                            Err::<(), _>(Error::msg("no oil"))
                        });
                        co.yield_from(yield_now())?;
                        Err(Error::msg("no fuel"))
                    },
                ))
            });
            group.next()?;
            co.yield_from(yield_now())?;
            group.next()?;
            co.yield_from(sleep(secs(1)))?;
            group.close()?;
            co.yield_from(yield_now())?;
            rest(co)
        })
        .unwrap();
    });
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("no oil"), "{log:?}");
}
