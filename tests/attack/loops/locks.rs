//! Locks and queues, as code uses them that does not wait.

use yieldfrom::{Barrier, Condition, Event, Lock, Timeout};

use super::{delay, stage};
use crate::attack::token::Token;
use crate::attack::world::{Act, World};

pub(super) const ACTS: &[Act] = &[
    (2, "make locks", make),
    (2, "make a queue", |world| stage().make_queue(world)),
    (1, "release a lock", release),
    (2, "set an event", set_event),
    (1, "notify", notify),
    (1, "release a semaphore", release_semaphore),
    (4, "put", put),
    (3, "get", get),
    (2, "task done", task_done),
    (1, "shut a queue down", shut_down),
    (1, "drop a queue", drop_queue),
    (2, "reschedule", reschedule),
    (1, "add to a group", add_to_group),
];

fn make(world: &World) {
    let stage = stage();
    match world.below(5) {
        0 => stage.place(world, &stage.locks, Lock::new()),
        1 => {
            let lock = world.pick(&stage.locks).unwrap_or_default();
            stage.place(world, &stage.conditions, Condition::with_lock(&lock));
        }
        2 => stage.place(world, &stage.events, Event::new()),
        3 => stage.make_semaphore(world),
        _ => {
            if let Ok(barrier) = Barrier::new(1 + world.below(3)) {
                stage.place(world, &stage.barriers, barrier);
            }
        }
    }
}

fn release(world: &World) {
    if let Some(lock) = world.pick(&stage().locks) {
        let _ = (lock.locked(), lock.release(), format!("{lock:?}"));
    }
}

fn set_event(world: &World) {
    if let Some(event) = world.pick(&stage().events) {
        match world.below(3) {
            0 | 1 => event.set(),
            _ => event.clear(),
        }
        let _ = (event.is_set(), format!("{event:?}"));
    }
}

fn notify(world: &World) {
    if let Some(condition) = world.pick(&stage().conditions) {
        let _ = match world.below(3) {
            0 => condition.notify(1),
            1 => condition.notify_all(),
            _ => condition.release(),
        };
        let _ = format!("{condition:?}");
    }
}

fn release_semaphore(world: &World) {
    if let Some(semaphore) = world.pick(&stage().semaphores) {
        let _ = (semaphore.release(), format!("{semaphore:?}"));
    }
}

fn put(world: &World) {
    let stage = stage();
    if let Some(queue) = world.pick(&stage.queues) {
        let result = queue.put_nowait(Token::new());
        stage.receive(world, result);
    }
}

fn get(world: &World) {
    let stage = stage();
    if let Some(queue) = world.pick(&stage.queues) {
        let _ = (queue.qsize(), queue.full(), format!("{queue:?}"));
        let result = queue.get_nowait();
        stage.receive(world, result);
    }
}

fn task_done(world: &World) {
    if let Some(queue) = world.pick(&stage().queues) {
        let _ = queue.task_done();
    }
}

fn shut_down(world: &World) {
    if let Some(queue) = world.pick(&stage().queues) {
        queue.shutdown(world.one_in(2));
    }
}

fn drop_queue(world: &World) {
    let taken = world.take(&stage().queues);
    drop(taken);
}

fn reschedule(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops)
        && let Some(timeout) = world.pick(&stage.timeouts)
    {
        let when = world.one_in(2).then(|| event_loop.time() + delay(world));
        let _ = (timeout.reschedule(when), timeout.expired(), timeout.when());
        let _ = format!("{timeout:?}");
    } else {
        let timeout = Timeout::after(delay(world));
        stage.place(world, &stage.timeouts, timeout);
    }
}

fn add_to_group(world: &World) {
    let stage = stage();
    if let Some(group) = world.pick(&stage.groups) {
        let task = group.create_task(stage.coroutine());
        stage.place(world, &stage.tasks, task);
    }
}
