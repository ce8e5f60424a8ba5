//! Runs and turns of loops, and which loop a thread uses.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use yieldfrom::{
    Co, DeadlockError, EventLoop, Future, RuntimeError, create_task, get_event_loop,
    get_running_loop, new_event_loop, run, set_event_loop, sleep, wait, wait_for, yield_now,
};

use crate::support::{Journal, log_of, millis, secs, settle, virtual_loop};

#[test]
fn a_host_drives_the_loop_turn_by_turn() {
    let (event_loop, journal) = (EventLoop::new().unwrap(), Journal::default());
    assert_eq!(event_loop.time_to_next(), None);
    let (first, second) = (journal.clone(), journal.clone());
    let inner = event_loop.clone();
    let nested = move || {
        first.note("first");
        inner.call_soon(move || second.note("second")).unwrap();
    };
    event_loop.call_soon(nested).unwrap();
    assert_eq!(event_loop.time_to_next(), Some(Duration::ZERO));
    assert!(event_loop.turn(Some(Duration::ZERO)).unwrap());
    assert_eq!(journal.take(), ["first"]);
    assert!(!event_loop.turn(None).unwrap());
    assert_eq!(journal.take(), ["second"]);
    event_loop.call_later(secs(3600), || ()).unwrap();
    let left = event_loop.time_to_next().unwrap();
    assert!(left > secs(3500) && left <= secs(3600), "{left:?}");
    let began = Instant::now();
    assert!(!event_loop.turn(Some(millis(2))).unwrap());
    assert!(began.elapsed() >= millis(1) && began.elapsed() < secs(60));
}

#[test]
fn a_turn_lets_no_more_virtual_time_pass_than_it_may() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop
        .call_later(secs(5), move || notes.note("due"))
        .unwrap();
    event_loop.turn(Some(Duration::ZERO)).unwrap();
    assert_eq!(
        (event_loop.time(), journal.take().len()),
        (Duration::ZERO, 0)
    );
    event_loop.turn(Some(secs(2))).unwrap();
    assert_eq!((event_loop.time(), journal.take().len()), (secs(2), 0));
    assert_eq!(event_loop.time_to_next(), Some(secs(3)));
    event_loop.turn(None).unwrap();
    assert_eq!((event_loop.time(), journal.take().len()), (secs(5), 1));
}

#[test]
fn a_stop_before_the_run_is_one_turn() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (first, second, inner) = (journal.clone(), journal.clone(), event_loop.clone());
    event_loop
        .call_soon(move || {
            first.note("first");
            inner.call_soon(move || second.note("second")).unwrap();
        })
        .unwrap();
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(journal.take(), ["first"]);
    event_loop.stop();
    event_loop.run_forever().unwrap();
    assert_eq!(journal.take(), ["second"]);
}

#[test]
fn a_run_goes_on_where_the_last_one_was_stopped() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let (notes, stopper) = (journal.clone(), event_loop.clone());
    let task = event_loop.create_task(move |co: &Co| {
        for n in 0..3 {
            notes.note(n);
            stopper.stop();
            co.yield_from(sleep(secs(1)))?;
        }
        Ok("end")
    });
    for n in 0..3 {
        event_loop.run_forever().unwrap();
        assert_eq!(journal.take(), [n.to_string()]);
    }
    assert_eq!(event_loop.run_until_complete(task).unwrap(), "end");
}

#[test]
fn a_run_stopped_before_its_future_is_done_is_an_error() {
    let event_loop = virtual_loop();
    let stopper = event_loop.clone();
    let result = event_loop.run_until_complete(move |co: &Co| {
        stopper.stop();
        co.yield_from(sleep(secs(1)))
    });
    let error = result.unwrap_err();
    assert!(
        error.is::<RuntimeError>() && error.to_string().contains("stopped"),
        "{error}"
    );
    let left = event_loop.all_tasks();
    assert_eq!(left.len(), 1, "the task goes on in the next run");
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(2))))
        .unwrap();
    assert!(left[0].done());
}

#[test]
fn each_thread_has_its_own_current_loop() {
    std::thread::spawn(|| {
        assert!(get_event_loop().is_err());
        let (one, two) = (new_event_loop().unwrap(), virtual_loop());
        set_event_loop(Some(&one));
        assert!(get_event_loop().unwrap().ptr_eq(&one));
        let running = two.clone();
        two.run_until_complete(move |_: &Co| {
            assert!(get_event_loop()?.ptr_eq(&running) && get_running_loop()?.ptr_eq(&running));
            Ok(())
        })
        .unwrap();
        assert!(get_event_loop().unwrap().ptr_eq(&one) && get_running_loop().is_err());
        std::thread::spawn(|| assert!(get_event_loop().is_err()))
            .join()
            .unwrap();
        set_event_loop(None);
        assert!(get_event_loop().is_err());
    })
    .join()
    .unwrap();
}

#[test]
fn run_cancels_what_is_left_and_waits_for_its_cleanup() {
    let (journal, began) = (Journal::default(), Instant::now());
    let notes = journal.clone();
    let result = run(move |co: &Co| {
        create_task(move |co: &Co| {
            let result = co.yield_from(sleep(secs(3600)));
            notes.note(result.as_ref().is_err_and(yieldfrom::Error::is_cancelled));
            co.yield_from(sleep(millis(1)))?;
            notes.note("cleaned up");
            result
        });
        co.yield_from(yield_now())?;
        Ok(7)
    });
    assert_eq!(result.unwrap(), 7);
    assert_eq!(journal.take(), ["true", "cleaned up"]);
    assert!(began.elapsed() < secs(60));
}

