//! A coroutine that a task drives is resumed by somebody else: what it waits for guards itself.

use std::cell::{Cell, RefCell};
use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;

use yieldfrom::net::UnixStream;
use yieldfrom::sync::{Barrier, Condition, Event, Lock, Semaphore};
use yieldfrom::{
    Co, EventLoop, Future, Generator, GeneratorState, Queue, Request, Result, RuntimeError,
    StreamReader, TaskGroup, as_completed, create_task, gather, get_running_loop, shield, sleep,
    sleep_with, task_group, timeout, wait, wait_for, yield_now,
};

use crate::support::{log_of, run_virtual, secs, settle, virtual_loop};

type Wait = Box<dyn FnOnce(&Co) -> Result<()>>;

/// Everything there is to wait for, that does not come by itself.
fn waits() -> Vec<(&'static str, Wait)> {
    let never = || Future::<()>::new();
    let blocked = |co: &Co| co.yield_from(Future::<()>::new());
    let mut all: Vec<(&'static str, Wait)> = vec![
        ("sleep", Box::new(|co| co.yield_from(sleep(secs(3600))))),
        (
            "sleep_with",
            Box::new(|co| co.yield_from(sleep_with(secs(3600), 1)).map(drop)),
        ),
        ("future", Box::new(move |co| co.yield_from(never()))),
        (
            "task",
            Box::new(move |co| co.yield_from(create_task(blocked))),
        ),
        (
            "gather",
            Box::new(move |co| co.yield_from(gather([never()])).map(drop)),
        ),
        ("shield", Box::new(move |co| co.yield_from(shield(never())))),
        (
            "wait",
            Box::new(move |co| co.yield_from(wait([never()])).map(drop)),
        ),
        (
            "wait_for",
            Box::new(move |co| co.yield_from(wait_for(never(), secs(9)))),
        ),
        (
            "wait_for a sleep",
            Box::new(|co| co.yield_from(wait_for(sleep(secs(8)), secs(9)))),
        ),
        (
            "timeout",
            Box::new(|co| co.yield_from(timeout(secs(9), |co: &Co| co.yield_from(sleep(secs(8)))))),
        ),
        (
            "as_completed",
            Box::new(move |co| {
                co.yield_from(as_completed([never()]).next().expect("there is one"))
            }),
        ),
        (
            "task_group",
            Box::new(move |co| {
                co.yield_from(task_group(|_: &Co, group: &TaskGroup<'_, '_>| {
                    group.create_task(blocked);
                    Ok(())
                }))
            }),
        ),
        ("Event", Box::new(|co| co.yield_from(Event::new().wait()))),
        (
            "Semaphore",
            Box::new(|co| co.yield_from(Semaphore::new(0).acquire()).map(drop)),
        ),
        (
            "Barrier",
            Box::new(|co| co.yield_from(Barrier::new(2)?.wait()).map(drop)),
        ),
        (
            "Queue",
            Box::new(|co| co.yield_from(Queue::<()>::new().get())),
        ),
        (
            "Lock",
            Box::new(|co| {
                let lock = Lock::new();
                co.yield_from(lock.acquire())?.forget();
                co.yield_from(lock.acquire()).map(drop)
            }),
        ),
        (
            "Condition",
            Box::new(|co| {
                let condition = Condition::new();
                let _guard = co.yield_from(condition.acquire())?;
                co.yield_from(condition.wait())
            }),
        ),
    ];
    all.push((
        "StreamReader",
        Box::new(|co| {
            co.yield_from(StreamReader::new(10)?.readexactly(3))
                .map(drop)
        }),
    ));
    all.push((
        "read",
        Box::new(|co| {
            let (near, _far) = UnixStream::pair()?;
            co.yield_from(near.read(&mut [0; 4])).map(drop)
        }),
    ));
    all.push((
        "sock_recv",
        Box::new(|co| {
            let (near, _far) = StdStream::pair()?;
            near.set_nonblocking(true)?;
            co.yield_from(get_running_loop()?.sock_recv(&near, 4))
                .map(drop)
        }),
    ));
    all
}

/// What has become of a wait: whether it has refused to go on.
type Outcome = Rc<Cell<Option<bool>>>;

/// Makes a coroutine that waits, and notes the outcome.
fn coroutine_of(wait: Wait) -> (Generator<Request>, Outcome) {
    let outcome = Outcome::default();
    let noted = Rc::clone(&outcome);
    let generator = Generator::new(move |co: &Co| {
        let waited = wait(co);
        noted.set(Some(waited.is_err_and(|error| error.is::<RuntimeError>())));
        Ok(())
    });
    (generator, outcome)
}

/// Resumes a coroutine that waits, and looks at what it makes of that.
fn resume(name: &str, generator: &Generator<Request>, outcome: &Outcome) {
    assert_eq!(outcome.get(), None, "{name} waits");
    let state = generator.next().unwrap();
    assert!(matches!(state, GeneratorState::Complete(())), "{name}");
    assert_eq!(outcome.get(), Some(true), "{name} refuses to go on");
}

