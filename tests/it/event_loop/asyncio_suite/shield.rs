//! test_tasks: `shield`, also with `gather`.

use yieldfrom::{Co, Error, Future, gather, shield};

use crate::support::{settle, virtual_loop};

#[test]
fn it_ends_as_what_it_protects() {
    let event_loop = virtual_loop();
    let (good, bad) = (
        event_loop.create_future(),
        event_loop.create_future::<i32>(),
    );
    let (outer_good, outer_bad) = (shield(&good), shield(&bad));
    good.set_result(42).unwrap();
    bad.set_exception(Error::msg("no fuel")).unwrap();
    settle(&event_loop);
    assert_eq!(outer_good.result().unwrap(), 42);
    assert_eq!(
        outer_bad.exception().unwrap().unwrap().to_string(),
        "no fuel"
    );
}

#[test]
fn it_is_cancelled_with_what_it_protects() {
    let event_loop = virtual_loop();
    let inner = event_loop.create_future::<i32>();
    let outer = shield(&inner);
    inner.cancel();
    settle(&event_loop);
    assert!(outer.cancelled());
}

#[test]
fn what_is_done_needs_no_protection() {
    let event_loop = virtual_loop();
    let done = event_loop.create_future();
    done.set_result(42).unwrap();
    assert!(shield(done.clone()).ptr_eq(&done));
    // By reference, the result stays where it is, whatever becomes of the shield's.
    assert_eq!(shield(&done).take_result().unwrap(), 42);
    assert_eq!(done.take_result().unwrap(), 42);
}

#[test]
fn a_cancellation_stays_outside() {
    let event_loop = virtual_loop();
    let inner = event_loop.create_future();
    let awaited = inner.clone();
    let outer = event_loop.create_task(move |co: &Co| co.yield_from(shield(awaited)));
    settle(&event_loop);
    outer.cancel();
    settle(&event_loop);
    assert!(outer.cancelled() && !inner.done());
    inner.set_result(1).unwrap();
    settle(&event_loop);
    assert_eq!(inner.result().unwrap(), 1);
}

#[test]
fn a_gather_under_a_shield_goes_on() {
    let event_loop = virtual_loop();
    let children = [(); 2].map(|()| event_loop.create_future());
    let parent = gather(&children);
    let outer = shield(&parent);
    settle(&event_loop);
    outer.cancel();
    settle(&event_loop);
    assert!(outer.cancelled() && !parent.done());
    children[0].set_result(1).unwrap();
    children[1].set_result(2).unwrap();
    settle(&event_loop);
    assert_eq!(parent.result().unwrap(), [1, 2]);
}

#[test]
fn a_gather_of_shields_is_cancelled_without_what_they_protect() {
    let event_loop = virtual_loop();
    let inner = [(); 2].map(|()| event_loop.create_future());
    let shields: Vec<Future<i32>> = inner.iter().map(shield).collect();
    let parent = gather(&shields);
    settle(&event_loop);
    parent.cancel();
    settle(&event_loop);
    assert!(parent.result().unwrap_err().is_cancelled());
    assert!(shields.iter().all(Future::cancelled));
    inner[0].set_result(1).unwrap();
    inner[1].set_result(2).unwrap();
    settle(&event_loop);
    assert_eq!(inner[1].result().unwrap(), 2);
}
