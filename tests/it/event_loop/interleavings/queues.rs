//! Queues.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::sync::Queue;
use yieldfrom::{Co, QueueShutDown, Result};

use super::actor::{Me, Stage};
use super::scene::Scene;
use super::schedule::explore;

/// A queue, with all that ever went in and out.
#[derive(Clone)]
struct Traffic {
    queue: Queue<usize>,
    sent: Rc<RefCell<Vec<usize>>>,
    received: Rc<RefCell<Vec<usize>>>,
}

impl Traffic {
    fn new(maxsize: usize) -> Self {
        Self {
            queue: Queue::with_maxsize(maxsize),
            sent: Rc::default(),
            received: Rc::default(),
        }
    }

    fn put_nowait(&self, item: usize) {
        if self.queue.put_nowait(item).is_ok() {
            self.sent.borrow_mut().push(item);
        }
    }

    fn get_nowait(&self) {
        self.received.borrow_mut().extend(self.queue.get_nowait());
    }

    /// Puts these, one after the other.
    fn putter(&self, items: Vec<usize>) -> impl FnOnce(&Co, &Me) -> Result<()> + use<> {
        let this = self.clone();
        move |co, me| {
            for item in items {
                me.arrive();
                unless_shut_down(co.yield_from(this.queue.put(item)), |()| {
                    this.sent.borrow_mut().push(item);
                })?;
                me.set_stage(Stage::Gone);
            }
            Ok(())
        }
    }

    fn getter(&self, count: usize) -> impl FnOnce(&Co, &Me) -> Result<()> + use<> {
        let this = self.clone();
        move |co, me| {
            for _ in 0..count {
                me.arrive();
                unless_shut_down(co.yield_from(this.queue.get()), |item| {
                    this.received.borrow_mut().push(item);
                    this.queue.task_done().unwrap();
                })?;
                me.set_stage(Stage::Gone);
            }
            Ok(())
        }
    }

    /// Adds the rules to a scene whose first `putters` tasks put, while the others get.
    fn rules(self, scene: &mut Scene, putters: usize) {
        let this = self.clone();
        scene.always(move |_| {
            let (sent, received) = (this.sent.borrow(), this.received.borrow());
            assert!(sent.starts_with(&received), "{received:?} of {sent:?}");
            assert_eq!(
                sent.len(),
                received.len() + this.queue.qsize(),
                "an item is lost"
            );
        });
        let queue = self.queue.clone();
        scene.settled(move |scene| {
            let waits = |me: &&Me| me.stage() == Stage::Waiting;
            let puts = scene.everybody().take(putters).filter(waits).count();
            let gets = scene.everybody().skip(putters).filter(waits).count();
            assert!(
                puts == 0 || queue.full(),
                "{puts} wait for room, and there is some"
            );
            assert!(
                gets == 0 || queue.empty(),
                "{gets} wait for an item, and there is one"
            );
        });
        let this = self.clone();
        scene.unblock(move |_| {
            if this.queue.full() {
                this.get_nowait()
            } else {
                this.put_nowait(9)
            }
        });
        scene.finally(move |_| {
            let text = format!("{:?}", self.queue);
            assert!(
                !text.contains("getters") && !text.contains("putters"),
                "{text}"
            );
        });
    }
}

