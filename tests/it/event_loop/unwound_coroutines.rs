//! What begins ends, also when the coroutine is unwound: by a panic that is caught in the task, and
//! by being dropped while it waits, closed or forced.

mod task_groups;

use std::cell::RefCell;
use std::os::unix::net::{UnixListener, UnixStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::sync::{Barrier, Condition, Event, Lock, Semaphore};
use yieldfrom::{
    Co, Error, ExceptionGroup, Future, Generator, GeneratorState, Protocol, Queue, Request, Result,
    Task, TaskGroup, TaskGroupHandle, Timeout, as_completed, create_server_on, create_task,
    current_task, get_running_loop, run, sleep, task_group, timeout, wait, wait_for, yield_now,
};

use crate::support::{Journal, log_of, run_virtual, secs};

/// Runs something in the current task that panics, and catches the panic.
fn caught<R>(run: impl FnOnce() -> Result<R>) {
    let result = catch_unwind(AssertUnwindSafe(run));
    assert!(result.is_err(), "the panic comes through");
}

fn panics() -> ! {
    resume_unwind(Box::new("bug"))
}

/// Nobody wants the task to end, and no timer runs.
fn nothing_is_left() {
    assert_eq!(current_task().unwrap().cancelling(), 0);
    assert_eq!(get_running_loop().unwrap().time_to_next(), None);
}

/// Sleeps, and is not cancelled out of nowhere.
fn rest(co: &Co) -> Result<()> {
    nothing_is_left();
    co.yield_from(sleep(secs(100)))
}

#[test]
fn a_panic_ends_a_limit() {
    run_virtual(|co| {
        caught(|| co.yield_from(timeout(secs(1), |_: &Co| -> Result<()> { panics() })));
        rest(co)?;
        caught(|| co.yield_from(wait_for(|_: &Co| -> Result<()> { panics() }, secs(1))));
        rest(co)?;
        let limit = Timeout::after(secs(1));
        caught(|| {
            co.yield_from(limit.enter(|co: &Co| {
                co.yield_from(timeout(secs(2), |co: &Co| -> Result<()> {
                    co.yield_from(yield_now())?;
                    panics()
                }))
            }))
        });
        assert!(!limit.expired() && limit.reschedule(Some(secs(1))).is_err());
        rest(co)
    })
    .unwrap();
}

/// The request to cancel that a limit has made is taken back, too.
#[test]
fn a_panic_after_a_limit_leaves_no_request() {
    run_virtual(|co| {
        let limit = Timeout::after(secs(1));
        caught(|| {
            co.yield_from(limit.enter(|co: &Co| -> Result<()> {
                assert!(co.yield_from(sleep(secs(9))).is_err());
                panics()
            }))
        });
        assert!(limit.expired());
        rest(co)
    })
    .unwrap();
}

/// Waits for something again and again, whatever comes: it can only be unwound.
fn stubborn(operation: impl Fn(&Co) -> Result<()> + 'static) -> Generator<Request> {
    Generator::new(move |co: &Co| {
        loop {
            let _ = operation(co);
        }
    })
}

/// Waits once, and ends with any error.
fn yielding(operation: impl Fn(&Co) -> Result<()> + 'static) -> Generator<Request> {
    Generator::new(operation)
}

/// Waits in a coroutine that is dropped while it waits, checks that `shows` sees the wait, and that
/// nothing of it is left afterwards.
fn check(
    name: &str,
    shows: impl Fn() -> String,
    operation: impl Fn(&Co) -> Result<()> + Clone + 'static,
) {
    let before = shows();
    for generator in [stubborn(operation.clone()), yielding(operation)] {
        let state = generator.next().unwrap();
        assert!(matches!(state, GeneratorState::Yielded(_)), "{name}");
        assert_ne!(shows(), before, "{name}: the wait is seen");
        drop(generator);
        assert_eq!(shows(), before, "{name}: the wait has left something");
    }
}

#[test]
fn who_is_dropped_leaves_the_line() {
    let (log, ()) = log_of(|| run_virtual(lines).unwrap());
    // Those that are unwound are told of, each once.
    assert!(log.len() <= 20, "{log:?}");
}

fn lines(co: &Co) -> Result<()> {
    let lock = Lock::new();
    let _held = co.yield_from(lock.acquire())?;
    let it = lock.clone();
    check(
        "Lock",
        || format!("{lock:?}"),
        move |co| co.yield_from(it.acquire()).map(drop),
    );
    let semaphore = Semaphore::new(0);
    let it = semaphore.clone();
    check(
        "Semaphore",
        || format!("{semaphore:?}"),
        move |co| co.yield_from(it.acquire()).map(drop),
    );
    let event = Event::new();
    let it = event.clone();
    check(
        "Event",
        || format!("{event:?}"),
        move |co| co.yield_from(it.wait()),
    );
    let condition = Condition::new();
    let it = condition.clone();
    check(
        "Condition",
        || format!("{condition:?}"),
        move |co| {
            let _guard = co.yield_from(it.acquire())?;
            co.yield_from(it.wait())
        },
    );
    let barrier = Barrier::new(2)?;
    let it = barrier.clone();
    check(
        "Barrier",
        || format!("{barrier:?}"),
        move |co| co.yield_from(it.wait()).map(drop),
    );
    let (empty, full) = (Queue::<i32>::new(), Queue::with_maxsize(1));
    full.put_nowait(1)?;
    let it = empty.clone();
    check(
        "Queue.get",
        || format!("{empty:?}"),
        move |co| co.yield_from(it.get()).map(drop),
    );
    let it = full.clone();
    check(
        "Queue.put",
        || format!("{full:?}"),
        move |co| co.yield_from(it.put(2)),
    );
    Ok(())
}

/// When the loop has something to do.
fn next_timer() -> String {
    format!("{:?}", get_running_loop().unwrap().time_to_next())
}

#[test]
fn who_is_dropped_leaves_no_timer() {
    let (_, ()) = log_of(|| run_virtual(timers).unwrap());
}

fn timers(co: &Co) -> Result<()> {
    let never = Future::<()>::new();
    let it = never.clone();
    check("timeout", next_timer, move |co| {
        co.yield_from(timeout(secs(5), |co: &Co| co.yield_from(&it)))
    });
    let it = never.clone();
    check("wait_for", next_timer, move |co| {
        co.yield_from(wait_for(&it, secs(5)))
    });
    let it = never.clone();
    check("wait", next_timer, move |co| {
        co.yield_from(wait([&it]).timeout(secs(5))).map(drop)
    });
    let it = never.clone();
    check("as_completed", next_timer, move |co| {
        let mut all = as_completed([&it]).timeout(secs(5));
        co.yield_from(all.next().expect("there is one"))
    });
    nothing_is_left();
    co.yield_from(yield_now())
}

/// An iterator of `as_completed` outlives the coroutine that took a step of it.
#[test]
fn who_is_dropped_takes_no_step_of_as_completed() {
    let (_, left) = log_of(|| {
        run_virtual(|_| {
            let never = Future::<()>::new();
            let all = Rc::new(RefCell::new(as_completed([never])));
            let theirs = Rc::clone(&all);
            let step = yielding(move |co: &Co| {
                let next = theirs.borrow_mut().next().expect("there is one");
                co.yield_from(next)
            });
            assert!(matches!(step.next()?, GeneratorState::Yielded(_)));
            assert!(all.borrow_mut().next().is_none());
            drop(step);
            let left = all.borrow_mut().next().is_some();
            Ok(left)
        })
        .unwrap()
    });
    assert!(left);
}

/// After a panic no task is the current one, for callbacks, and the next step of others is theirs.
#[test]
fn a_panic_ends_the_step_of_its_task() {
    run_virtual(|co| {
        let event_loop = get_running_loop()?;
        let panicking: Task<()> = create_task(|_: &Co| panics());
        let seen = Future::<bool>::new();
        let tell = seen.clone();
        event_loop.call_soon(move || tell.set_result(current_task().is_none()).unwrap())?;
        assert!(co.yield_from(seen)?);
        assert!(panicking.exception()?.is_some());
        assert_eq!(yieldfrom::all_tasks(), [current_task().unwrap()]);
        Ok(())
    })
    .unwrap();
}

struct Silent;

impl Protocol for Silent {}

/// A server is dropped while it begins to serve, and while it serves for ever.
#[test]
fn a_server_that_is_dropped_lets_go() {
    let folder = std::env::temp_dir().join(format!("yieldfrom-unwound-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let paths = ["a", "b", "c"].map(|name| folder.join(name));
    let open = paths.clone();
    let (_, ()) = log_of(|| {
        run(move |co: &Co| {
            // The first is closed, the second unwound.
            let listeners = open[..2].iter().map(UnixListener::bind);
            let mut listeners = listeners.collect::<std::io::Result<Vec<_>>>()?;
            let listeners = RefCell::new(listeners.drain(..).rev().collect::<Vec<_>>());
            let beginning = stubborn(move |co: &Co| {
                let listener = listeners.borrow_mut().pop().expect("it is unwound before");
                co.yield_from(create_server_on(|| Silent, listener))
                    .map(drop)
            });
            assert!(matches!(beginning.next()?, GeneratorState::Yielded(_)));
            drop(beginning);
            for path in &open[..2] {
                assert!(
                    UnixStream::connect(path).is_err(),
                    "nobody listens any more"
                );
            }
            let listener = UnixListener::bind(&open[2])?;
            let server = co.yield_from(create_server_on(|| Silent, listener))?;
            let again = server.clone();
            let serving = move |co: &Co| co.yield_from(again.serve_forever());
            for generator in [stubborn(serving.clone()), yielding(serving)] {
                let state = generator.next()?;
                assert!(
                    matches!(state, GeneratorState::Yielded(_)),
                    "nobody else serves"
                );
            }
            server.close();
            Ok(())
        })
        .unwrap();
    });
    std::fs::remove_dir_all(&folder).unwrap();
}
