//! Runs one program, and says what was wrong with it.

use std::panic::{self, AssertUnwindSafe};
use std::thread;

use super::itself::{self, Fault};
use super::world::{World, drop_quietly, take_foreign_panics, watch};
use super::{generators, loops, world};

/// The name of the threads on which programs run.
pub(super) const THREAD: &str = "attack";

/// What is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Generators,
    Loop,
    Itself(Fault),
}

/// All targets, with their names.
const TARGETS: [(&str, Target); 6] = [
    ("generators", Target::Generators),
    ("loop", Target::Loop),
    ("itself-leaks", Target::Itself(Fault::Leaks)),
    ("itself-aborts", Target::Itself(Fault::Aborts)),
    ("itself-panics", Target::Itself(Fault::Panics)),
    ("itself-suspends", Target::Itself(Fault::Suspends)),
];

impl Target {
    pub(super) fn named(name: &str) -> Option<Self> {
        let found = TARGETS.iter().find(|target| target.0 == name);
        found.map(|target| target.1)
    }

    pub(super) fn name(self) -> &'static str {
        let found = TARGETS.iter().find(|target| target.1 == self);
        found.expect("all are in the list").0
    }

    fn acts(self) -> &'static [&'static [world::Act]] {
        match self {
            Self::Generators => &[generators::ACTS],
            Self::Loop => loops::ACTS,
            Self::Itself(_) => &[],
        }
    }

    fn attack(self, world: &World) {
        match self {
            Self::Generators => generators::attack(world),
            Self::Loop => loops::attack(world),
            Self::Itself(fault) => itself::attack(fault, world),
        }
    }
}

/// Runs a program on a thread of its own, and returns its faults.
pub(super) fn run(target: Target, numbers: Vec<u32>, says: bool) -> Vec<String> {
    watch();
    let thread = thread::Builder::new()
        .name(THREAD.to_owned())
        .stack_size(16 << 20)
        .spawn(move || attack(target, numbers, says));
    let mut faults = match thread.expect("there is room for a thread").join() {
        Ok(faults) => faults,
        Err(payload) => {
            drop_quietly(payload);
            vec!["a panic came out of a destructor at the end of the thread".to_owned()]
        }
    };
    faults.extend(take_foreign_panics());
    faults
}

fn attack(target: Target, numbers: Vec<u32>, says: bool) -> Vec<String> {
    let world = World::create(numbers, target.acts(), says);
    let registry = world.registry.clone();
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(|| target.attack(&world))) {
        drop_quietly(payload);
        registry.fault("a panic came out of what does not let panics out");
    }
    world.clear();
    World::destroy();
    if thread::panicking() {
        registry.fault("the thread counts as panicking");
    }
    if world.leaks.get() == 0 {
        let alive = registry.alive();
        // A function whose locals panic when they are dropped leaks what it returns, whoever has
        // written it (rust-lang/rust#47949). The library drops them before where it is known to
        // matter; of all that is generic in a loop it cannot be asked.
        let excused = target == Target::Loop && world.panicked_in_drop.get();
        if !alive.is_empty() && !excused {
            registry.fault(format!("values {alive:?} are never dropped"));
        }
        let stacks = yieldfrom_delegation::stack::stats().live;
        if stacks != 0 {
            registry.fault(format!("{stacks} stacks are still in use"));
        }
    }
    registry.take_faults()
}
