//! Groups that follow each other, and may use the memory of those before.

use yieldfrom::{Co, Error, Result, RuntimeError, sleep, task_group, yield_now};

use crate::support::{Journal, run_virtual, secs};

#[test]
fn a_handle_of_a_group_that_has_ended_does_not_reach_the_next_one() {
    run_virtual(|co| {
        let handle = co.yield_from(task_group(|_, group| Ok(group.handle())))?;
        co.yield_from(task_group(|_, group| {
            let late = handle.create_task(|_: &Co| Ok(()));
            assert!(late.exception()?.unwrap().is::<RuntimeError>());
            let _: () = assert_eq!(format!("{group:?}"), "<TaskGroup tasks=0 errors=0>");
            Ok(())
        }))
    })
    .unwrap();
}

#[test]
fn a_task_that_was_kept_does_not_reach_the_next_group() {
    run_virtual(|co| {
        let kept = co.yield_from(task_group(|_, group| Ok(group.spawn(|_| Ok(())).to_any())))?;
        co.yield_from(task_group(|co, group| {
            let task = group.spawn(|co| co.yield_from(yield_now()));
            assert!(kept.done() && !kept.cancel());
            co.yield_from(task)
        }))
    })
    .unwrap();
}

/// Ends three tasks in an order that is not that of their making.
fn in_another_order(co: &Co) -> Result<()> {
    co.yield_from(task_group(|_, group| {
        for n in [2, 3, 1] {
            group.spawn(move |co| co.yield_from(sleep(secs(n))));
        }
        Ok(())
    }))
}

#[test]
fn a_group_cancels_its_tasks_in_the_order_of_their_making_whatever_was_before() {
    let journal = Journal::default();
    let notes = journal.clone();
    let result = run_virtual(move |co| {
        in_another_order(co)?;
        co.yield_from(task_group(|co, group| {
            for name in ["a", "b", "c"] {
                let notes = &notes;
                group.spawn(move |co| {
                    let result = co.yield_from(sleep(secs(60)));
                    notes.note(name);
                    result
                });
            }
            co.yield_from(yield_now())?;
            Err::<(), _>(Error::msg("over"))
        }))
    });
    assert!(result.is_err());
    assert_eq!(journal.take(), ["a", "b", "c"]);
}

#[test]
fn a_group_after_one_that_failed_is_as_new() {
    run_virtual(|co| {
        let failed: Result<()> = co.yield_from(task_group(|_, group| {
            group.spawn(|_| Err::<(), _>(Error::msg("down")));
            Ok(())
        }));
        assert!(failed.is_err());
        for n in 0..3 {
            let result = co.yield_from(task_group(|co, group| {
                let task = group.spawn(move |_| Ok(n));
                co.yield_from(task)
            }));
            assert_eq!(result?, n);
        }
        Ok(())
    })
    .unwrap();
}
