//! test_tasks: `gather`.

use yieldfrom::{
    Co, Error, EventLoop, Future, Result, ValueError, create_task, gather, gather_return_exceptions,
};

use crate::support::{Journal, failed_with, log_of, settle, virtual_loop};

fn futures<const N: usize>(event_loop: &EventLoop) -> [Future<i32>; N] {
    std::array::from_fn(|_| event_loop.create_future())
}

/// Returns a journal in which each call of a future's callback is noted.
fn calls<T: 'static>(future: &Future<T>) -> Journal {
    let journal = Journal::default();
    let notes = journal.clone();
    future.add_done_callback(move |_| notes.note("called"));
    journal
}

fn no_fuel() -> Error {
    Error::msg("no fuel")
}

#[test]
fn results_come_in_the_order_of_the_arguments_when_all_are_there() {
    let event_loop = virtual_loop();
    let [a, b, c] = futures(&event_loop);
    let gathered = gather([&a, &b, &c]);
    let called = calls(&gathered);
    b.set_result(1).unwrap();
    a.set_result(2).unwrap();
    settle(&event_loop);
    assert!(!gathered.done() && called.take().is_empty());
    c.set_result(3).unwrap();
    settle(&event_loop);
    assert_eq!(gathered.result().unwrap(), [2, 1, 3]);
    assert_eq!(called.take(), ["called"]);
}

#[test]
fn the_first_error_ends_it_and_later_ends_change_nothing() {
    let event_loop = virtual_loop();
    let [a, b, c, d, e] = futures(&event_loop);
    let gathered = gather([&a, &b, &c, &d, &e]);
    let called = calls(&gathered);
    a.set_result(1).unwrap();
    b.set_exception(no_fuel()).unwrap();
    settle(&event_loop);
    assert_eq!(called.take(), ["called"]);
    c.set_result(3).unwrap();
    d.cancel();
    e.set_exception(Error::msg("later")).unwrap();
    settle(&event_loop);
    assert_eq!(gathered.result().unwrap_err().to_string(), "no fuel");
    assert!(called.take().is_empty());
}

#[test]
fn later_errors_count_as_seen() {
    let (logged, ()) = log_of(|| {
        let event_loop = virtual_loop();
        let [a, b] = futures(&event_loop);
        let outer = event_loop.create_task({
            let awaited = [a.clone(), b.clone()];
            move |co: &Co| {
                let inner = awaited.map(|future| {
                    create_task(move |co: &Co| -> Result<()> {
                        co.yield_from(future)?;
                        Err(no_fuel())
                    })
                });
                co.yield_from(gather(inner)).map(drop)
            }
        });
        settle(&event_loop);
        a.set_result(1).unwrap();
        settle(&event_loop);
        b.set_result(2).unwrap();
        settle(&event_loop);
        assert!(outer.exception().unwrap().is_some());
    });
    assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn errors_and_cancellations_are_results_if_that_is_wanted() {
    let event_loop = virtual_loop();
    let [a, b, c, d, e, f] = futures(&event_loop);
    let gathered = gather_return_exceptions([&a, &b, &c, &d, &e, &f]);
    let called = calls(&gathered);
    a.set_result(1).unwrap();
    b.set_exception(no_fuel()).unwrap();
    c.cancel();
    settle(&event_loop);
    assert!(!gathered.done());
    d.set_result(3).unwrap();
    e.cancel();
    f.set_exception(Error::msg("late")).unwrap();
    let outcomes = event_loop.run_until_complete(&gathered).unwrap();
    let shown = outcomes.iter().map(|outcome| match outcome {
        Ok(value) => value.to_string(),
        Err(error) if error.is_cancelled() => "cancelled".to_owned(),
        Err(error) => error.to_string(),
    });
    let shown: Vec<_> = shown.collect();
    assert_eq!(
        shown,
        ["1", "no fuel", "cancelled", "3", "cancelled", "late"]
    );
    settle(&event_loop);
    assert_eq!(called.take(), ["called"]);
}

#[test]
fn a_cancelled_child_is_an_error_and_no_cancellation_of_the_whole() {
    let event_loop = virtual_loop();
    let [a, b, c] = futures(&event_loop);
    let gathered = gather([&a, &b, &c]);
    a.set_result(1).unwrap();
    b.cancel();
    settle(&event_loop);
    assert!(gathered.done() && !gathered.cancelled());
    assert!(gathered.result().unwrap_err().is_cancelled());
    assert!(gathered.exception().unwrap().unwrap().is_cancelled());
    assert!(!c.done());
}

#[test]
fn cancelling_who_gathers_cancels_all_that_is_gathered() {
    let event_loop = virtual_loop();
    let waiter = event_loop.create_future::<()>();
    let journal = Journal::default();
    let children = [(); 2].map(|()| {
        let (awaited, notes) = (waiter.clone(), journal.clone());
        event_loop.create_task(move |co: &Co| {
            co.yield_from(awaited)?;
            notes.note("a child went on");
            Ok(())
        })
    });
    let gathered = gather(&children);
    let (awaited, notes) = (gathered.clone(), journal.clone());
    let outer = event_loop.create_task(move |co: &Co| {
        co.yield_from(awaited)?;
        notes.note("the parent went on");
        Ok(())
    });
    settle(&event_loop);
    assert!(outer.cancel());
    assert!(
        event_loop
            .run_until_complete(outer)
            .unwrap_err()
            .is_cancelled()
    );
    assert!(!gathered.cancel(), "it has ended");
    assert!(waiter.cancelled() && children.iter().all(|child| child.cancelled()));
    settle(&event_loop);
    assert!(journal.take().is_empty());
}

#[test]
fn one_that_is_given_several_times_has_its_result_there_each_time() {
    let event_loop = virtual_loop();
    let abc = event_loop.create_task(|_: &Co| Ok("abc"));
    let def = event_loop.create_task(|_: &Co| Ok("def"));
    let gathered = gather([&abc, &abc, &def, &abc]);
    let results = event_loop.run_until_complete(gathered).unwrap();
    assert_eq!(results, ["abc", "abc", "def", "abc"]);
}

#[test]
fn children_of_different_loops_are_refused() {
    let (one, other) = (virtual_loop(), virtual_loop());
    let [mine] = futures(&one);
    let [theirs] = futures(&other);
    let mixed = gather([&mine, &theirs]);
    settle(&one);
    assert!(failed_with::<ValueError, _>(mixed.result()));
}

#[test]
fn it_belongs_to_the_loop_of_its_children() {
    let (one, other) = (virtual_loop(), virtual_loop());
    let theirs: [_; 3] = futures(&other);
    let gathered = one.run_until_complete(move |_: &Co| {
        let gathered = gather(&theirs);
        theirs.iter().try_for_each(|future| future.set_result(1))?;
        Ok(gathered)
    });
    let gathered = gathered.unwrap();
    assert!(gathered.get_loop().ptr_eq(&other) && !gathered.done());
    settle(&other);
    assert_eq!(gathered.result().unwrap(), [1, 1, 1]);
}
