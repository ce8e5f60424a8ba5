//! Tasks, futures, and what is made of them.

use yieldfrom::{
    Co, Future, create_task, current_task, ensure_future, gather, gather_return_exceptions,
    gather_with, get_event_loop, get_running_loop, shield,
};

use super::callbacks::callback;
use super::{Stage, stage};
use crate::attack::token::Token;
use crate::attack::world::{Act, World, meddle};

pub(super) const ACTS: &[Act] = &[
    (3, "make a coroutine", make_coroutine),
    (10, "make a task", make_task),
    (4, "make a task here", make_task_here),
    (5, "cancel a task", cancel_task),
    (2, "cancel any task", cancel_any),
    (2, "uncancel", uncancel),
    (2, "drop a task", drop_task),
    (5, "make a future", make_future),
    (5, "set a result", set_result),
    (2, "set an exception", set_exception),
    (2, "cancel a future", cancel_future),
    (3, "result", result),
    (2, "take a result", take_result),
    (2, "exception", exception),
    (4, "add a done callback", add_callback),
    (2, "remove a done callback", remove_callback),
    (2, "drop a future", drop_future),
    (3, "gather", gather_some),
    (2, "shield", shield_one),
    (1, "drop coroutines", |_| drop(stage().coroutines.take())),
];

impl Stage {
    /// Returns a future or a task.
    pub(super) fn awaitable(&self, world: &World) -> Option<Future<Token>> {
        match world.one_in(2) {
            true => world.pick(&self.futures),
            false => world.pick(&self.tasks).map(Future::from),
        }
    }

    /// Returns some futures and tasks, perhaps the same one several times.
    pub(super) fn awaitables(&self, world: &World) -> Vec<Future<Token>> {
        let count = world.below(4);
        (0..count).filter_map(|_| self.awaitable(world)).collect()
    }
}

fn make_coroutine(world: &World) {
    let stage = stage();
    let coroutine = stage.coroutine();
    stage.place(world, &stage.coroutines, coroutine);
}

fn make_task(world: &World) {
    let stage = stage();
    let Some(event_loop) = world.pick(&stage.loops) else {
        return;
    };
    let task = match world.below(4) {
        1 => event_loop.create_task(|co: &Co| super::bodies::body(co)),
        2 => match world.take(&stage.coroutines) {
            Some(coroutine) => event_loop.create_task(coroutine),
            None => return,
        },
        _ => event_loop.create_task(stage.coroutine()),
    };
    stage.place(world, &stage.tasks, task);
}

fn make_task_here(world: &World) {
    if get_running_loop().is_err() {
        return;
    }
    let stage = stage();
    let task = match world.one_in(2) {
        true => create_task(stage.coroutine()),
        false => ensure_future(stage.coroutine()),
    };
    stage.place(world, &stage.tasks, task);
}

fn cancel_task(world: &World) {
    if let Some(task) = world.pick(&stage().tasks) {
        task.cancel();
    }
}

fn cancel_any(world: &World) {
    let task = match world.one_in(2) {
        true => current_task(),
        false => stage().any_task(world),
    };
    if let Some(task) = task {
        task.cancel();
    }
}

fn uncancel(world: &World) {
    if let Some(task) = world.pick(&stage().tasks) {
        let _ = (task.cancelling(), task.uncancel());
    }
}

fn drop_task(world: &World) {
    let taken = world.take(&stage().tasks);
    drop(taken);
}

fn make_future(world: &World) {
    let stage = stage();
    let future = match world.pick(&stage.loops) {
        Some(event_loop) if !world.one_in(4) => event_loop.create_future(),
        _ if get_event_loop().is_ok() => Future::new(),
        _ => return,
    };
    stage.promises.borrow_mut().push(future.clone());
    stage.place(world, &stage.futures, future);
}

fn set_result(world: &World) {
    let stage = stage();
    if let Some(future) = world.pick(&stage.futures) {
        let result = future.set_result(Token::new());
        stage.receive(world, result);
    }
}

fn set_exception(world: &World) {
    let stage = stage();
    if let Some(future) = world.pick(&stage.futures) {
        let result = future.set_exception(stage.error(world));
        stage.receive(world, result);
    }
}

fn cancel_future(world: &World) {
    if let Some(future) = world.pick(&stage().futures) {
        future.cancel();
    }
}

fn result(world: &World) {
    let stage = stage();
    if let Some(future) = stage.awaitable(world) {
        let result = future.result();
        stage.receive(world, result);
    }
}

fn take_result(world: &World) {
    let stage = stage();
    if let Some(future) = stage.awaitable(world) {
        let result = future.take_result();
        stage.receive(world, result);
    }
}

fn exception(world: &World) {
    let stage = stage();
    if let Some(future) = stage.awaitable(world) {
        let _ = (future.done(), future.cancelled(), format!("{future:?}"));
        let exception = future.exception();
        stage.receive(world, exception);
    }
}

fn add_callback(world: &World) {
    let stage = stage();
    if let Some(future) = stage.awaitable(world) {
        let call = callback("a done callback");
        let id = future.add_done_callback(move |future| {
            let _ = future.exception().map(drop);
            call();
        });
        stage.place(world, &stage.ids, (future, id));
    }
}

fn remove_callback(world: &World) {
    if let Some((future, id)) = world.pick(&stage().ids) {
        let _ = future.remove_done_callback(&id);
    }
}

fn drop_future(world: &World) {
    let stage = stage();
    let taken = world.take(&stage.futures);
    drop(taken);
    let promised = world.take(&stage.promises);
    drop(promised);
}

/// Puts a future of several, as one of a value, to the others.
fn gather_some(world: &World) {
    let stage = stage();
    let all = stage.awaitables(world);
    if !stage.composites {
        return;
    }
    if all.is_empty() && get_event_loop().is_err() {
        return;
    }
    match world.below(4) {
        0 => stage.receive(world, gather(all)),
        1 => stage.receive(world, gather_return_exceptions(all)),
        2 => {
            let coroutines = (0..all.len()).map(|_| stage.coroutine());
            if get_running_loop().is_ok() {
                stage.receive(world, gather(coroutines));
            }
        }
        _ => {
            let future = gather_with(all, world.one_in(2), |results| {
                meddle("the end of a gather");
                drop(results);
                Ok(Token::new())
            });
            stage.place(world, &stage.futures, future);
        }
    }
}

fn shield_one(world: &World) {
    let stage = stage();
    if let Some(future) = stage.awaitable(world)
        && stage.composites
    {
        let shielded = shield(future);
        stage.place(world, &stage.futures, shielded);
    }
}
