//! Callbacks and handlers.

use std::time::Duration;

use yieldfrom::{ErrorContext, EventLoop};

use super::{delay, stage};
use crate::attack::token::Token;
use crate::attack::world::{Act, World, meddle};

pub(super) const ACTS: &[Act] = &[
    (4, "call soon", call_soon),
    (4, "call later", call_later),
    (2, "call at", call_at),
    (2, "cancel a handle", cancel_handle),
    (2, "cancel a timer", cancel_timer),
    (1, "drop handles", drop_handles),
    (2, "set the exception handler", set_exception_handler),
    (2, "call the exception handler", call_exception_handler),
    (2, "set the task factory", set_task_factory),
];

/// Makes a callback.
pub(super) fn callback(place: &'static str) -> impl FnOnce() + Send + 'static {
    let own = Token::new();
    move || {
        if let Some(world) = World::current() {
            world.say(format_args!("{place} runs"));
            if !world.choices.is_over() {
                world.act_on();
            }
        }
        meddle(place);
        drop(own);
    }
}

fn call_soon(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops)
        && let Ok(handle) = event_loop.call_soon(callback("a callback"))
    {
        stage.place(world, &stage.handles, handle);
    }
}

fn call_later(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops)
        && let Ok(timer) = event_loop.call_later(delay(world), callback("a timer"))
    {
        stage.place(world, &stage.timers, timer);
    }
}

fn call_at(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let when = [
            Duration::ZERO,
            event_loop.time() + delay(world),
            Duration::MAX,
        ][world.below(3)];
        if let Ok(timer) = event_loop.call_at(when, callback("a timer")) {
            stage.place(world, &stage.timers, timer);
        }
    }
}

fn cancel_handle(world: &World) {
    if let Some(handle) = world.pick(&stage().handles) {
        handle.cancel();
        let _ = (handle.cancelled(), format!("{handle:?}"));
    }
}

fn cancel_timer(world: &World) {
    if let Some(timer) = world.pick(&stage().timers) {
        timer.cancel();
        let _ = (timer.cancelled(), timer.when(), format!("{timer:?}"));
    }
}

fn drop_handles(_: &World) {
    let stage = stage();
    drop((stage.handles.take(), stage.timers.take()));
}

fn set_exception_handler(world: &World) {
    let Some(event_loop) = world.pick(&stage().loops) else {
        return;
    };
    if world.one_in(3) {
        return event_loop.set_exception_handler(None);
    }
    let own = Token::new();
    event_loop.set_exception_handler(Some(Box::new(
        move |event_loop: &EventLoop, context: &ErrorContext| {
            let _own = &own;
            if let Some(world) = World::current() {
                world.say(format_args!("handled: {}", context.message()));
                if world.one_in(4) {
                    event_loop.default_exception_handler(context);
                }
            }
            let _ = context.get_error().map(ToString::to_string);
            meddle("an exception handler");
        },
    )));
}

fn call_exception_handler(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let context = ErrorContext::new("attack").error(stage.error(world));
        event_loop.call_exception_handler(&context);
    }
}

fn set_task_factory(world: &World) {
    let Some(event_loop) = world.pick(&stage().loops) else {
        return;
    };
    if world.one_in(3) {
        return event_loop.set_task_factory(None);
    }
    let own = Token::new();
    event_loop.set_task_factory(Some(Box::new(move |_, task| {
        let _own = &own;
        if World::current().is_some_and(|world| world.one_in(8)) {
            task.cancel();
        }
        meddle("a task factory");
    })));
}
