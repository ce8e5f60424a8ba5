//! `from_std`: a coroutine waits for a future of async/await.

use std::cell::Cell;
use std::future::{pending, ready};
use std::time::Duration;

use yieldfrom::{
    Co, Generator, Result, RuntimeError, TimeoutError, create_task, first, from_std, gather, sleep,
    wait_for, yield_now,
};

use super::{give_way, suspend};
use crate::support::{Census, Journal, failed_with, run_virtual, secs, virtual_loop};

#[test]
fn its_output_is_the_value() {
    let answer = run_virtual(|co| {
        let text = String::from("41");
        // It borrows, and is neither `Send` nor `'static`.
        let n = co.yield_from(from_std(async { text.parse::<i32>() }))??;
        Ok(n + co.yield_from(from_std(ready(1)))?)
    });
    assert_eq!(answer.unwrap(), 42);
}

#[test]
fn an_error_of_the_output_is_a_value() {
    let error = run_virtual(|co| Ok(co.yield_from(from_std(async { "x".parse::<i32>() }))??));
    assert!(error.unwrap_err().is::<std::num::ParseIntError>());
}

#[test]
fn other_tasks_run_while_a_future_gives_way() {
    let journal = Journal::default();
    let notes = journal.clone();
    run_virtual(move |co| {
        let other = notes.clone();
        let task = create_task(move |co: &Co| {
            for n in 0..3 {
                other.note(format!("coroutine {n}"));
                co.yield_from(yield_now())?;
            }
            Ok(())
        });
        let steps = async {
            for n in 0..3 {
                notes.note(format!("future {n}"));
                give_way().await;
            }
        };
        co.yield_from(from_std(steps))?;
        co.yield_from(task)
    })
    .unwrap();
    let expected = [
        "future 0",
        "coroutine 0",
        "future 1",
        "coroutine 1",
        "future 2",
        "coroutine 2",
    ];
    assert_eq!(journal.take(), expected);
}

#[test]
fn a_cancellation_drops_the_future_where_it_is() {
    let journal = Journal::default();
    let notes = journal.clone();
    let error = run_virtual(move |co| {
        let inner = notes.clone();
        let task = create_task(move |co: &Co| {
            let outer = inner.guard("outer");
            let waited = co.yield_from(from_std(async {
                let _guard = outer.journal().guard("future");
                pending::<()>().await;
            }));
            outer.journal().note("caught");
            waited
        });
        co.yield_from(yield_now())?;
        task.cancel();
        co.yield_from(task)
    });
    assert!(error.unwrap_err().is_cancelled());
    assert_eq!(journal.take(), ["drop future", "caught", "drop outer"]);
}

#[test]
fn a_task_that_has_caught_the_cancellation_goes_on() {
    let result = run_virtual(|co| {
        let task = create_task(|co: &Co| {
            assert!(
                co.yield_from(from_std(pending::<()>()))
                    .unwrap_err()
                    .is_cancelled()
            );
            co.yield_from(from_std(async {
                give_way().await;
                42
            }))
        });
        co.yield_from(yield_now())?;
        task.cancel();
        co.yield_from(task)
    });
    assert_eq!(result.unwrap(), 42);
}

#[test]
fn a_timeout_drops_it() {
    let census = Census::default();
    let one = census.one();
    let event_loop = virtual_loop();
    let waited = event_loop.run_until_complete(move |co: &Co| {
        let endless = async move {
            let _one = one;
            sleep(secs(100)).await
        };
        co.yield_from(wait_for(from_std(endless), 5))?
    });
    assert!(failed_with::<TimeoutError, _>(waited));
    assert_eq!((census.live(), event_loop.time()), (0, secs(5)));
}

#[test]
fn a_timeout_of_zero_gives_what_is_there_and_polls_nothing() {
    let error = run_virtual(|co| {
        let polled = Cell::new(false);
        let watched = async {
            polled.set(true);
        };
        let waited = co.yield_from(wait_for(from_std(watched), 0));
        assert!(!polled.get());
        waited
    });
    assert!(failed_with::<TimeoutError, _>(error));
}

#[test]
fn several_are_gathered_as_tasks_without_stacks() {
    let event_loop = virtual_loop();
    let slept = event_loop.run_until_complete(|co: &Co| {
        let naps = [3, 1, 2].map(|n| {
            from_std(async move {
                sleep(secs(n)).await.unwrap();
                n
            })
        });
        co.yield_from(gather(naps))
    });
    assert_eq!(
        (slept.unwrap(), event_loop.time()),
        (vec![3, 1, 2], secs(3))
    );
}

#[test]
fn the_first_of_several_ends_the_others() {
    let census = Census::default();
    let one = census.one();
    let event_loop = virtual_loop();
    let (slow, quick) = event_loop
        .run_until_complete(move |co: &Co| {
            let slow = async move {
                let _one = one;
                pending::<()>().await;
            };
            let quick = async {
                for _ in 0..3 {
                    give_way().await;
                }
                sleep(secs(1)).await.unwrap();
                "quick"
            };
            co.yield_from(first((from_std(slow), from_std(quick))))
        })
        .unwrap();
    assert!(slow.is_none());
    assert_eq!(quick.unwrap().unwrap(), "quick");
    assert_eq!((census.live(), event_loop.time()), (0, secs(1)));
}

#[test]
fn it_needs_a_running_loop() {
    let by_hand = Generator::new(|co: &Co| co.yield_from(from_std(ready(1))));
    let error = by_hand.next().unwrap_err();
    assert!(
        error.is::<RuntimeError>() && error.to_string().starts_with("from_std: "),
        "{error}"
    );
}

#[test]
fn a_coroutine_that_somebody_else_resumes_is_told_so() {
    let error = run_virtual(|co| {
        let wrong = Generator::new(|co: &Co| co.yield_from(from_std(suspend(drop))));
        wrong.next()?;
        let error = wrong.next().unwrap_err();
        co.yield_from(sleep(Duration::ZERO))?;
        Err::<(), _>(error)
    });
    assert!(failed_with::<RuntimeError, _>(error));
}

#[test]
fn futures_and_coroutines_nest_to_any_depth() {
    fn coroutine(co: &Co, depth: u32) -> Result<u32> {
        if depth == 0 {
            co.yield_from(sleep(1))?;
            return Ok(0);
        }
        co.yield_from(from_std(future(depth - 1)))?
    }

    async fn future(depth: u32) -> Result<u32> {
        let inner = create_task(move |co: &Co| coroutine(co, depth));
        Ok(inner.await? + 1)
    }

    assert_eq!(run_virtual(|co| coroutine(co, 20)).unwrap(), 20);
}
