//! The attack on event loops.
//!
//! Bodies, callbacks, destructors, comparisons, loggers and handlers all do the same acts on the
//! same loops, tasks, futures and locks. Time is virtual, and each run has a limit: what nobody
//! ends is stopped then.

mod acts;
mod bodies;
mod callbacks;
mod contexts;
mod futures;
mod locks;
mod polls;
mod threads;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use yieldfrom::{
    AnyTask, Barrier, BoundedSemaphore, CallbackId, Co, ConcurrentFuture, Condition, Context,
    Coroutine, CoroutineBuilder, Error, Event, EventLoop, Future, Handle, LifoQueue, Lock,
    LoopHandle, PriorityQueue, Queue, Semaphore, Task, TaskGroupHandle, Timeout, TimerHandle,
    get_running_loop, set_event_loop, sleep,
};

use super::token::Token;
use super::world::{Act, World};

/// So many of each kind are held at most.
const SLOTS: usize = 5;
/// Frames of a debug build with a sanitizer are large; what is not touched costs nothing.
const STACK: usize = 1 << 20;
/// After so much virtual time a run is stopped.
const LIMIT: Duration = Duration::from_secs(1_000_000);

type Slots<T> = RefCell<Vec<T>>;

/// What all code of a program reaches.
#[derive(Default)]
struct Stage {
    loops: Slots<EventLoop>,
    tasks: Slots<Task<Token>>,
    futures: Slots<Future<Token>>,
    /// All futures that nothing but the program ends; it does so at its end.
    promises: Slots<Future<Token>>,
    ids: Slots<(Future<Token>, CallbackId)>,
    coroutines: Slots<Coroutine<Token>>,
    handles: Slots<Handle>,
    timers: Slots<TimerHandle>,
    locks: Slots<Lock>,
    conditions: Slots<Condition>,
    events: Slots<Event>,
    semaphores: Slots<Semaphore>,
    barriers: Slots<Barrier>,
    queues: Slots<Queue<Token>>,
    timeouts: Slots<Timeout>,
    groups: Slots<TaskGroupHandle>,
    senders: Slots<LoopHandle>,
    remote: Slots<ConcurrentFuture<Token>>,
    errors: Slots<Error>,
    contexts: Slots<Context>,
    wakers: Slots<Waker>,
    /// Futures that are polled by hand.
    polled: Slots<polls::Inner>,
    /// Portable values, each with one of these inside.
    portables: Slots<Box<dyn Any + Send>>,
    pocket: Slots<Box<dyn Any>>,
    /// Whether futures are made of others. The ones and the others hold each other: where the
    /// others are never done, as their loop is closed, both stay for ever.
    composites: bool,
}

thread_local! {
    static STAGE: RefCell<Option<Rc<Stage>>> = const { RefCell::new(None) };
}

/// Returns the stage of the program that runs on this thread.
fn stage() -> Rc<Stage> {
    STAGE.with_borrow(Clone::clone).expect("a program runs")
}

pub(super) const ACTS: &[&[Act]] = &[
    acts::ACTS,
    callbacks::ACTS,
    contexts::ACTS,
    futures::ACTS,
    locks::ACTS,
    polls::ACTS,
    threads::ACTS,
];

/// Runs a program.
pub(super) fn attack(world: &World) {
    let stage = Rc::new(Stage {
        composites: world.one_in(2),
        ..Stage::default()
    });
    world.leaks.set(usize::from(stage.composites));
    STAGE.set(Some(Rc::clone(&stage)));
    stage.locks.borrow_mut().push(Lock::new());
    stage.events.borrow_mut().push(Event::new());
    let _ = stage.make_loop(world);
    while !world.choices.is_over() {
        world.catch(|| world.act());
    }
    end(world, &stage);
    STAGE.take();
}

/// Ends everything, and looks whether it can be ended.
fn end(world: &World, stage: &Stage) {
    if get_running_loop().is_ok() {
        world
            .registry
            .fault("a loop counts as running after all runs");
    }
    set_event_loop(None);
    for promise in stage.promises.take() {
        world.catch(|| promise.cancel());
    }
    for event_loop in stage.loops.take() {
        end_loop(world, &event_loop);
    }
    world.catch(|| stage.clear());
    let again = EventLoop::builder().virtual_clock().build();
    let result = again.and_then(|event_loop| {
        event_loop.run_until_complete(|co: &Co| co.yield_from(sleep(Duration::from_secs(1))))
    });
    if let Err(error) = result {
        world
            .registry
            .fault(format!("no further loop runs: {error}"));
    }
}

