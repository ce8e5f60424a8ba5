//! Results that are moved out by value and cloned by reference, and different types at once.

use std::rc::Rc;

use yieldfrom::{
    Co, Error, FIRST_COMPLETED, Future, InvalidStateError, Queue, Result, TimeoutError, ValueError,
    as_completed, coroutine, create_task, current_task, ensure_future, gather,
    gather_return_exceptions, new_event_loop, shield, sleep, sleep_with, wait, wait_for, yield_now,
};

use crate::support::{failed_with, run_virtual, secs, settle, virtual_loop};

/// A result that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Flag(&'static str);

fn flag(co: &Co) -> Result<Flag> {
    co.yield_from(sleep(secs(1)))?;
    Ok(Flag("BR"))
}

/// Returns the text of the error of a result that was moved out.
fn moved(task: &Future<Flag>) -> String {
    let error = task.take_result().unwrap_err();
    assert!(error.is::<InvalidStateError>());
    error.to_string()
}

#[test]
fn by_value_a_result_moves_and_the_error_names_the_line() {
    run_virtual(|co| {
        let task = create_task(flag);
        let handle = task.clone();
        assert_eq!(co.yield_from(task)?, Flag("BR"));
        let here = format!("results_that_move.rs:{}", line!() - 1);
        let text = moved(&handle);
        assert!(
            text.contains(&here) && text.contains("by reference"),
            "{text}"
        );
        // It is done, and has no error.
        assert!(handle.done() && handle.exception()?.is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_takes_by_value_needs_no_clone() {
    run_virtual(|co| {
        let flags = || [create_task(flag), create_task(flag)];
        let [one, two] = flags();
        let kept = one.clone();
        assert_eq!(co.yield_from(gather([one, two]))?, [Flag("BR"), Flag("BR")]);
        assert!(moved(&kept).contains("results_that_move.rs"));
        let [one, two] = flags();
        let outcomes = co.yield_from(gather_return_exceptions([one, two]))?;
        assert!(outcomes.iter().all(Result::is_ok));
        assert_eq!(
            co.yield_from(wait_for(create_task(flag), secs(9)))?,
            Flag("BR")
        );
        assert_eq!(co.yield_from(shield(create_task(flag)))?, Flag("BR"));
        for next in as_completed(flags()) {
            assert_eq!(co.yield_from(next)?, Flag("BR"));
        }
        let waited = co.yield_from(wait(flags()))?;
        for task in waited.done {
            assert_eq!(co.yield_from(task)?, Flag("BR"));
        }
        // By reference, too: nothing is cloned.
        let [one, two] = flags();
        assert_eq!(co.yield_from(wait([&one, &two]))?.done.len(), 2);
        Ok(())
    })
    .unwrap();
    let event_loop = virtual_loop();
    let task = event_loop.create_task(flag);
    let kept = task.clone();
    assert_eq!(event_loop.run_until_complete(task).unwrap(), Flag("BR"));
    assert!(moved(&kept).contains("results_that_move.rs"));
}

#[test]
fn by_reference_a_result_stays() {
    run_virtual(|co| {
        let task = create_task(|_: &Co| Ok(Rc::new(1)));
        for _ in 0..2 {
            assert_eq!(*co.yield_from(&task)?, 1);
            assert_eq!(co.yield_from(gather([&task, &task]))?.len(), 2);
            assert_eq!(*co.yield_from(wait_for(&task, secs(1)))?, 1);
            assert_eq!(*co.yield_from(shield(&task))?, 1);
        }
        assert_eq!(*co.yield_from(task)?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_error_is_there_for_everybody() {
    run_virtual(|co| {
        let task = create_task(|_: &Co| Err::<Flag, _>(Error::msg("no fuel")));
        let kept = task.clone();
        assert_eq!(co.yield_from(task).unwrap_err().to_string(), "no fuel");
        assert_eq!(
            co.yield_from(kept.clone()).unwrap_err().to_string(),
            "no fuel"
        );
        assert_eq!(moved_error(&kept), "no fuel");
        Ok(())
    })
    .unwrap();
}

fn moved_error(task: &Future<Flag>) -> String {
    task.take_result().unwrap_err().to_string()
}

#[test]
fn a_tuple_gathers_different_types() {
    let event_loop = virtual_loop();
    let (number, text, flag, nothing) = event_loop
        .run_until_complete(|co: &Co| {
            let task = create_task(|co: &Co| co.yield_from(sleep_with(secs(2), 42)));
            let text = coroutine(|_| Ok("text"));
            co.yield_from(gather((&task, text, flag, sleep(secs(3)))))
        })
        .unwrap();
    assert_eq!((number, text, flag, nothing), (42, "text", Flag("BR"), ()));
    assert_eq!(event_loop.time(), secs(3));
}

#[test]
fn a_tuple_fails_with_its_first_error_or_keeps_them() {
    run_virtual(|co| {
        let fails = |co: &Co| {
            co.yield_from(sleep(secs(1)))?;
            Err::<i32, _>(Error::msg("no fuel"))
        };
        let slow = create_task(|co: &Co| co.yield_from(sleep_with(secs(9), 'a')));
        let error = co.yield_from(gather((fails, &slow))).unwrap_err();
        assert_eq!(error.to_string(), "no fuel");
        assert!(!slow.done(), "the others go on");
        let (failed, letter) = co.yield_from(gather_return_exceptions((fails, &slow)))?;
        assert!(failed.is_err());
        assert_eq!(letter?, 'a');
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_tuple_that_is_cancelled_cancels_its_children() {
    let event_loop = virtual_loop();
    let both = event_loop.create_task(|co: &Co| {
        let (one, two) = (
            create_task(flag),
            create_task(|co: &Co| co.yield_from(sleep_with(secs(9), 1))),
        );
        let (first, second) = (one.clone(), two.clone());
        let error = co.yield_from(gather((one, two))).unwrap_err();
        assert!(error.is_cancelled() && first.cancelled() && second.cancelled());
        Ok(())
    });
    settle(&event_loop);
    both.cancel();
    event_loop.run_until_complete(both).unwrap();
}

#[test]
fn a_tuple_refuses_a_future_of_another_loop() {
    let other = new_event_loop().unwrap();
    let foreign = other.create_future::<i32>();
    let error =
        run_virtual(move |co| co.yield_from(gather((|_: &Co| Ok('a'), &foreign)))).unwrap_err();
    assert!(error.is::<ValueError>(), "{error}");
}

/// Python's loop over `asyncio.wait([item, line, tick])`.
#[test]
fn tasks_of_different_types_are_waited_for_together() {
    let seen = run_virtual(|co| {
        let (queue, mut seen) = (Queue::new(), Vec::new());
        let producer = queue.clone();
        create_task(move |co: &Co| {
            for n in 0..3 {
                co.yield_from(sleep(secs(3)))?;
                co.yield_from(producer.put(n))?;
            }
            Ok(())
        });
        let mut item = ensure_future(queue.get());
        let mut tick = ensure_future(sleep_with(secs(2), "tick"));
        while seen.len() < 7 {
            let waited = wait([item.to_any(), tick.to_any()]).return_when(FIRST_COMPLETED);
            let done = co.yield_from(waited)?.done;
            assert!(!done.is_empty());
            if done.contains(&item.to_any()) {
                seen.push(co.yield_from(item)?.to_string());
                item = ensure_future(queue.get());
            }
            if tick.done() {
                seen.push(co.yield_from(tick)?.to_owned());
                tick = ensure_future(sleep_with(secs(2), "tick"));
            }
        }
        item.cancel();
        tick.cancel();
        Ok(seen)
    });
    // At 6 s, the timer of the producer was made first.
    assert_eq!(
        seen.unwrap(),
        ["tick", "0", "tick", "1", "tick", "tick", "2"]
    );
}

#[test]
fn a_task_without_its_type_can_be_waited_for() {
    run_virtual(|co| {
        let task = create_task(flag);
        let any = task.to_any();
        co.yield_from(&any)?;
        assert!(task.done());
        let failed = create_task(|_: &Co| Err::<Flag, _>(Error::msg("no fuel"))).to_any();
        assert_eq!(co.yield_from(&failed).unwrap_err().to_string(), "no fuel");
        let cancelled = create_task(flag).to_any();
        cancelled.cancel();
        assert!(co.yield_from(cancelled).unwrap_err().is_cancelled());
        let waited = co.yield_from(wait([&any, &failed, &any]))?;
        assert_eq!((waited.done.len(), waited.pending.len()), (2, 0));
        let me = current_task().unwrap();
        assert!(co.yield_from(&me).is_err(), "it cannot wait for itself");
        Ok(())
    })
    .unwrap();
    let other = virtual_loop();
    let foreign = other.create_task(flag).to_any();
    assert!(failed_with::<ValueError, _>(run_virtual(
        move |co| co.yield_from(wait([foreign]))
    )));
    settle(&other);
}

#[test]
fn a_wait_for_that_is_late_leaves_the_result_of_a_reference() {
    run_virtual(|co| {
        let task = create_task(flag);
        let late = co.yield_from(wait_for(
            shield(task.clone()),
            std::time::Duration::from_millis(1),
        ));
        assert!(failed_with::<TimeoutError, _>(late));
        co.yield_from(yield_now())?;
        assert_eq!(co.yield_from(task)?, Flag("BR"));
        Ok(())
    })
    .unwrap();
}
