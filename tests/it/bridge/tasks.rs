//! `spawn_std`: tasks of futures, which take no stack.

use std::future::pending;
use std::rc::Rc;

use yieldfrom::delegation::stack;
use yieldfrom::{
    Co, ContextVar, EventLoop, Panicked, all_tasks, create_task, current_task, ensure_future,
    from_std, get_running_loop, no_suspend, sleep, spawn_std, task_group, wait, yield_now,
};

use super::{give_way, suspend};
use crate::support::{
    Census, Journal, failed_with, log_of, run_virtual, secs, settle, virtual_loop,
};

#[test]
fn a_task_runs_in_the_next_turn_and_keeps_its_result() {
    let event_loop = virtual_loop();
    let journal = Journal::default();
    let notes = journal.clone();
    let task = event_loop.spawn_std(async move {
        notes.note("polled");
        42
    });
    journal.note("made");
    assert!(!task.done());
    assert_eq!(event_loop.run_until_complete(&task).unwrap(), 42);
    assert_eq!(task.result().unwrap(), 42);
    assert_eq!(journal.take(), ["made", "polled"]);
}

/// The same program, by coroutines and by futures, makes the same turns.
#[test]
fn its_turns_are_those_of_a_coroutine() {
    let coroutines = Journal::default();
    let notes = coroutines.clone();
    run_virtual(move |co| {
        let gate = get_running_loop()?.create_future::<u32>();
        let tasks: Vec<_> = (0..3)
            .map(|n| {
                let (notes, gate) = (notes.clone(), gate.clone());
                create_task(move |co: &Co| {
                    notes.note(format!("{n} begins"));
                    co.yield_from(yield_now())?;
                    notes.note(format!("{n} waits"));
                    let value = co.yield_from(&gate)?;
                    notes.note(format!("{n} has {value}"));
                    co.yield_from(sleep(secs(3 - n)))?;
                    notes.note(format!("{n} ends"));
                    Ok(())
                })
            })
            .collect();
        note_turns(co, &notes, || gate.set_result(7))?;
        tasks.into_iter().try_for_each(|task| co.yield_from(task))
    })
    .unwrap();
    let futures = Journal::default();
    let notes = futures.clone();
    run_virtual(move |co| {
        let gate = get_running_loop()?.create_future::<u32>();
        let tasks: Vec<_> = (0..3)
            .map(|n| {
                let (notes, gate) = (notes.clone(), gate.clone());
                spawn_std(async move {
                    notes.note(format!("{n} begins"));
                    give_way().await;
                    notes.note(format!("{n} waits"));
                    let value = (&gate).await.unwrap();
                    notes.note(format!("{n} has {value}"));
                    sleep(secs(3 - n)).await.unwrap();
                    notes.note(format!("{n} ends"));
                })
            })
            .collect();
        note_turns(co, &notes, || gate.set_result(7))?;
        tasks.into_iter().try_for_each(|task| co.yield_from(task))
    })
    .unwrap();
    let coroutines = coroutines.take();
    assert_eq!(coroutines, futures.take());
    assert!(coroutines.len() > 15, "{coroutines:?}");
}

fn note_turns(
    co: &Co,
    notes: &Journal,
    mut open: impl FnMut() -> yieldfrom::Result<()>,
) -> yieldfrom::Result<()> {
    for turn in 0..6 {
        notes.note(format!("turn {turn}"));
        if turn == 3 {
            open()?;
        }
        co.yield_from(yield_now())?;
    }
    Ok(())
}

#[test]
fn it_is_shown_as_a_task_with_the_name_of_its_function_and_its_line() {
    async fn fetch() {
        pending::<()>().await;
    }
    let (logged, ()) = log_of(|| {
        let event_loop = virtual_loop();
        let line = line!() + 1;
        let task = event_loop.spawn_std(fetch());
        let text = task.to_string();
        assert!(
            text.starts_with("<Task pending coro=<fetch() running at ")
                && text.contains(&format!(":{line}>")),
            "{text}"
        );
        task.set_name("flags");
        settle(&event_loop);
        assert!(task.to_string().contains("name='flags'"), "{task}");
        assert_eq!(task.stack().len(), 1);
        assert_eq!(task.stack()[0].name(), "fetch");
        task.cancel();
        settle(&event_loop);
        let text = task.to_string();
        assert!(
            text.starts_with("<Task cancelled name='flags' coro=<fetch() done, defined at "),
            "{text}"
        );
        assert!(task.stack().is_empty());
    });
    assert!(logged.is_empty(), "{logged:?}");
}

