//! Nothing goes wrong silently: what is logged, and what is not.

mod slow_callbacks;

use yieldfrom::{
    Co, Coroutine, Error, Future, Result, coroutine, create_task, gather, sleep, wait, yield_now,
};

use crate::support::{at, log_of, secs, settle, virtual_loop};

/// Returns what is logged while `f` runs, as one text.
fn logged(f: impl FnOnce()) -> String {
    log_of(f).0.join("\n")
}

fn failing(_: &Co) -> Result<i32> {
    Err(Error::msg("no fuel"))
}

#[test]
fn an_error_that_nobody_retrieves_is_logged_with_the_tasks_line() {
    let mut here = 0;
    let text = logged(|| {
        let event_loop = virtual_loop();
        here = line!() + 1;
        drop(event_loop.create_task(|_: &Co| Err::<(), _>(Error::msg("no fuel"))));
        settle(&event_loop);
    });
    assert!(
        text.starts_with("ERROR Task exception was never retrieved"),
        "{text}"
    );
    assert!(
        text.contains(&at(here)) && text.contains("no fuel"),
        "{text}"
    );
    assert_eq!(text.matches("ERROR").count(), 1, "{text}");
}

#[test]
fn an_error_that_is_retrieved_is_not_logged() {
    let text = logged(|| {
        let event_loop = virtual_loop();
        let by_result = event_loop.create_task(failing);
        let by_exception = event_loop.create_task(failing);
        settle(&event_loop);
        assert!(by_result.result().is_err() && by_exception.exception().unwrap().is_some());
        event_loop.run_until_complete(failing).unwrap_err();
        let awaited = event_loop.run_until_complete(|co: &Co| co.yield_from(create_task(failing)));
        assert!(awaited.is_err());
        let gathered = |co: &Co| co.yield_from(gather([failing, failing]));
        assert!(event_loop.run_until_complete(gathered).is_err());
        let future = event_loop.create_future::<()>();
        future.set_exception(Error::msg("seen")).unwrap();
        event_loop.run_until_complete(&future).unwrap_err();
    });
    assert_eq!(text, "");
}

#[test]
fn a_wait_retrieves_no_error() {
    let text = logged(|| {
        let event_loop = virtual_loop();
        let waited = |co: &Co| {
            co.yield_from(wait([failing]))
                .map(|waited| waited.done.len())
        };
        assert_eq!(event_loop.run_until_complete(waited).unwrap(), 1);
    });
    assert!(
        text.contains("Task exception was never retrieved"),
        "{text}"
    );
}

#[test]
fn a_futures_error_that_nobody_retrieves_is_logged() {
    let text = logged(|| {
        let future = virtual_loop().create_future::<()>();
        future.set_exception(Error::msg("no fuel")).unwrap();
    });
    assert!(
        text.starts_with("ERROR Future exception was never retrieved"),
        "{text}"
    );
}

#[test]
fn a_cancelled_task_is_nobodys_loss() {
    let text = logged(|| {
        let event_loop = virtual_loop();
        event_loop.create_task(failing).cancel();
        let sleeping = event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
        settle(&event_loop);
        sleeping.cancel();
        settle(&event_loop);
        assert!(sleeping.cancelled());
    });
    assert_eq!(text, "");
}

fn begun() -> Coroutine<()> {
    coroutine(|co: &Co| co.yield_from(yield_now()))
}

#[test]
fn a_coroutine_that_was_never_started_is_logged_with_its_line() {
    let mut here = 0;
    let text = logged(|| {
        here = line!() + 1;
        let forgotten = coroutine(|_: &Co| Ok(()));
        drop(forgotten);
    });
    assert!(
        text.contains("was never awaited") && text.contains(&at(here)),
        "{text}"
    );
    assert!(text.starts_with("ERROR"), "{text}");
}

#[test]
fn a_coroutine_that_was_ignored_or_used_is_not_logged() {
    let text = logged(|| {
        begun().ignore();
        let event_loop = virtual_loop();
        event_loop.run_until_complete(begun()).unwrap();
        event_loop
            .run_until_complete(|co: &Co| co.yield_from(begun()))
            .unwrap();
        event_loop.create_task(begun()).cancel(); // before its first step
        settle(&event_loop);
    });
    assert_eq!(text, "");
}

#[test]
fn a_task_destroyed_while_it_waits_is_logged_with_the_line_where_it_waits() {
    let mut here = 0;
    let text = logged(|| {
        let event_loop = virtual_loop();
        event_loop.create_task(|co: &Co| {
            co.yield_from(begun())?;
            co.yield_from(Future::<()>::new())
        });
        here = line!() - 2;
        settle(&event_loop);
    });
    assert!(
        text.starts_with("ERROR Task was destroyed but it is pending!"),
        "{text}"
    );
    assert!(text.contains(&at(here)), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}
