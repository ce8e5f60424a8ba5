//! Futures of async/await that do things in each poll, and wakers that do so when they are rung.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use yieldfrom::bridge::Portable;
use yieldfrom::{from_std, get_event_loop, sleep};

use super::bodies::Body;
use super::threads::elsewhere;
use super::{delay, stage};
use crate::attack::token::Token;
use crate::attack::world::{Act, World, drop_quietly, meddle};

pub(super) const ACTS: &[Act] = &[
    (6, "make a task of a future", make_task),
    (3, "poll by hand", poll_by_hand),
    (4, "wake", wake),
    (3, "wake from a thread", wake_elsewhere),
    (2, "drop wakers", |_| drop(stage().wakers.take())),
    (1, "drop polled futures", |_| drop(stage().polled.take())),
    (2, "a portable value", portable),
];

/// What a future polls inside.
pub(super) type Inner = Pin<Box<dyn Future<Output = ()>>>;

/// A future that decides at each poll what it does.
pub(super) struct Polls<'a> {
    /// By which a poll suspends.
    body: Option<Body<'a>>,
    inner: Option<Inner>,
    _own: Token,
}

impl<'a> Polls<'a> {
    pub(super) fn new(body: Option<Body<'a>>) -> Self {
        Self {
            body,
            inner: None,
            _own: Token::new(),
        }
    }

    fn poll_inner(&mut self, context: &mut Context<'_>) {
        // It is out meanwhile: one that panics is not polled again.
        if let Some(mut inner) = self.inner.take()
            && inner.as_mut().poll(context).is_pending()
        {
            self.inner = Some(inner);
        }
    }

    /// Polls what is inside with a waker of the program.
    fn poll_by_another(&mut self, context: &Context<'_>) {
        let waker = Ringing::around(context.waker().clone());
        self.poll_inner(&mut Context::from_waker(&waker));
    }

    fn suspend(&self, world: &World) {
        if let Some(body) = &self.body {
            let _ = world.hear(body.wait_somehow());
        }
    }
}

impl Future for Polls<'_> {
    type Output = Token;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Token> {
        let Some(world) = World::current() else {
            return Poll::Ready(Token::new());
        };
        loop {
            match world.below(16) {
                0 => return Poll::Ready(Token::new()),
                1..4 => return Poll::Pending,
                4 | 5 => {
                    let waker = context.waker().clone();
                    stage().place(&world, &stage().wakers, waker);
                }
                6 => context.waker().wake_by_ref(),
                7 => drop(elsewhere({
                    let waker = context.waker().clone();
                    move || waker.wake()
                })),
                8 => world.act(),
                9 if world.one_in(2) => world.panic(),
                9 | 10 => self.inner = make_inner(&world),
                11 | 12 => self.poll_inner(context),
                13 => self.poll_by_another(context),
                _ => self.suspend(&world),
            }
        }
    }
}

/// Makes something to be awaited.
fn make_inner(world: &World) -> Option<Inner> {
    if get_event_loop().is_err() {
        return None;
    }
    let stage = stage();
    Some(match world.below(5) {
        0 => ignoring(stage.coroutine().into_future()),
        1 => ignoring(sleep(delay(world)).into_future()),
        2 => ignoring(Polls::new(None)),
        _ => ignoring(stage.awaitable(world)?.into_future()),
    })
}

/// Ignores the output.
fn ignoring(future: impl Future + 'static) -> Inner {
    Box::pin(async { drop(future.await) })
}

/// A waker of the program around another one.
struct Ringing {
    inner: Waker,
    _own: Token,
}

impl Ringing {
    fn around(inner: Waker) -> Waker {
        let _own = Token::new();
        Waker::from(Arc::new(Self { inner, _own }))
    }
}

impl Wake for Ringing {
    fn wake(self: Arc<Self>) {
        self.inner.wake_by_ref();
        meddle("a waker");
    }
}

fn make_task(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let task = match world.one_in(2) {
            true => event_loop.create_task(from_std(Polls::new(None))),
            false => event_loop.spawn_std(Polls::new(None)),
        };
        stage.place(world, &stage.tasks, task);
    }
}

/// Polls something on behalf of no loop.
fn poll_by_hand(world: &World) {
    let stage = stage();
    let polled = match world.one_in(2) {
        true => make_inner(world),
        false => world.take(&stage.polled),
    };
    let Some(mut polled) = polled else { return };
    let waker = Ringing::around(Waker::noop().clone());
    let mut context = Context::from_waker(&waker);
    if polled.as_mut().poll(&mut context).is_pending() {
        stage.place(world, &stage.polled, polled);
    }
}

fn wake(world: &World) {
    let stage = stage();
    match world.one_in(3) {
        true => {
            let taken = world.take(&stage.wakers);
            taken.into_iter().for_each(Waker::wake);
        }
        false => {
            let picked = world.pick(&stage.wakers);
            picked.iter().for_each(Waker::wake_by_ref);
        }
    }
}

fn wake_elsewhere(world: &World) {
    let wakers = stage().wakers.take();
    if world.one_in(2) {
        let _ = elsewhere(move || wakers.into_iter().for_each(Waker::wake));
        return;
    }
    let woken = elsewhere(move || {
        wakers.iter().for_each(Waker::wake_by_ref);
        wakers
    });
    for waker in woken.into_iter().flatten() {
        stage().place(world, &stage().wakers, waker);
    }
}

fn portable(world: &World) {
    let stage = stage();
    match world.below(6) {
        0..3 => {
            let inner = world.take(&stage.portables);
            let portable = Portable::new((inner, Token::new()));
            stage.place(world, &stage.portables, Box::new(portable));
        }
        3 => drop(world.take(&stage.portables)),
        4 => {
            // Where its loop is closed, the value stays until the thread ends.
            world.leaks.set(world.leaks.get() + 1);
            let portable = world.take(&stage.portables);
            let _ = elsewhere(move || drop(portable));
        }
        _ => {
            let portable = world.take(&stage.portables);
            if let Some(portable) = elsewhere(move || portable).flatten() {
                let caught =
                    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(portable)));
                caught.unwrap_or_else(drop_quietly);
            }
        }
    }
}