fn end_loop(world: &World, event_loop: &EventLoop) {
    if event_loop.is_running() {
        world.registry.fault("a loop counts as running");
    }
    event_loop.set_exception_handler(None);
    event_loop.set_task_factory(None);
    // One that is open is not lent, or its owner closes it.
    match world.catch(|| event_loop.close()) {
        Some(Err(error)) if !error.to_string().contains("is lent") => {
            world
                .registry
                .fault(format!("a loop cannot be closed: {error}"));
        }
        None => world.registry.fault("closing a loop panics"),
        _ => {}
    }
}

impl Stage {
    fn make_loop(&self, world: &World) -> yieldfrom::Result<()> {
        let mut builder = EventLoop::builder().virtual_clock().stack_size(STACK);
        if world.one_in(4) {
            builder = builder.debug(true);
        }
        if world.one_in(4) {
            builder = builder.portable_reactor();
        }
        let event_loop = builder.build()?;
        // What takes long on a busy machine is not the program's decision.
        event_loop.set_slow_callback_duration(Duration::MAX);
        self.place(world, &self.loops, event_loop);
        Ok(())
    }

    /// Makes a coroutine.
    fn coroutine(&self) -> Coroutine<Token> {
        let own = Token::new();
        CoroutineBuilder::new().stack_size(STACK).build(move |co| {
            let result = bodies::body(co);
            // Before the result is on its way out, see the generators' bodies.
            drop(own);
            result
        })
    }

    /// Puts something where later acts find it; what was there is dropped.
    fn place<T>(&self, world: &World, list: &Slots<T>, item: T) {
        world.place(list, SLOTS, item);
    }

    /// Keeps what an operation gave, or drops it.
    fn receive<T: 'static>(&self, world: &World, what: T) {
        world.receive(&self.pocket, what);
    }

    /// Makes an error, or finds one that was used before.
    fn error(&self, world: &World) -> Error {
        const KINDS: [fn() -> Error; 5] = [
            || Error::msg("attack"),
            || Error::new(Token::new()),
            Error::cancelled,
            || Error::generator_exit_with(Token::new()),
            || Error::stop_iteration(Token::new()),
        ];
        world.error(&self.errors, &KINDS)
    }

    fn make_queue(&self, world: &World) {
        let size = world.below(4);
        let queue = match world.below(3) {
            0 => Queue::with_maxsize(size),
            1 => Queue::clone(&PriorityQueue::with_maxsize(size)),
            _ => Queue::clone(&LifoQueue::with_maxsize(size)),
        };
        self.place(world, &self.queues, queue);
    }

    fn make_semaphore(&self, world: &World) {
        let permits = world.below(3);
        let semaphore = match world.one_in(2) {
            true => BoundedSemaphore::new(permits).into(),
            false => Semaphore::new(permits),
        };
        self.place(world, &self.semaphores, semaphore);
    }

    /// Returns a task of any kind, named by the loop.
    fn any_task(&self, world: &World) -> Option<AnyTask> {
        let event_loop = world.pick(&self.loops)?;
        let tasks = RefCell::new(event_loop.all_tasks());
        world.pick(&tasks)
    }

    fn clear(&self) {
        drop(self.tasks.take());
        drop(self.futures.take());
        drop(self.ids.take());
        drop(self.coroutines.take());
        drop((self.handles.take(), self.timers.take()));
        drop((
            self.locks.take(),
            self.conditions.take(),
            self.events.take(),
        ));
        drop((self.semaphores.take(), self.barriers.take()));
        drop((self.queues.take(), self.timeouts.take(), self.groups.take()));
        drop((self.senders.take(), self.remote.take()));
        drop(self.contexts.take());
        drop((self.wakers.take(), self.polled.take()));
        drop(self.portables.take());
        drop((self.errors.take(), self.pocket.take()));
    }
}

/// Returns a short time.
fn delay(world: &World) -> Duration {
    Duration::from_millis([0, 1, 1000, 2000, 3_600_000][world.below(5)])
}
