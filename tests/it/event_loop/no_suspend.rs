//! Regions in which a task must not suspend.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::{
    Co, Error, Future, Generator, GeneratorState, Lock, Queue, Request, Result, RuntimeError,
    coroutine, create_task, no_suspend, sleep, spawn, yield_now,
};

use crate::support::{failed_with, run_virtual, virtual_loop};

/// Returns whether it is the error of a suspension at this line, in a region that began at that one.
fn is_refusal(error: &Error, at: u32, began: u32) -> bool {
    let file = file!();
    let text = format!(
        "no_suspend: the task would suspend at {file}:{at}, in the region that began at {file}:{began}; "
    );
    error.is::<RuntimeError>() && error.to_string().starts_with(&text)
}

#[test]
fn every_way_to_suspend_is_refused_and_named() {
    run_virtual(|co: &Co| {
        let future = Future::<()>::new();
        let queue = Queue::<()>::new();
        let other = spawn(|co| co.yield_from(sleep(100)));
        type Wait<'a> = &'a dyn Fn() -> Result<()>;
        let inner = |co: &Co| co.yield_from(sleep(1));
        let waits: [(u32, Wait<'_>); 8] = [
            (line!(), &|| co.yield_from(sleep(1))),
            (line!(), &|| co.yield_from(yield_now())),
            (line!(), &|| co.yield_from(&future)),
            (line!(), &|| co.yield_from(queue.get())),
            (line!(), &|| co.yield_from(&other)),
            (line!() - 7, &|| co.yield_from(inner)),
            (line!() - 8, &|| co.yield_from(coroutine(inner))),
            (line!(), &|| co.yield_from(queue.join())),
        ];
        queue.put_nowait(())?;
        queue.get_nowait()?;
        for (line, wait) in waits {
            let ran = Rc::new(Cell::new(false));
            let note = ran.clone();
            spawn(move |_| Ok(note.replace(true)));
            let began = line!() + 1;
            let error = no_suspend(wait).unwrap_err();
            assert!(is_refusal(&error, line, began), "{error}");
            assert!(!ran.get(), "nothing else has run meanwhile");
            co.yield_from(yield_now())?;
            assert!(ran.get(), "it can suspend afterwards");
        }
        other.cancel();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_that_need_not_suspend_is_allowed() {
    run_virtual(|co: &Co| {
        let (queue, lock) = (Queue::new(), Lock::new());
        queue.put_nowait(7)?;
        no_suspend(|| {
            let _guard = co.yield_from(lock.acquire())?;
            assert_eq!(co.yield_from(queue.get())?, 7);
            co.yield_from(coroutine(|_| Ok(())))
        })
    })
    .unwrap();
}

#[test]
fn regions_nest_and_end_by_errors_and_panics() {
    run_virtual(|co: &Co| {
        let outer = line!() + 1;
        no_suspend(|| {
            let inner = line!() + 1;
            let error = no_suspend(|| co.yield_from(sleep(1))).unwrap_err();
            assert!(is_refusal(&error, inner, inner), "{error}");
            let error = co.yield_from(sleep(1)).unwrap_err();
            assert!(is_refusal(&error, line!() - 1, outer), "{error}");
        });
        co.yield_from(sleep(1))?;
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            no_suspend(|| std::panic::resume_unwind(Box::new(())))
        }));
        assert!(panicked.map(drop::<()>).is_err());
        co.yield_from(sleep(1))
    })
    .unwrap();
}

#[test]
fn what_is_caught_may_be_tried_again() {
    run_virtual(|co: &Co| {
        let refused = no_suspend(|| {
            let tries = (0..100_000).map(|_| co.yield_from(yield_now()));
            tries.filter(|tried| tried.is_err()).count()
        });
        assert_eq!(refused, 100_000);
        Ok(())
    })
    .unwrap();
}

#[test]
fn generators_that_are_driven_by_hand_may_yield_to_their_driver() {
    run_virtual(|co: &Co| {
        let numbers: Generator<i32> = Generator::new(|co| (1..=3).try_for_each(|n| co.yield_(n)));
        let sum = no_suspend(|| numbers.collect::<Result<Vec<_>>>())?
            .iter()
            .sum::<i32>();
        assert_eq!(sum, 6);

        let sleeper: Generator<Request> = Generator::new(|co| co.yield_from(sleep(1)));
        let passed_on = no_suspend(|| match sleeper.next()? {
            GeneratorState::Yielded(request) => co.yield_(request),
            GeneratorState::Complete(()) => unreachable!("it sleeps"),
        });
        assert!(
            failed_with::<RuntimeError, _>(passed_on),
            "by its driver it is the task's"
        );
        sleeper.close()
    })
    .unwrap();
}

#[test]
fn a_region_that_a_generator_has_left_open_goes_on_until_it_is_dropped() {
    run_virtual(|co: &Co| {
        let open: Generator<i32> = Generator::new(|co| no_suspend(|| co.yield_(1)));
        open.next()?;
        assert!(co.yield_from(sleep(1)).is_err());
        drop(open);
        co.yield_from(sleep(1))
    })
    .unwrap();
}

#[test]
fn a_region_is_its_tasks_only() {
    run_virtual(|co: &Co| {
        let kept: Rc<RefCell<Option<Generator<i32>>>> = Rc::default();
        let keep = kept.clone();
        let ended = spawn(move |_| {
            let open = Generator::new(|co| no_suspend(|| co.yield_(1)));
            open.next()?;
            keep.replace(Some(open));
            Ok(())
        });
        co.yield_from(ended)?;
        co.yield_from(sleep(1))?;
        kept.borrow().as_ref().expect("it is kept").next()?;
        co.yield_from(sleep(1))
    })
    .unwrap();
}

#[test]
fn the_error_may_end_the_task_or_be_handled_by_a_delegator() {
    run_virtual(|co: &Co| {
        let ended = create_task(|co: &Co| no_suspend(|| co.yield_from(sleep(1))));
        assert!(failed_with::<RuntimeError, _>(co.yield_from(ended)));
        let handled = coroutine(|co| {
            let inner = coroutine(|co| no_suspend(|| co.yield_from(sleep(1))));
            assert!(failed_with::<RuntimeError, _>(co.yield_from(inner)));
            co.yield_from(sleep(1))
        });
        co.yield_from(handled)?;
        let panics = spawn(|co| {
            no_suspend(|| {
                let _ = co.yield_from(sleep(1));
                std::panic::resume_unwind(Box::new("misdeed"))
            })
        });
        assert!(failed_with::<yieldfrom::Panicked, ()>(
            co.yield_from(panics)
        ));
        co.yield_from(sleep(1))
    })
    .unwrap();
}

#[test]
fn outside_of_tasks_it_only_runs_the_code() {
    assert_eq!(no_suspend(|| 7), 7);
    let numbers: Generator<i32> = Generator::new(|co| no_suspend(|| co.yield_(1)));
    assert_eq!(numbers.collect::<Result<Vec<_>>>().unwrap(), [1]);
    let event_loop = virtual_loop();
    event_loop.call_soon(|| no_suspend(|| ())).unwrap();
    event_loop.block_on(|co| co.yield_from(sleep(1))).unwrap();
}

#[test]
fn a_cancellation_waits_for_the_end_of_the_region() {
    run_virtual(|co: &Co| {
        let task = spawn(|co| {
            no_suspend(|| {
                yieldfrom::current_task().expect("inside a task").cancel();
                assert!(failed_with::<RuntimeError, _>(co.yield_from(sleep(1))));
            });
            co.yield_from(sleep(1))
        });
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        Ok(())
    })
    .unwrap();
}
