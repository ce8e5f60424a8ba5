//! What may happen to the tasks of a scene, and what must hold then.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::{Co, EventLoop, Result, Task};

use super::actor::{Journal, Leaves, Me, Stage};
use super::schedule::Choices;

/// In so many turns in which nothing else happens, whatever was going to happen has.
const TURNS_TO_SETTLE: usize = 8;
const TURNS_TO_END: usize = 100;

thread_local! {
    /// One for all runs of a test, each of which leaves nothing in it: making loops would take
    /// most of the time.
    static LOOP: EventLoop = EventLoop::builder().virtual_clock().build().unwrap();
}

type Body = Box<dyn FnOnce(&Co, &Me) -> Result<()>>;

struct Actor {
    me: Me,
    /// None once it has begun.
    body: Option<Body>,
    task: Option<Task<()>>,
    cancels: usize,
}

struct Deed {
    name: &'static str,
    /// None once it was done.
    act: Option<Act>,
}

type Act = Box<dyn FnOnce(&Scene)>;
type Check = Box<dyn Fn(&Scene)>;

/// A small world: tasks, and what may happen to them.
pub(super) struct Scene {
    pub(super) event_loop: EventLoop,
    actors: Vec<Actor>,
    deeds: Vec<Deed>,
    others: RefCell<Vec<Task<()>>>,
    journal: Rc<Journal>,
    always: Vec<Check>,
    settled: Vec<Check>,
    unblock: Vec<Check>,
    finally: Vec<Check>,
}

/// What may happen next.
#[derive(Clone, Copy)]
enum Move {
    Stop,
    Turn,
    Start(usize),
    Open(usize),
    Cancel(usize),
    Do(usize),
}

impl Scene {
    pub(super) fn new() -> Self {
        Self {
            event_loop: LOOP.with(EventLoop::clone),
            actors: Vec::new(),
            deeds: Vec::new(),
            others: RefCell::default(),
            journal: Rc::default(),
            always: Vec::new(),
            settled: Vec::new(),
            unblock: Vec::new(),
            finally: Vec::new(),
        }
    }

    /// Adds a task that is there from the beginning.
    pub(super) fn actor(&mut self, body: impl FnOnce(&Co, &Me) -> Result<()> + 'static) -> Me {
        let me = self.late(body);
        self.start(self.actors.len() - 1);
        me
    }

    /// Adds a task that starts at some time, or never.
    pub(super) fn late(&mut self, body: impl FnOnce(&Co, &Me) -> Result<()> + 'static) -> Me {
        let gate = self.event_loop.create_future();
        let me = Me::new(self.actors.len(), gate, &self.journal);
        self.actors.push(Actor {
            me: me.clone(),
            body: Some(Box::new(body)),
            task: None,
            cancels: 1,
        });
        me
    }

    /// Allows as many cancellations of each task.
    pub(super) fn cancels(&mut self, most: usize) {
        for actor in &mut self.actors {
            actor.cancels = most;
        }
    }

    /// Adds something that may happen once.
    pub(super) fn deed(&mut self, name: &'static str, act: impl FnOnce(&Self) + 'static) {
        let act: Act = Box::new(act);
        self.deeds.push(Deed {
            name,
            act: Some(act),
        });
    }

    /// Starts a task that must end, and to which nothing else happens.
    pub(super) fn spawn(&self, body: impl FnOnce(&Co) -> Result<()> + 'static) {
        self.others
            .borrow_mut()
            .push(self.event_loop.create_task(body));
    }

    /// Checks this after every move.
    pub(super) fn always(&mut self, check: impl Fn(&Self) + 'static) {
        self.always.push(Box::new(check));
    }

    /// Checks this when nothing moves any more.
    pub(super) fn settled(&mut self, check: impl Fn(&Self) + 'static) {
        self.settled.push(Box::new(check));
    }

    /// Does this in the end, before each turn, so that those who wait can end.
    pub(super) fn unblock(&mut self, act: impl Fn(&Self) + 'static) {
        self.unblock.push(Box::new(act));
    }

    /// Checks this when all tasks have ended.
    pub(super) fn finally(&mut self, check: impl Fn(&Self) + 'static) {
        self.finally.push(Box::new(check));
    }

    pub(super) fn count(&self, stage: Stage) -> usize {
        self.everybody().filter(|me| me.stage() == stage).count()
    }

    pub(super) fn everybody(&self) -> impl Iterator<Item = &Me> {
        self.actors.iter().map(|actor| &actor.me)
    }

