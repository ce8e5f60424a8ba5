//! Bugs of `asyncio.timeout` and `asyncio.TaskGroup`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::{
    Co, Error, ExceptionGroup, Result, Task, TaskGroup, TimeoutError, current_task, sleep,
    task_group, timeout,
};

use crate::support::{run_virtual, secs, settle, virtual_loop};

use super::is_cancelled;

fn open_requests() -> usize {
    current_task().map_or(0, |task| task.cancelling())
}

fn fail(co: &Co) -> Result<()> {
    co.yield_from(sleep(secs(1)))?;
    Err(Error::msg("no fuel"))
}

/// The task is cancelled by somebody else at the very time at which its limit is over.
#[test]
fn a_limit_does_not_hide_a_cancellation_at_its_end() {
    for first in [false, true] {
        let event_loop = virtual_loop();
        let open = Rc::new(Cell::new(9));
        let seen = Rc::clone(&open);
        let body = move |co: &Co| {
            let result = co.yield_from(timeout(secs(1), |co: &Co| co.yield_from(sleep(secs(9)))));
            seen.set(open_requests());
            result
        };
        let slot: Rc<RefCell<Option<Task<()>>>> = Rc::default();
        let to_cancel = Rc::clone(&slot);
        let cancel = move || _ = to_cancel.borrow().as_ref().unwrap().cancel();
        if first {
            event_loop.call_later(secs(1), cancel).unwrap();
            slot.replace(Some(event_loop.create_task(body)));
        } else {
            slot.replace(Some(event_loop.create_task(body)));
            settle(&event_loop);
            event_loop.call_later(secs(1), cancel).unwrap();
        }
        let task = slot.borrow().clone().unwrap();
        let result = event_loop.run_until_complete(&task);
        assert!(is_cancelled(&result), "{result:?}");
        assert_eq!(open.get(), 1, "the request of the other one stays open");
    }
}

/// gh-102780: a limit that is over while the task deals with a cancellation is told as a timeout.
#[test]
fn a_limit_inside_a_cleanup_is_a_timeout() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        assert!(is_cancelled(&co.yield_from(sleep(secs(9)))));
        let cleanup = timeout(secs(1), |co: &Co| co.yield_from(sleep(secs(9))));
        assert!(co.yield_from(cleanup).unwrap_err().is::<TimeoutError>());
        assert_eq!(open_requests(), 1);
        Ok(())
    });
    settle(&event_loop);
    assert!(task.cancel());
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(event_loop.time(), secs(1));
}

/// gh-116720: a task of the inner and one of the outer group fail at one time.
#[test]
fn a_failure_of_the_outer_group_survives_that_of_the_inner_one() {
    for outer_first in [true, false] {
        let event_loop = virtual_loop();
        event_loop
            .run_until_complete(move |co: &Co| {
                let outer = co.yield_from(task_group(|co: &Co, outer: &TaskGroup<'_, '_>| {
                    if outer_first {
                        outer.create_task(fail);
                    }
                    let inner = co.yield_from(task_group(|co: &Co, inner: &TaskGroup<'_, '_>| {
                        inner.create_task(fail);
                        if !outer_first {
                            outer.create_task(fail);
                        }
                        co.yield_from(sleep(secs(100)))
                    }));
                    assert!(inner.unwrap_err().is::<ExceptionGroup>());
                    co.yield_from(sleep(secs(3600)))
                }));
                assert!(outer.unwrap_err().is::<ExceptionGroup>());
                assert_eq!(open_requests(), 0);
                Ok(())
            })
            .unwrap();
        assert_eq!(event_loop.time(), secs(1));
    }
}

/// gh-116720: a task fails while its group waits for the others. Nothing stays open.
#[test]
fn a_group_takes_back_the_request_that_it_makes_at_its_end() {
    run_virtual(|co| {
        let group = co.yield_from(task_group(|_: &Co, group: &TaskGroup<'_, '_>| {
            group.create_task(fail);
            group.create_task(|co: &Co| co.yield_from(sleep(secs(100))));
            Ok(())
        }));
        assert!(group.unwrap_err().is::<ExceptionGroup>());
        assert_eq!(open_requests(), 0);
        co.yield_from(sleep(secs(1)))
    })
    .unwrap();
}

/// gh-116720: errors come before a cancellation by somebody else, which comes at the next wait.
#[test]
fn a_cancellation_of_a_group_that_fails_comes_later() {
    for at_end in [false, true] {
        let event_loop = virtual_loop();
        let task = event_loop.create_task(move |co: &Co| {
            let group = co.yield_from(task_group(|co: &Co, group: &TaskGroup<'_, '_>| {
                group.create_task(fail);
                group.create_task(|co: &Co| {
                    assert!(is_cancelled(&co.yield_from(sleep(secs(9)))));
                    co.yield_from(sleep(secs(2)))
                });
                if at_end {
                    return Ok(());
                }
                co.yield_from(sleep(secs(9)))
            }));
            assert!(group.unwrap_err().is::<ExceptionGroup>());
            assert_eq!(open_requests(), 1, "the count is as it was");
            let next = co.yield_from(sleep(secs(9)));
            assert!(is_cancelled(&next));
            next
        });
        let canceller = task.clone();
        event_loop
            .call_later(secs(2), move || assert!(canceller.cancel()))
            .unwrap();
        assert!(is_cancelled(&event_loop.run_until_complete(&task)));
        assert_eq!(event_loop.time(), secs(3));
    }
}
