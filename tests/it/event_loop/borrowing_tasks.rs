//! Tasks that borrow from the coroutine whose group they belong to.

mod attacks;
mod every_turn;
mod left_groups;
mod one_after_another;

use std::cell::{Cell, RefCell};

use yieldfrom::{Co, Error, ExceptionGroup, Future, Result, sleep, task_group, yield_now};

use crate::support::{Journal, run_virtual, secs, virtual_loop};

/// A result that cannot be cloned, and says that it was dropped.
struct Receipt<'a>(&'a Journal, u64);

impl Drop for Receipt<'_> {
    fn drop(&mut self) {
        self.0.note(format!("drop {}", self.1));
    }
}

#[test]
fn tasks_use_the_variables_around_their_group() {
    let event_loop = virtual_loop();
    let total = event_loop.run_until_complete(|co: &Co| {
        let (taxis, mut names) = (vec![3_u64, 1, 2], String::new());
        let (total, log) = (Cell::new(0), RefCell::new(&mut names));
        co.yield_from(task_group(|_, group| {
            for taxi in &taxis {
                let (total, log) = (&total, &log);
                group.spawn(move |co| {
                    co.yield_from(sleep(secs(*taxi)))?;
                    log.borrow_mut().push_str(&taxi.to_string());
                    let _: () = total.set(total.get() + taxi);
                    Ok(())
                });
            }
            Ok(())
        }))?;
        assert_eq!(names, "123");
        Ok(total.get())
    });
    assert_eq!((total.unwrap(), event_loop.time()), (6, secs(3)));
}

#[test]
fn a_result_is_moved_out_by_value_and_cloned_by_reference() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let text = String::from("BR");
        co.yield_from(task_group(|co, group| {
            let receipt = group.spawn(|_| Ok(Receipt(&notes, 1)));
            let borrowed = group.spawn(|_| Ok(&*text));
            assert_eq!(co.yield_from(receipt)?.1, 1);
            assert_eq!(co.yield_from(&borrowed)?, "BR");
            assert_eq!(co.yield_from(&borrowed)?, "BR");
            assert_eq!(co.yield_from(borrowed)?, "BR");
            let nobody_asks = group.spawn(|_| Ok(Receipt(&notes, 2)));
            co.yield_from(yield_now())?;
            assert!(nobody_asks.done());
            notes.note("end of the body");
            Ok(())
        }))
    })
    .unwrap();
    assert_eq!(journal.take(), ["drop 1", "end of the body", "drop 2"]);
}

#[test]
fn tasks_spawn_tasks_in_their_group() {
    let event_loop = virtual_loop();
    let sum = event_loop.run_until_complete(|co: &Co| {
        let sum = Cell::new(0);
        co.yield_from(task_group(|_, group| {
            group.spawn(|co| {
                for n in 1..=3 {
                    let sum = &sum;
                    group.spawn(move |co| {
                        co.yield_from(sleep(secs(n)))?;
                        sum.set(sum.get() + n);
                        Ok(())
                    });
                }
                co.yield_from(yield_now())
            });
            Ok(())
        }))?;
        Ok(sum.get())
    });
    assert_eq!((sum.unwrap(), event_loop.time()), (6, secs(3)));
}

#[test]
fn groups_stand_in_groups() {
    let sum = run_virtual(|co| {
        let outer = Cell::new(1);
        co.yield_from(task_group(|_, group| {
            group.spawn(|co| {
                let inner = Cell::new(10);
                co.yield_from(task_group(|_, group| {
                    group.spawn(|co| {
                        co.yield_from(sleep(secs(1)))?;
                        inner.set(inner.get() + outer.get());
                        outer.set(2);
                        Ok(())
                    });
                    Ok(())
                }))?;
                outer.set(outer.get() + inner.get());
                Ok(())
            });
            Ok(())
        }))?;
        Ok(outer.get())
    });
    assert_eq!(sum.unwrap(), 13);
}

/// The one that fails was made last, so a group that waited for its tasks in order would be late.
#[test]
fn the_first_failure_cancels_the_others_at_once() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    let result: Result<()> = event_loop.run_until_complete(move |co: &Co| {
        let seen = Cell::new(0);
        co.yield_from(task_group(|co, group| {
            for n in 0..3 {
                let (notes, seen) = (&notes, &seen);
                group.spawn(move |co| {
                    let result = co.yield_from(sleep(secs(60)));
                    seen.set(seen.get() + 1);
                    notes.note(format!("{n} {}", result.is_err_and(|e| e.is_cancelled())));
                    Ok(())
                });
            }
            group.spawn(|co| {
                co.yield_from(sleep(secs(1)))?;
                Err::<(), _>(Error::msg("no fuel"))
            });
            co.yield_from(sleep(secs(90)))
        }))
    });
    let error = result.unwrap_err();
    let group = error.downcast_ref::<ExceptionGroup>().expect("a group");
    assert_eq!(group.errors()[0].to_string(), "no fuel");
    assert_eq!(event_loop.time(), secs(1));
    assert_eq!(journal.take(), ["0 true", "1 true", "2 true"]);
}

#[test]
fn one_task_can_be_cancelled() {
    run_virtual(|co| {
        let seen = Cell::new(false);
        co.yield_from(task_group(|co, group| {
            let task = group.spawn(|co| {
                let error = co.yield_from(sleep(secs(60))).unwrap_err();
                seen.set(error.is_cancelled());
                Err::<(), _>(error)
            });
            co.yield_from(yield_now())?;
            assert!(task.cancel() && !task.done());
            assert!(co.yield_from(&task).unwrap_err().is_cancelled());
            assert!(task.cancelled() && seen.get());
            Ok(())
        }))
    })
    .unwrap();
}

/// The wait of a cancelled parent passes its cancellation to the child it waits for, as asyncio's tasks do.
#[test]
fn a_cancellation_of_the_parent_reaches_all() {
    let event_loop = virtual_loop();
    let task = event_loop.create_task(|co: &Co| {
        let ended = Cell::new(0);
        let result = co.yield_from(task_group(|_, group| {
            for _ in 0..3 {
                group.spawn(|co| {
                    let result = co.yield_from(sleep(secs(60)));
                    ended.set(ended.get() + 1);
                    result
                });
            }
            Ok(())
        }));
        assert!(result.unwrap_err().is_cancelled());
        Ok(ended.get())
    });
    crate::support::settle(&event_loop);
    task.cancel();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), 3);
}

#[test]
fn a_task_is_named_after_its_own_function_and_line() {
    run_virtual(|co| {
        let held = Future::<()>::new();
        co.yield_from(task_group(|co, group| {
            let task = group.spawn(|co| co.yield_from(&held));
            let line = line!() - 1;
            co.yield_from(yield_now())?;
            let shown = task.to_any().to_string();
            assert!(
                shown.contains(&format!("borrowing_tasks.rs:{line}")),
                "{shown}"
            );
            assert!(shown.contains("a_task_is_named"), "{shown}");
            held.set_result(())
        }))
    })
    .unwrap();
}
