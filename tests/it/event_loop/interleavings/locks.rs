//! Locks and semaphores.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::sync::{BoundedSemaphore, Lock, Semaphore};
use yieldfrom::{Co, Result};

use super::actor::{Me, Stage};
use super::scene::Scene;
use super::schedule::explore;

/// Tasks that lock, two from the beginning and one later, and release by dropping a guard or by
/// hand.
fn lock_scene(by_hand: bool) -> Scene {
    let (mut scene, lock) = (Scene::new(), Lock::new());
    let body = |lock: Lock| {
        move |co: &Co, me: &Me| -> Result<()> {
            me.arrive();
            let guard = co.yield_from(lock.acquire())?;
            if !by_hand {
                return me.hold(co);
            }
            guard.forget();
            let held = me.hold(co);
            lock.release()?;
            held
        }
    };
    scene.actor(body(lock.clone()));
    scene.actor(body(lock.clone()));
    scene.late(body(lock.clone()));
    scene.always(|scene| assert!(scene.count(Stage::Inside) <= 1, "two at a time"));
    let watched = lock.clone();
    scene.settled(move |scene| {
        let waiting = scene.count(Stage::Waiting);
        assert!(
            waiting == 0 || watched.locked(),
            "{waiting} wait for a free lock"
        );
    });
    scene.finally(move |scene| {
        scene.assert_first_come_first_served();
        assert_eq!(format!("{lock:?}"), "<Lock unlocked>");
    });
    scene
}

#[test]
fn no_lock_is_lost() {
    for by_hand in [false, true] {
        let runs = explore(|choices| lock_scene(by_hand).play(choices, 6));
        assert!(runs > 1_000, "only {runs} runs");
    }
}

/// Tasks that acquire permits, one more than there are, and maybe one later; somebody may add
/// permits.
fn semaphore_scene(semaphore: Semaphore, permits: usize, added: usize) -> Scene {
    let mut scene = Scene::new();
    let body = |semaphore: Semaphore| {
        move |co: &Co, me: &Me| {
            me.arrive();
            let _permit = co.yield_from(semaphore.acquire())?;
            me.hold(co)
        }
    };
    for _ in 0..=permits {
        scene.actor(body(semaphore.clone()));
    }
    if permits == 1 {
        scene.late(body(semaphore.clone()));
    }
    let total = Rc::new(Cell::new(permits));
    for _ in 0..added {
        let (total, semaphore) = (Rc::clone(&total), semaphore.clone());
        scene.deed("release", move |_| {
            total.set(total.get() + 1);
            semaphore.release().unwrap();
        });
    }
    let permits = Rc::clone(&total);
    scene.always(move |scene| assert!(scene.count(Stage::Inside) <= permits.get(), "too many"));
    let permits = Rc::clone(&total);
    scene.settled(move |scene| {
        let (waiting, inside) = (scene.count(Stage::Waiting), scene.count(Stage::Inside));
        assert!(
            waiting == 0 || inside == permits.get(),
            "{waiting} wait, {inside} have one"
        );
    });
    scene.finally(move |scene| {
        scene.assert_first_come_first_served();
        let text = format!("{semaphore:?}");
        assert!(
            text.ends_with(&format!(" unlocked, value:{}>", total.get())),
            "{text}"
        );
    });
    scene
}

#[test]
fn no_permit_is_lost() {
    for permits in [1, 2] {
        let scene = || semaphore_scene(Semaphore::new(permits), permits, 1);
        let runs = explore(|choices| scene().play(choices, 4));
        assert!(runs > 1_000, "only {runs} runs");
    }
}

#[test]
fn no_permit_of_a_bounded_semaphore_is_lost_or_added() {
    let scene = || semaphore_scene(BoundedSemaphore::new(1).into(), 1, 0);
    let runs = explore(|choices| scene().play(choices, 6));
    assert!(runs > 1_000, "only {runs} runs");
}