fn unless_shut_down<T>(outcome: Result<T>, then: impl FnOnce(T)) -> Result<()> {
    match outcome {
        Ok(value) => then(value),
        Err(error) if error.is::<QueueShutDown>() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Three that put into a full queue, one of them later.
fn full_queue() -> Scene {
    let (mut scene, traffic) = (Scene::new(), Traffic::new(1));
    traffic.put_nowait(0);
    scene.actor(traffic.putter(vec![1]));
    scene.actor(traffic.putter(vec![2]));
    scene.late(traffic.putter(vec![3]));
    for _ in 0..2 {
        let traffic = traffic.clone();
        scene.deed("get", move |_| traffic.get_nowait());
    }
    let snatcher = traffic.clone();
    scene.deed("put", move |_| snatcher.put_nowait(4));
    traffic.rules(&mut scene, 3);
    scene
}

/// Three that get from an empty queue, one of them later.
fn empty_queue() -> Scene {
    let (mut scene, traffic) = (Scene::new(), Traffic::new(0));
    scene.actor(traffic.getter(1));
    scene.actor(traffic.getter(1));
    scene.late(traffic.getter(1));
    for item in 0..2 {
        let traffic = traffic.clone();
        scene.deed("put", move |_| traffic.put_nowait(item));
    }
    let snatcher = traffic.clone();
    scene.deed("get", move |_| {
        if snatcher.queue.get_nowait().is_ok_and(|item| {
            snatcher.received.borrow_mut().push(item);
            true
        }) {
            snatcher.queue.task_done().unwrap();
        }
    });
    let queue = traffic.queue.clone();
    traffic.rules(&mut scene, 0);
    // Here room for any number: what is left over does not end.
    scene.finally(move |_| while queue.get_nowait().is_ok() {});
    scene
}

/// Two that put and two that get, through one place.
fn busy_queue() -> Scene {
    let (mut scene, traffic) = (Scene::new(), Traffic::new(1));
    scene.actor(traffic.putter(vec![1, 2]));
    scene.late(traffic.putter(vec![3, 4]));
    scene.actor(traffic.getter(2));
    scene.late(traffic.getter(2));
    traffic.rules(&mut scene, 2);
    scene
}

#[test]
fn no_item_and_no_room_is_lost() {
    for scene in [full_queue, empty_queue] {
        let runs = explore(|choices| scene().play(choices, 4));
        assert!(runs > 1_000, "only {runs} runs");
    }
    let runs = explore(|choices| busy_queue().play(choices, 4));
    assert!(runs > 1_000, "only {runs} runs");
}

/// A queue that is shut down while tasks wait at both its ends.
fn shut_queue(immediate: bool) -> Scene {
    let (mut scene, traffic) = (Scene::new(), Traffic::new(1));
    scene.actor(traffic.putter(vec![1, 2]));
    scene.actor(traffic.putter(vec![3]));
    scene.late(traffic.getter(1));
    scene.late(traffic.getter(2));
    let shut = Rc::new(std::cell::Cell::new(false));
    let (flag, this) = (Rc::clone(&shut), traffic.clone());
    scene.deed("shutdown", move |_| {
        let left = this.queue.qsize();
        this.queue.shutdown(immediate);
        flag.set(true);
        if immediate {
            let kept = this.sent.borrow().len() - left;
            this.sent.borrow_mut().truncate(kept);
        }
    });
    scene.settled(move |scene| {
        let waiting = scene.count(Stage::Waiting);
        assert!(
            waiting == 0 || !shut.get(),
            "{waiting} wait at a queue that is shut down"
        );
    });
    traffic.rules(&mut scene, 2);
    scene
}

#[test]
fn nobody_waits_at_a_queue_that_is_shut_down() {
    for immediate in [false, true] {
        let runs = explore(|choices| shut_queue(immediate).play(choices, 4));
        assert!(runs > 1_000, "only {runs} runs");
    }
}

/// Two that join while others work.
fn joined_queue() -> Scene {
    let (mut scene, traffic) = (Scene::new(), Traffic::new(0));
    (1..=2).for_each(|item| traffic.put_nowait(item));
    scene.late(traffic.getter(1));
    scene.late(traffic.getter(1));
    for _ in 0..2 {
        let queue = traffic.queue.clone();
        scene.actor(move |co: &Co, me: &Me| {
            me.arrive();
            co.yield_from(queue.join())
        });
    }
    let (queue, worker) = (traffic.queue.clone(), traffic.clone());
    scene.settled(move |scene| {
        let joining = scene.everybody().skip(2);
        let joining = joining.filter(|me| me.stage() == Stage::Waiting).count();
        let unfinished = format!("{queue:?}").contains("tasks");
        assert!(
            joining == 0 || unfinished,
            "{joining} wait for work that is done"
        );
    });
    scene.unblock(move |_| {
        if worker.queue.get_nowait().is_ok() {
            worker.queue.task_done().unwrap();
        }
    });
    scene
}

#[test]
fn who_joins_a_queue_notices_its_end() {
    let runs = explore(|choices| joined_queue().play(choices, 4));
    assert!(runs > 1_000, "only {runs} runs");
}