#[test]
fn run_cancels_what_is_left_also_after_an_error() {
    let journal = Journal::default();
    let guard = journal.guard("left");
    let result = run(move |_: &Co| -> yieldfrom::Result<()> {
        create_task(move |co: &Co| {
            let _guard = guard;
            co.yield_from(sleep(secs(3600)))
        });
        Err(yieldfrom::Error::msg("main"))
    });
    assert_eq!(result.unwrap_err().to_string(), "main");
    assert_eq!(journal.take(), ["drop left"]);
}

#[test]
fn run_waits_for_cleanup_in_virtual_time_as_well() {
    let journal = Journal::default();
    let notes = journal.clone();
    let builder = EventLoop::builder().virtual_clock();
    let result = builder.run(move |co: &Co| {
        create_task(move |co: &Co| {
            let _ = co.yield_from(sleep(secs(60)));
            co.yield_from(sleep(secs(3600)))?;
            notes.note(get_running_loop()?.time().as_secs());
            Ok(())
        });
        co.yield_from(sleep(secs(1)))
    });
    result.unwrap();
    assert_eq!(journal.take(), ["3601"]);
}

#[test]
fn a_task_left_over_that_never_ends_is_a_deadlock() {
    let (logged, result) = log_of(|| {
        EventLoop::builder().virtual_clock().run(|co: &Co| {
            create_task(|co: &Co| {
                let _ = co.yield_from(Future::<()>::new());
                co.yield_from(Future::<()>::new())
            });
            co.yield_from(yield_now())
        })
    });
    assert!(result.unwrap_err().is::<DeadlockError>());
    let destroyed = |line: &&String| line.contains("destroyed but it is pending");
    assert!(logged.iter().any(|line| destroyed(&line)), "{logged:?}");
}

#[test]
fn a_deadlock_names_the_tasks_that_wait() {
    let event_loop = virtual_loop();
    let first = event_loop.create_task(|co: &Co| co.yield_from(Future::<()>::new()));
    let here = line!() - 1;
    let second = event_loop.create_task(move |co: &Co| co.yield_from(first));
    second.set_name("second");
    let error = event_loop.run_until_complete(second).unwrap_err();
    assert!(error.is::<DeadlockError>());
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].contains("2 tasks wait"), "{text}");
    assert!(lines[1].starts_with("second "), "{text}");
    assert!(lines[3].starts_with("└── Task-1 "), "{text}");
    assert!(lines[3].contains(&format!("{}:{here}", file!())), "{text}");
    assert_eq!(lines.len(), 5, "{text}");
    log_of(|| drop(event_loop));
}

#[test]
fn equal_deadlines_are_served_in_order() {
    let event_loop = virtual_loop();
    let order: Rc<RefCell<Vec<u32>>> = Rc::default();
    for n in 0..200_000 {
        let order = Rc::clone(&order);
        event_loop
            .call_at(secs(9), move || order.borrow_mut().push(n))
            .unwrap();
    }
    event_loop
        .run_until_complete(|co: &Co| co.yield_from(sleep(secs(10))))
        .unwrap();
    assert!(order.borrow().iter().copied().eq(0..200_000));
}

#[test]
fn timers_of_waits_that_ended_do_not_pile_up() {
    let rounds = if cfg!(debug_assertions) {
        50_000
    } else {
        1_000_000
    };
    let event_loop = virtual_loop();
    let value = event_loop.run_until_complete(move |co: &Co| {
        let mut sum = 0_u64;
        for _ in 0..rounds {
            let soon = |co: &Co| co.yield_from(yield_now()).map(|()| 1);
            sum += co.yield_from(wait_for(soon, secs(3600)))?;
        }
        Ok(sum)
    });
    assert_eq!(value.unwrap(), rounds);
    assert_eq!(event_loop.time(), Duration::ZERO);
    assert_eq!(event_loop.time_to_next(), None, "no timer is left");
}

#[test]
fn all_tasks_are_in_order_of_making_though_places_are_used_again() {
    let event_loop = virtual_loop();
    let short: Vec<_> = (0..3)
        .map(|_| event_loop.create_task(|_: &Co| Ok(())))
        .collect();
    let long = event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    settle(&event_loop);
    assert!(short.iter().all(|task| task.done()));
    for _ in 0..5 {
        event_loop.create_task(|co: &Co| co.yield_from(sleep(secs(1))));
    }
    let names: Vec<_> = event_loop
        .all_tasks()
        .iter()
        .map(|task| task.get_name())
        .collect();
    assert_eq!(
        names,
        ["Task-4", "Task-5", "Task-6", "Task-7", "Task-8", "Task-9"]
    );
    event_loop.run_until_complete(long).unwrap();
    log_of(|| drop(event_loop));
}

#[test]
fn a_task_factory_sees_every_task() {
    let (event_loop, journal) = (virtual_loop(), Journal::default());
    let notes = journal.clone();
    event_loop.set_task_factory(Some(Box::new(move |_, task| {
        notes.note(task);
    })));
    event_loop
        .run_until_complete(|co: &Co| {
            create_task(|_: &Co| Ok(()));
            co.yield_from(wait([|_: &Co| Ok(())]))
        })
        .unwrap();
    assert_eq!(journal.take().len(), 3);
    event_loop.set_task_factory(None);
    event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
    assert!(journal.take().is_empty());
}
