//! Context variables, and regions in which a task must not suspend.

use yieldfrom::{Context, ContextVar, copy_context, current_task, no_suspend};

use super::stage;
use crate::attack::token::Token;
use crate::attack::world::{Act, World};

static VALUE: ContextVar<Token> = ContextVar::new("value");

pub(super) const ACTS: &[Act] = &[
    (3, "set a variable", set),
    (2, "get a variable", get),
    (1, "copy the context", copy),
    (2, "act in a context", act_in),
    (2, "act in a region", |world| no_suspend(|| world.act())),
];

/// Sets the variable in a context that ends with the program: the thread's would not.
fn set(world: &World) {
    let stage = stage();
    let token = Token::new();
    if current_task().is_some() && world.one_in(2) {
        let set = VALUE.set(token);
        if world.one_in(2) {
            stage.receive(world, VALUE.reset(set));
        }
    } else if let Some(context) = world.pick(&stage.contexts) {
        stage.receive(world, context.run(|| VALUE.set(token)).map(drop));
    }
}

fn get(world: &World) {
    let stage = stage();
    let kept = world.pick(&stage.contexts);
    let got = match kept {
        Some(context) if world.one_in(2) => context.get(&VALUE),
        _ => VALUE.get(),
    };
    stage.receive(world, got);
}

fn copy(world: &World) {
    let stage = stage();
    let copy = match world.one_in(2) {
        true => copy_context(),
        false => Context::new(),
    };
    stage.place(world, &stage.contexts, copy);
}

fn act_in(world: &World) {
    let picked = world.pick(&stage().contexts);
    let context = picked.unwrap_or_else(copy_context);
    stage().receive(world, context.run(|| world.act()));
}