    /// Asserts that those who were let in were so in the order in which they had come.
    pub(super) fn assert_first_come_first_served(&self) {
        let entered = self.journal.entered.borrow();
        let mut came = self.journal.came.borrow().clone();
        came.retain(|number| entered.contains(number));
        assert_eq!(came, *entered, "not in the order of their coming");
    }

    /// Plays the scene in one way, and checks all there is to check.
    pub(super) fn play(mut self, choices: &mut Choices, most_events: usize) {
        let (mut turns, mut events) = (0, 0);
        while events < most_events {
            let moves = self.moves(turns);
            if moves.is_empty() {
                break;
            }
            let next = choices.pick_from(&moves);
            choices.note(self.name(next));
            match next {
                Move::Stop => break,
                Move::Turn => turns += 1,
                _ => (turns, events) = (0, events + 1),
            }
            self.make(next);
        }
        for _ in 0..TURNS_TO_SETTLE {
            if self.is_moving() {
                self.make(Move::Turn);
            }
        }
        assert!(!self.is_moving(), "does not come to rest");
        self.settled.iter().for_each(|check| check(&self));
        self.end();
    }

    /// Returns whether the loop has anything to do.
    fn is_moving(&self) -> bool {
        self.event_loop.time_to_next().is_some()
    }

    fn moves(&self, turns: usize) -> Vec<Move> {
        let mut moves = Vec::new();
        if turns == 0 {
            // Later on it would be the same, as turns follow.
            moves.push(Move::Stop);
        }
        if self.is_moving() {
            moves.push(Move::Turn);
        }
        for (k, actor) in self.actors.iter().enumerate() {
            match &actor.task {
                None => moves.push(Move::Start(k)),
                Some(task) if !task.done() => {
                    if actor.me.stage() == Stage::Inside && !actor.me.gate().done() {
                        moves.push(Move::Open(k));
                    }
                    if actor.cancels > 0 {
                        moves.push(Move::Cancel(k));
                    }
                }
                Some(_) => {}
            }
        }
        let deeds = self.deeds.iter().enumerate();
        moves.extend(
            deeds
                .filter(|(_, deed)| deed.act.is_some())
                .map(|(i, _)| Move::Do(i)),
        );
        moves
    }

    fn make(&mut self, next: Move) {
        match next {
            Move::Stop => {}
            Move::Turn => {
                self.event_loop.turn(Some(Duration::ZERO)).unwrap();
            }
            Move::Start(k) => self.start(k),
            Move::Open(k) => self.actors[k].me.gate().set_result(()).unwrap(),
            Move::Cancel(k) => {
                let actor = &mut self.actors[k];
                actor.cancels -= 1;
                actor.me.note_cancelled();
                assert!(actor.task.as_ref().unwrap().cancel());
            }
            Move::Do(i) => {
                let act = self.deeds[i].act.take().unwrap();
                act(self);
            }
        }
        self.always.iter().for_each(|check| check(self));
    }

    fn start(&mut self, k: usize) {
        let actor = &mut self.actors[k];
        let (me, body) = (actor.me.clone(), actor.body.take().unwrap());
        actor.task = Some(self.event_loop.create_task(move |co: &Co| {
            let _leaves = Leaves(&me);
            body(co, &me)
        }));
    }

    /// Lets all go on until they have ended.
    fn end(&mut self) {
        for _ in 0..TURNS_TO_END {
            if self.tasks().iter().all(|task| task.done()) {
                break;
            }
            for actor in &self.actors {
                if actor.me.stage() == Stage::Inside {
                    let _ = actor.me.gate().set_result(());
                }
            }
            self.unblock.iter().for_each(|act| act(self));
            self.make(Move::Turn);
        }
        for task in self.tasks() {
            assert!(task.done(), "{task} waits for ever");
            let error = task.exception();
            let fails = matches!(&error, Ok(Some(_)));
            assert!(!fails, "{task} has failed");
        }
        assert!(self.event_loop.all_tasks().is_empty());
        self.finally.iter().for_each(|check| check(self));
    }

    fn tasks(&self) -> Vec<Task<()>> {
        let actors = self.actors.iter().filter_map(|actor| actor.task.clone());
        actors.chain(self.others.borrow().clone()).collect()
    }

    fn name(&self, next: Move) -> Name<'_> {
        Name(self, next)
    }
}

struct Name<'a>(&'a Scene, Move);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Move::Stop => f.write_str("no more"),
            Move::Turn => f.write_str("turn"),
            Move::Start(k) => write!(f, "start {k}"),
            Move::Open(k) => write!(f, "open {k}"),
            Move::Cancel(k) => write!(f, "cancel {k}"),
            Move::Do(i) => f.write_str(self.0.deeds[i].name),
        }
    }
}
