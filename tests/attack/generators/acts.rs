//! What any code does to any generator.

use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use yieldfrom_delegation::recorder::{self, Operation, Outcome, RecordedGenerator, Recorder};
use yieldfrom_delegation::{GeneratorState, prefetch, stack};

use super::{STACK, stage};
use crate::attack::token::Token;
use crate::attack::world::{Act, World, meddle};

pub(in crate::attack) const ACTS: &[Act] = &[
    (1, "nothing", |_| ()),
    (12, "make one", make),
    (6, "make an iterated one", make_iterated),
    (14, "next", next),
    (10, "send", send),
    (10, "throw", throw),
    (6, "close", close),
    (3, "abandon", abandon),
    (6, "drop", forget_one),
    (3, "clone", clone),
    (3, "look", look),
    (6, "drive", drive),
    (3, "stacks", stacks),
    (5, "unwind", unwind),
    (2, "prime", prime),
    (2, "record", record),
    (1, "record no more", |_| drop(recorder::replace(None))),
    (6, "iterate", iterate),
    (3, "throw into an iterated one", throw_iterated),
    (3, "drop an iterated one", forget_iterated),
    (2, "drop what was received", |_| drop(stage().pocket.take())),
    (2, "drop errors", |_| drop(stage().errors.take())),
];

/// A recorder that does what any code does.
struct Meddler(Token);

impl Recorder for Meddler {
    fn begin(&self, generator: &RecordedGenerator<'_>, _: Operation) {
        let _ = (generator.delegation_chain(), generator.state());
        meddle("the begin of an operation");
    }

    fn end(&self, generator: &RecordedGenerator<'_>, _: Outcome) {
        let _ = (generator.delegation_chain(), &self.0);
        meddle("the end of an operation");
    }
}

fn record(_: &World) {
    drop(recorder::replace(Some(Rc::new(Meddler(Token::new())))));
}

fn make(world: &World) {
    let stage = stage();
    let made = stage.make_sent(world, u32::MAX);
    stage.place(world, &stage.sent, made);
}

fn make_iterated(world: &World) {
    let stage = stage();
    let made = stage.make_iterated(world, u32::MAX);
    stage.place(world, &stage.iterated, made);
}

fn next(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.sent) {
        world.say(format_args!("of {number}"));
        let result = g.next();
        world.say(format_args!("next of {number} is over"));
        stage.receive(world, result);
    }
}

fn send(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.sent) {
        world.say(format_args!("to {number}"));
        let result = g.send(Token::new());
        world.say(format_args!("send to {number} is over"));
        stage.receive(world, result);
    }
}

fn throw(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.sent) {
        let error = stage.error(world);
        world.say(format_args!("into {number}"));
        let result = g.throw(error);
        world.say(format_args!("throw into {number} is over"));
        stage.receive(world, result);
    }
}

fn close(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.sent) {
        world.say(format_args!("{number}"));
        let result = g.close();
        world.say(format_args!("close of {number} is over"));
        stage.receive(world, result);
    }
}

fn abandon(world: &World) {
    if let Some((number, g)) = world.pick(&stage().sent) {
        world.say(format_args!("{number}"));
        g.abandon();
    }
}

fn forget_one(world: &World) {
    let taken = world.take(&stage().sent);
    if let Some((number, _)) = &taken {
        world.say(format_args!("{number}"));
    }
    drop(taken);
}

fn clone(world: &World) {
    let stage = stage();
    if let Some(item) = world.pick(&stage.sent) {
        stage.place(world, &stage.sent, item);
    }
}

fn look(world: &World) {
    if let Some((number, g)) = world.pick(&stage().sent) {
        world.say(format_args!("at {number}: {g:?}"));
        let _ = (g.state(), g.name().len(), g.origin(), g.delegation_chain());
        let _ = (g.ptr_eq(&g.clone()), format!("{g:?}"));
    }
}

/// Resumes as a scheduler does, but with time for everybody else in between.
fn drive(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.sent) {
        world.say(format_args!("{number}"));
        g.prefetch();
        g.prefetch_state();
        let result = match g.driver().step() {
            Ok(value) => Ok(GeneratorState::Yielded(value)),
            Err(unresolved) => {
                world.catch(|| world.act_on());
                if world.one_in(4) {
                    return drop(unresolved);
                }
                g.resolve(unresolved)
            }
        };
        world.say(format_args!("drive of {number} is over"));
        stage.receive(world, result);
    }
}

fn stacks(world: &World) {
    prefetch(world);
    match world.below(3) {
        0 => drop(stack::stats()),
        1 => drop(stack::trim()),
        _ => drop(stack::prewarm(2, STACK)),
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

fn prime(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.take(&stage.sent)
        && let Ok(primed) = g.primed()
    {
        stage.place(world, &stage.sent, (number, primed));
    }
}

fn iterate(world: &World) {
    let stage = stage();
    let Some((number, g)) = world.pick(&stage.iterated) else {
        return;
    };
    world.say(format_args!("over {number}"));
    for item in &g {
        stage.receive(world, item);
        if world.one_in(2) || world.choices.is_over() {
            break;
        }
    }
    world.say(format_args!("iterating over {number} is over"));
}

fn throw_iterated(world: &World) {
    let stage = stage();
    if let Some((number, g)) = world.pick(&stage.iterated) {
        world.say(format_args!("{number}"));
        let error = stage.error(world);
        let result = panic::catch_unwind(AssertUnwindSafe(|| g.throw(error)));
        match result {
            Ok(result) => stage.receive(world, result),
            Err(payload) => panic::resume_unwind(payload),
        }
    }
}

fn forget_iterated(world: &World) {
    let taken = world.take(&stage().iterated);
    drop(taken);
}
