//! Events and barriers.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::sync::{Barrier, Event};
use yieldfrom::{BrokenBarrierError, Co};

use super::actor::{Me, Stage};
use super::scene::Scene;
use super::schedule::explore;

/// Tasks that wait for an event, which is set, cleared and set again.
fn event_scene() -> Scene {
    let (mut scene, event) = (Scene::new(), Event::new());
    for k in 0..3 {
        let event = event.clone();
        let body = move |co: &Co, me: &Me| {
            me.arrive();
            co.yield_from(event.wait())?;
            me.set_stage(Stage::Gone);
            Ok(())
        };
        if k < 2 {
            scene.actor(body)
        } else {
            scene.late(body)
        };
    }
    for _ in 0..2 {
        let event = event.clone();
        scene.deed("set", move |scene| {
            let waiting = scene.everybody().filter(|me| me.stage() == Stage::Waiting);
            waiting.for_each(Me::tell);
            event.set();
        });
    }
    let cleared = event.clone();
    scene.deed("clear", move |_| cleared.clear());
    let watched = event.clone();
    scene.settled(move |scene| {
        for me in scene.everybody() {
            let waits = me.stage() == Stage::Waiting;
            assert!(!(waits && me.is_told()), "was woken, and waits");
            assert!(!(waits && watched.is_set()), "waits for what has happened");
        }
    });
    let last = event.clone();
    scene.unblock(move |_| last.set());
    scene.finally(move |_| assert!(!format!("{event:?}").contains("waiters")));
    scene
}

#[test]
fn who_waits_for_an_event_notices_it() {
    let runs = explore(|choices| event_scene().play(choices, 4));
    assert!(runs > 1_000, "only {runs} runs");
}

/// More tasks than meet at a barrier of two, which may be reset and broken.
fn barrier_scene() -> Scene {
    let (mut scene, barrier) = (Scene::new(), Barrier::new(2).unwrap());
    let indices = Rc::new(RefCell::new([0, 0]));
    for k in 0..4 {
        let (barrier, indices) = (barrier.clone(), Rc::clone(&indices));
        let body = move |co: &Co, me: &Me| {
            me.arrive();
            match co.yield_from(barrier.wait()) {
                Ok(index) => indices.borrow_mut()[index] += 1,
                Err(error) if error.is::<BrokenBarrierError>() => {}
                Err(error) => return Err(error),
            }
            Ok(())
        };
        if k < 3 {
            scene.actor(body)
        } else {
            scene.late(body)
        };
    }
    let reset = barrier.clone();
    scene.deed("reset", move |scene| {
        scene.spawn(move |co| co.yield_from(reset.reset()));
    });
    let broken = barrier.clone();
    scene.deed("abort", move |scene| {
        scene.spawn(move |co| co.yield_from(broken.abort()));
    });
    let watched = barrier.clone();
    scene.settled(move |scene| {
        let waiting = scene.count(Stage::Waiting);
        assert_eq!(waiting, watched.n_waiting(), "{watched:?}");
        assert!(waiting < watched.parties(), "all are there");
    });
    let last = barrier.clone();
    scene.unblock(move |scene| {
        let barrier = last.clone();
        scene.spawn(move |co| co.yield_from(barrier.abort()));
    });
    scene.finally(move |_| {
        let [first, last] = *indices.borrow();
        assert!(first <= last, "{first} have met {last}");
        assert_eq!(barrier.n_waiting(), 0);
    });
    scene
}

#[test]
fn whoever_meets_at_a_barrier_gets_on() {
    let runs = explore(|choices| barrier_scene().play(choices, 4));
    assert!(runs > 1_000, "only {runs} runs");
}