#[test]
fn it_is_the_current_task_while_it_is_polled() {
    run_virtual(|co| {
        let task = spawn_std(async { current_task().unwrap().get_name() });
        task.set_name("taxi");
        assert!(all_tasks().contains(&task.to_any()));
        assert_eq!(co.yield_from(task)?, "taxi");
        Ok(())
    })
    .unwrap();
}

#[test]
fn it_has_a_copy_of_the_context_of_its_maker() {
    let user = Rc::new(ContextVar::new("user"));
    run_virtual(move |co| {
        user.set("BR");
        let inner = Rc::clone(&user);
        let task = spawn_std(async move {
            let before = inner.get();
            inner.set("CN");
            give_way().await;
            (before, inner.get())
        });
        assert_eq!(co.yield_from(task)?, (Some("BR"), Some("CN")));
        assert_eq!(user.get(), Some("BR"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_panic_is_the_error_of_the_task() {
    let journal = Journal::default();
    let guard = journal.guard("future");
    let panicked = run_virtual(move |co| {
        co.yield_from(spawn_std(async move {
            let _guard = guard;
            give_way().await;
            panic!("no fuel");
        }))
    });
    assert!(failed_with::<Panicked, ()>(panicked));
    assert_eq!(journal.take(), ["drop future"]);
}

#[test]
fn a_task_on_a_closed_loop_has_failed() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.close().unwrap();
    let census = Census::default();
    let one = census.one();
    let task = event_loop.spawn_std(async move { drop(one) });
    assert!(task.done());
    let error = task.take_result().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("create_task: the event loop is closed"),
        "{error}"
    );
    assert_eq!(census.live(), 0);
}

#[test]
fn a_region_without_suspensions_does_not_last_longer_than_the_poll() {
    let result = run_virtual(|co| {
        co.yield_from(spawn_std(async {
            no_suspend(|| ());
            give_way().await;
            42
        }))
    });
    assert_eq!(result.unwrap(), 42);
}

#[test]
fn a_result_that_cannot_be_cloned_is_moved_out() {
    struct NoClone(Rc<()>);
    let result = run_virtual(|co| co.yield_from(spawn_std(async { NoClone(Rc::new(())) })));
    assert_eq!(Rc::strong_count(&result.unwrap().0), 1);
}

#[test]
fn a_hundred_thousand_wait_at_once() {
    let event_loop = virtual_loop();
    let (mut wakers, mut tasks) = (Vec::new(), Vec::new());
    let all = Rc::new(std::cell::RefCell::new(Vec::new()));
    for n in 0..100_000_u32 {
        let all = Rc::clone(&all);
        tasks.push(event_loop.spawn_std(async move {
            suspend(|waker| all.borrow_mut().push(waker)).await;
            n
        }));
    }
    settle(&event_loop);
    wakers.append(&mut all.borrow_mut());
    assert_eq!(wakers.len(), 100_000);
    for waker in wakers {
        waker.wake();
    }
    settle(&event_loop);
    assert!(
        (0..)
            .zip(tasks)
            .all(|(n, task)| task.take_result().unwrap() == n)
    );
}

#[test]
fn no_task_of_a_future_takes_a_stack_however_it_is_made() {
    run_virtual(|co| {
        let before = stack::stats().live;
        let mut tasks = vec![
            spawn_std(pending::<()>()),
            create_task(from_std(pending())),
            ensure_future(from_std(pending())),
        ];
        let group = co.yield_from(task_group(|co, group| {
            tasks.push(group.create_task(from_std(pending())));
            let waited = co.yield_from(wait(&tasks).timeout(1))?;
            assert_eq!((waited.done.len(), waited.pending.len()), (0, 4));
            // The coroutine that delegates to `task_group` runs on its own.
            assert_eq!(stack::stats().live, before);
            tasks.iter().for_each(|task| _ = task.cancel());
            Ok(())
        }));
        group?;
        assert!(tasks.iter().all(|task| task.cancelled()));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_that_has_ended_keeps_its_name_and_line() {
    run_virtual(|co| {
        let task = spawn_std(async { 1 });
        co.yield_from(&task)?;
        let before = task.to_string();
        co.yield_from(from_std(std::future::ready(())))?;
        co.yield_from(spawn_std(give_way()))?;
        assert_eq!(task.to_string(), before);
        Ok(())
    })
    .unwrap();
}