/// A loop that waits for sockets as well, in virtual time.
fn run_by_hand(drive: fn(&EventLoop, &str, &Generator<Request>, &Outcome)) {
    let (_, ()) = log_of(|| {
        let event_loop = virtual_loop();
        for (name, wait) in waits() {
            let (generator, outcome) = coroutine_of(wait);
            let task = event_loop.create_task(generator.clone());
            settle(&event_loop);
            drive(&event_loop, name, &generator, &outcome);
            // A sleep's timer comes; others wait for ever.
            event_loop
                .run_until_complete(|co: &Co| co.yield_from(sleep(secs(7200))))
                .unwrap();
            task.cancel();
            settle(&event_loop);
        }
    });
}

#[test]
fn a_wait_that_is_resumed_between_two_runs_fails() {
    run_by_hand(|_, name, generator, outcome| resume(name, generator, outcome));
}

#[test]
fn a_wait_that_is_resumed_by_a_callback_fails() {
    run_by_hand(|event_loop, name, generator, outcome| {
        let (name, generator, outcome) = (name.to_owned(), generator.clone(), outcome.clone());
        let ran = Rc::new(Cell::new(false));
        let noted = Rc::clone(&ran);
        let callback = move || {
            resume(&name, &generator, &outcome);
            noted.set(true);
        };
        event_loop.call_soon(callback).unwrap();
        settle(event_loop);
        assert!(ran.get(), "the callback has failed");
    });
}

/// The other task has slept itself, just before.
#[test]
fn a_wait_that_is_resumed_by_another_task_fails() {
    run_by_hand(|event_loop, name, generator, outcome| {
        let (name, generator, outcome) = (name.to_owned(), generator.clone(), outcome.clone());
        let other = move |co: &Co| {
            co.yield_from(sleep(secs(1)))?;
            resume(&name, &generator, &outcome);
            Ok(())
        };
        event_loop.run_until_complete(other).unwrap();
    });
}

/// The timer of the first coroutine comes when that waits for something else, or has ended. It is not
/// taken for the end of the second's sleep.
#[test]
fn a_sleep_does_not_take_the_end_of_another() {
    for goes_on in [false, true] {
        let results = run_virtual(move |co| {
            let results = Rc::new(RefCell::new(Vec::new()));
            let sleeper = |seconds: u64| -> Generator<Request> {
                let results = Rc::clone(&results);
                Generator::new(move |co: &Co| {
                    let slept = co.yield_from(sleep(secs(seconds))).is_ok();
                    results.borrow_mut().push(slept);
                    match goes_on {
                        true => co.yield_from(Event::new().wait()),
                        false => Ok(()),
                    }
                })
            };
            let (first, second) = (sleeper(1), sleeper(100));
            let _tasks = [create_task(first.clone()), create_task(second.clone())];
            co.yield_from(yield_now())?;
            let _ = first.next()?;
            co.yield_from(sleep(secs(2)))?;
            let _ = second.next()?;
            Ok(results.take())
        });
        assert_eq!(results.unwrap(), [false, false], "goes on: {goes_on}");
    }
}

/// Passing on what a coroutine asks for is what `yield_from` does.
#[test]
fn a_coroutine_is_driven_by_hand_inside_a_task() {
    let event_loop = virtual_loop();
    let inner: Generator<Request> = Generator::new(|co: &Co| {
        co.yield_from(sleep(secs(1)))?;
        co.yield_from(yield_now())?;
        co.yield_from(wait_for(sleep(secs(2)), secs(5)))
    });
    let waits = event_loop.run_until_complete(move |co: &Co| {
        let mut waits = 0;
        while let GeneratorState::Yielded(request) = inner.next()? {
            co.yield_(request)?;
            waits += 1;
        }
        Ok(waits)
    });
    assert_eq!((waits.unwrap(), event_loop.time()), (3, secs(3)));
}

/// Python's bare `yield`: whoever resumes it is right.
#[test]
fn a_turn_is_over_when_anybody_says_so() {
    run_virtual(|co| {
        let generator: Generator<Request> = Generator::new(|co: &Co| co.yield_from(yield_now()));
        let _task = create_task(generator.clone());
        co.yield_from(yield_now())?;
        assert!(matches!(generator.next()?, GeneratorState::Complete(())));
        Ok(())
    })
    .unwrap();
}

/// The timer of a task's sleep has come while its coroutine waits for something else: the next sleep
/// that somebody resumes is not over.
#[test]
fn the_end_of_a_sleep_is_not_left_to_others() {
    let thens: [fn(&Co) -> Result<()>; 3] = [
        |co| co.yield_from(Event::new().wait()),
        |co| co.yield_from(sleep(secs(100))),
        |_| Ok(()),
    ];
    for then in thens {
        let (_, ()) = log_of(|| {
            let event_loop = virtual_loop();
            let generator: Generator<Request> = Generator::new(move |co: &Co| {
                assert!(co.yield_from(sleep(secs(1))).is_err(), "by hand");
                co.yield_from(yield_now())?;
                then(co)
            });
            let _task = event_loop.create_task(generator.clone());
            settle(&event_loop);
            assert!(matches!(generator.next(), Ok(GeneratorState::Yielded(_))));
            event_loop.turn(None).unwrap();
            settle(&event_loop);
            assert_eq!(event_loop.time(), secs(1));
            let other: Generator<Request> = Generator::new(|co: &Co| co.yield_from(sleep(secs(1))));
            assert!(matches!(other.next(), Ok(GeneratorState::Yielded(_))));
            assert!(other.next().is_err(), "its time has not come");
        });
    }
}
