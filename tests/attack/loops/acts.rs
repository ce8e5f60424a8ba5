//! What any code does to loops and tasks.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{EventLoop, TimerHandle, get_running_loop, run, run_sync, set_event_loop};

use super::{LIMIT, delay, stage};
use crate::attack::world::{Act, World};

pub(super) const ACTS: &[Act] = &[
    (1, "nothing", |_| ()),
    (1, "make a loop", make_loop),
    (14, "run", run_loop),
    (4, "run for ever", run_forever),
    (4, "turn", turn),
    (2, "stop", stop),
    (1, "close", close),
    (1, "drop a loop", drop_loop),
    (1, "lend", lend),
    (1, "choose a loop", choose_loop),
    (1, "run another way", run_elsewhere),
    (2, "look", look),
    (1, "debug", debug),
    (1, "trace", trace),
    (4, "unwind", unwind),
    (2, "drop what was received", |_| drop(stage().pocket.take())),
    (1, "drop errors", |_| drop(stage().errors.take())),
];

fn make_loop(world: &World) {
    let _ = stage().make_loop(world);
}

/// Stops a run that nobody ends, until this is dropped.
struct Limited(Rc<Cell<Option<TimerHandle>>>);

impl Limited {
    fn new(event_loop: &EventLoop, limit: Duration) -> Self {
        let timer = Rc::default();
        arm(event_loop, &timer, limit);
        Self(timer)
    }
}

/// Stops a loop after a time, and again: another run may have taken the first for its own.
fn arm(event_loop: &EventLoop, timer: &Rc<Cell<Option<TimerHandle>>>, limit: Duration) {
    let (stopped, again) = (event_loop.clone(), Rc::downgrade(timer));
    let stop = move || {
        stopped.stop();
        if let Some(timer) = again.upgrade() {
            arm(&stopped, &timer, limit.max(Duration::from_secs(1)));
        }
    };
    timer.set(event_loop.call_later(limit, stop).ok());
}

impl Drop for Limited {
    fn drop(&mut self) {
        if let Some(timer) = self.0.take() {
            timer.cancel();
        }
    }
}

fn run_loop(world: &World) {
    let stage = stage();
    let Some(event_loop) = world.pick(&stage.loops) else {
        return;
    };
    let _limited = Limited::new(&event_loop, LIMIT);
    let result = match world.below(4) {
        1 => match world.pick(&stage.tasks) {
            Some(task) => event_loop.run_until_complete(task),
            None => return,
        },
        2 => match world.pick(&stage.futures) {
            Some(future) => event_loop.run_until_complete(future),
            None => return,
        },
        3 => match world.take(&stage.coroutines) {
            Some(coroutine) => event_loop.run_until_complete(coroutine),
            None => return,
        },
        _ => event_loop.run_until_complete(stage.coroutine()),
    };
    world.say(format_args!("the run is over"));
    stage.receive(world, result);
}

fn run_forever(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let _limited = Limited::new(&event_loop, delay(world));
        stage.receive(world, event_loop.run_forever());
        world.say(format_args!("the run is over"));
    }
}

fn turn(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let _ = event_loop.time_to_next();
        stage.receive(world, event_loop.turn(Some(Duration::ZERO)));
        world.say(format_args!("the turn is over"));
    }
}

fn stop(world: &World) {
    if let Some(event_loop) = world.pick(&stage().loops) {
        event_loop.stop();
    }
}

fn close(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        stage.receive(world, event_loop.close());
    }
}

fn drop_loop(world: &World) {
    let taken = world.take(&stage().loops);
    drop(taken);
}

fn lend(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        stage.place(world, &stage.loops, event_loop.lend());
    }
}

fn choose_loop(world: &World) {
    let chosen = world.pick(&stage().loops);
    set_event_loop(chosen.as_ref());
}

fn run_elsewhere(world: &World) {
    let stage = stage();
    let coroutine = stage.coroutine();
    if get_running_loop().is_err() {
        // Both take real time, which no program may depend on.
        drop(coroutine);
        return;
    }
    let result = match world.below(3) {
        0 => run_sync(coroutine),
        1 => run(coroutine),
        _ => EventLoop::builder().virtual_clock().run(coroutine),
    };
    stage.receive(world, result);
}

fn look(world: &World) {
    let stage = stage();
    let Some(event_loop) = world.pick(&stage.loops) else {
        return;
    };
    let report = event_loop.report();
    let text = format!("{report} {event_loop:?} {:?}", event_loop.current_task());
    world.say(format_args!("{text}"));
    for task in event_loop.all_tasks() {
        let _ = (task.to_string(), task.stack(), task.get_name());
        let _ = task.print_stack(&mut Vec::new());
    }
    if let Some(task) = world.pick(&stage.tasks) {
        let _ = (format!("{task} {task:?}"), task.stack(), task.get_name());
        task.set_name("renamed");
    }
}

fn debug(world: &World) {
    if let Some(event_loop) = world.pick(&stage().loops) {
        event_loop.set_debug(!event_loop.get_debug());
    }
}

fn trace(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        match world.one_in(2) {
            true => drop(event_loop.start_trace(100)),
            false => stage.receive(world, event_loop.stop_trace()),
        }
    }
}

/// Acts while the thread panics.
fn unwind(world: &World) {
    struct Acts<'a>(&'a World);
    impl Drop for Acts<'_> {
        fn drop(&mut self) {
            self.0.catch(|| self.0.act_on());
        }
    }
    world.catch(|| {
        let _acts = Acts(world);
        world.panic();
    });
}
