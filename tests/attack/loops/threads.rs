//! Other threads: each is waited for at once, so that a program always runs in the same order.

use std::thread;

use yieldfrom::{Job, ThreadPoolExecutor, wrap_future};

use super::callbacks::callback;
use super::{Stage, bodies, stage};
use crate::attack::token::{Bomb, Token};
use crate::attack::world::{Act, World, drop_quietly};

pub(super) const ACTS: &[Act] = &[
    (2, "call from a thread", call),
    (1, "a coroutine from a thread", coroutine),
    (2, "drop senders", drop_senders),
    (2, "a remote result", remote),
    (2, "a job", start_job),
];

/// Runs this on another thread, and waits for its end.
pub(super) fn elsewhere<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let result = thread::spawn(move || {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).map_err(drop_quietly)
    });
    result.join().ok()?.ok()
}

fn call(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let (handle, call) = (event_loop.handle(), callback("a remote callback"));
        let result = elsewhere(move || (handle.call_soon_threadsafe(call).is_ok(), handle));
        if let Some((_, handle)) = result {
            stage.place(world, &stage.senders, handle);
        }
    }
}

fn coroutine(world: &World) {
    let stage = stage();
    if let Some(event_loop) = world.pick(&stage.loops) {
        let handle = event_loop.handle();
        let own = Token::new();
        let started = elsewhere(move || {
            let body = move |co: &yieldfrom::Co| {
                let result = bodies::body(co);
                drop(own);
                result
            };
            handle.run_coroutine_threadsafe(body).ok()
        });
        if let Some(Some(future)) = started {
            stage.place(world, &stage.remote, future);
        }
    }
}

fn drop_senders(_: &World) {
    drop(stage().senders.take());
}

fn remote(world: &World) {
    let stage = stage();
    let Some(future) = world.take(&stage.remote) else {
        return;
    };
    match world.below(4) {
        0 => drop(future.cancel()),
        // The others wait in real time.
        1 if future.done() => drop(future.result(None)),
        2 if future.done() && yieldfrom::get_running_loop().is_ok() => {
            let waited = wrap_future(future);
            stage.receive(world, waited);
        }
        _ => drop(format!("{future:?}")),
    }
}

fn start_job(world: &World) {
    let stage = stage();
    if let Some(job) = stage.job(world) {
        stage.receive(world, job);
    }
}

impl Stage {
    /// Starts a job, and waits until it is over; the loop has yet to be told.
    pub(super) fn job(&self, world: &World) -> Option<Job<Token>> {
        let event_loop = world.pick(&self.loops)?;
        let pool = ThreadPoolExecutor::new(1).ok()?;
        let (own, panics) = (Token::new(), world.one_in(3));
        let job = event_loop.run_in_executor(&pool, move || {
            let _own = own;
            if panics {
                std::panic::panic_any(Bomb::new());
            }
            Token::new()
        });
        // The one worker has ended the job before.
        let _ = pool.submit(|| ()).result(None);
        Some(job)
    }
}
