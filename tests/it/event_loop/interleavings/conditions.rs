//! Conditions.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::sync::Condition;
use yieldfrom::{Co, Result};

use super::actor::{Me, Stage};
use super::scene::Scene;
use super::schedule::explore;

/// Waits once in the condition, and holds the lock afterwards, whatever has become of the wait.
///
/// Whoever is cancelled notifies another one: `passed_on` says whether somebody was.
fn sleeper(condition: Condition, passed_on: Rc<Cell<bool>>) -> impl FnOnce(&Co, &Me) -> Result<()> {
    move |co, me| {
        me.arrive();
        let _guard = co.yield_from(condition.acquire())?;
        me.set_stage(Stage::Asleep);
        let woken = co.yield_from(condition.wait());
        assert!(condition.locked(), "the wait ended without the lock");
        let reason = me.is_told() || passed_on.get();
        assert!(woken.is_err() || reason, "woken by nobody");
        assert_eq!(woken.is_err(), me.is_cancelled(), "a cancellation is lost");
        passed_on.set(passed_on.get() || woken.is_err());
        me.hold(co)?;
        woken
    }
}

/// Wakes the first sleepers, and holds the lock meanwhile.
fn waker(condition: Condition, sleepers: Vec<Me>, n: usize) -> impl FnOnce(&Co, &Me) -> Result<()> {
    move |co, me| {
        me.arrive();
        let _guard = co.yield_from(condition.acquire())?;
        let asleep = sleepers.iter().filter(|sleeper| {
            sleeper.stage() == Stage::Asleep && !sleeper.is_told() && !sleeper.is_cancelled()
        });
        asleep.take(n).for_each(Me::tell);
        condition.notify(n)?;
        me.hold(co)
    }
}

/// Two that wait, and one that notifies some of them; one more of either kind may come.
fn condition_scene(n: usize) -> Scene {
    let (mut scene, condition) = (Scene::new(), Condition::new());
    let passed_on = Rc::new(Cell::new(false));
    let sleeper = || sleeper(condition.clone(), Rc::clone(&passed_on));
    let mut sleepers: Vec<_> = (0..2).map(|_| scene.actor(sleeper())).collect();
    sleepers.push(scene.late(sleeper()));
    scene.late(waker(condition.clone(), sleepers.clone(), n));
    scene.cancels(2);
    scene.always(|scene| assert!(scene.count(Stage::Inside) <= 1, "two at a time"));
    let watched = condition.clone();
    scene.settled(move |scene| {
        if watched.locked() {
            return;
        }
        for me in scene.everybody() {
            assert_ne!(me.stage(), Stage::Waiting, "waits for a free lock");
            let awake = me.is_told() || me.is_cancelled();
            assert!(
                me.stage() != Stage::Asleep || !awake,
                "woken, and waits for a free lock"
            );
        }
    });
    let (last, asked) = (condition.clone(), Cell::new(false));
    scene.unblock(move |scene| {
        if scene.count(Stage::Waiting) == 0 && scene.count(Stage::Inside) == 0 && !asked.get() {
            asked.set(true);
            scene.everybody().for_each(Me::tell);
            let condition = last.clone();
            scene.spawn(move |co: &Co| {
                let _guard = co.yield_from(condition.acquire())?;
                condition.notify_all()
            });
        }
    });
    scene.finally(move |_| {
        assert_eq!(format!("{condition:?}"), "<Condition unlocked>");
    });
    scene
}

#[test]
fn who_is_notified_or_cancelled_gets_the_lock() {
    for n in [1, 3] {
        let runs = explore(|choices| condition_scene(n).play(choices, 4));
        assert!(runs > 1_000, "only {runs} runs");
    }
}

/// Two conditions that share a lock: a buffer of one place, filled and emptied.
fn buffer_scene() -> Scene {
    let mut scene = Scene::new();
    let not_empty = Condition::new();
    let level = Rc::new(Cell::new(0_usize));
    for change in [-1, 1, -1, 1] {
        let (condition, level) = (not_empty.clone(), Rc::clone(&level));
        scene.late(move |co: &Co, me: &Me| {
            me.arrive();
            let _guard = co.yield_from(condition.acquire())?;
            let changed = || {
                level
                    .get()
                    .checked_add_signed(change)
                    .filter(|level| *level <= 1)
            };
            level.set(co.yield_from(condition.wait_for(changed))?);
            condition.notify_all()
        });
    }
    let watched = Rc::clone(&level);
    scene.always(move |_| assert!(watched.get() <= 1));
    let (last, level) = (not_empty.clone(), level);
    scene.unblock(move |scene| {
        let (condition, level) = (last.clone(), Rc::clone(&level));
        scene.spawn(move |co: &Co| {
            let _guard = co.yield_from(condition.acquire())?;
            level.set(1 - level.get());
            condition.notify_all()
        });
    });
    scene.finally(move |_| assert!(!not_empty.locked()));
    scene
}

#[test]
fn predicates_are_true_when_their_wait_ends() {
    let runs = explore(|choices| buffer_scene().play(choices, 4));
    assert!(runs > 1_000, "only {runs} runs");
}
