//! Wake-ups, polls, cancellations and ends of loops in random orders: nobody waits for ever, and nothing stays.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};

use yieldfrom::{
    Co, EventLoop, Result, Task, create_task, first, from_std, sleep, spawn_std, yield_now,
};

use super::give_way;
use crate::support::{Census, Watchdog, log_of, turns};

/// A flag that some thread sets, and the wakers of those who wait for it.
#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
}

impl Gate {
    /// Wakes those who wait. Between the flag and the wake-ups, they may poll.
    fn open(&self, is_early: bool) {
        let early: Vec<_> = match is_early {
            true => self.wakers.lock().unwrap().clone(),
            false => Vec::new(),
        };
        // These may come before the flag is set.
        early.iter().for_each(Waker::wake_by_ref);
        self.is_open.store(true, Ordering::Release);
        let wakers = std::mem::take(&mut *self.wakers.lock().unwrap());
        wakers.into_iter().for_each(Waker::wake);
        drop(early);
    }
}

/// Waits for a gate, and gives way at times.
async fn pass(gate: Arc<Gate>, gives_way: bool) {
    if gives_way {
        give_way().await;
    }
    poll_fn(|context| {
        if !gate.is_open.load(Ordering::Acquire) {
            gate.wakers.lock().unwrap().push(context.waker().clone());
        }
        match gate.is_open.load(Ordering::Acquire) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}

/// Suspends the task inside of a poll, and then waits.
fn suspend_in_polls(co: &Co, gate: Arc<Gate>, naps: usize) -> Result<()> {
    let waits = pass(gate, false);
    let both = async {
        let mut waits = std::pin::pin!(waits);
        let mut naps = naps;
        poll_fn(|context| {
            let polled = waits.as_mut().poll(context);
            // A wake-up may come during the nap.
            if naps > 0 && co.yield_from(yield_now()).is_ok() {
                naps -= 1;
            }
            polled
        })
        .await;
    };
    co.yield_from(from_std(both))
}

/// What the tasks of a round have.
struct Round {
    random: fastrand::Rng,
    gates: Vec<Arc<Gate>>,
    /// How many tasks have ended.
    ended: Rc<Cell<usize>>,
    census: Rc<Census>,
}

impl Round {
    fn gate(&mut self) -> Arc<Gate> {
        Arc::clone(&self.gates[self.random.usize(..self.gates.len())])
    }

    /// Makes a task that waits for one or two gates.
    fn task(&mut self) -> Task<()> {
        if self.random.bool() {
            return self.task_with_a_stack();
        }
        let (one, other, gives_way) = (self.gate(), self.gate(), self.random.bool());
        let end = self.end();
        if self.random.bool() {
            return spawn_std(async move {
                pass(one, gives_way).await;
                end();
            });
        }
        spawn_std(async move {
            let inner = move |co: &Co| co.yield_from(from_std(pass(one, gives_way)));
            let _ = create_task(inner).await;
            pass(other, gives_way).await;
            end();
        })
    }

    fn task_with_a_stack(&mut self) -> Task<()> {
        let (one, other, gives_way) = (self.gate(), self.gate(), self.random.bool());
        let (kind, naps, end) = (self.random.u8(..3), self.random.usize(..4), self.end());
        create_task(move |co: &Co| {
            match kind {
                0 => co.yield_from(from_std(pass(one, gives_way)))?,
                1 => suspend_in_polls(co, one, naps)?,
                _ => {
                    let either = (from_std(pass(one, gives_way)), from_std(pass(other, false)));
                    co.yield_from(first(either)).map(drop)?;
                }
            }
            end();
            Ok(())
        })
    }

    /// Returns what counts the end of a task, and is counted itself while it is alive.
    fn end(&self) -> impl FnOnce() + use<> {
        let (ended, alive) = (Rc::clone(&self.ended), self.census.one());
        move || {
            ended.set(ended.get() + 1);
            drop(alive);
        }
    }

    /// Opens all gates, from several threads, each in an order of its own.
    fn open_all(&mut self) -> Vec<JoinHandle<()>> {
        let openers = 1 + self.random.usize(..4);
        let open = |_| {
            let (mut random, mut gates) = (self.random.fork(), self.gates.clone());
            random.shuffle(&mut gates);
            thread::spawn(move || {
                gates
                    .iter()
                    .for_each(|gate| open_at_random(gate, &mut random))
            })
        };
        (0..openers).map(open).collect()
    }

    fn play(&mut self, co: &Co) -> Result<()> {
        let count = 1 + self.random.usize(..12);
        let mut tasks: Vec<_> = (0..count).map(|_| self.task()).collect();
        turns(co, self.random.usize(..4))?;
        let openers = self.open_all();
        let cancelled = self.meddle(co, &mut tasks)?;
        if self.random.u8(..8) == 0 {
            // The loop may be closed while the wakers are rung.
            return Ok(());
        }
        for task in &tasks {
            co.yield_from(task)?;
        }
        assert!(self.ended.get() >= tasks.len());
        for task in cancelled {
            let _ = co.yield_from(task);
        }
        openers
            .into_iter()
            .for_each(|opener| opener.join().unwrap());
        Ok(())
    }

    /// Makes more tasks and cancels some, while the gates are opened. Returns those that are cancelled.
    fn meddle(&mut self, co: &Co, tasks: &mut Vec<Task<()>>) -> Result<Vec<Task<()>>> {
        let mut cancelled = Vec::new();
        for _ in 0..self.random.usize(..6) {
            match self.random.u8(..4) {
                0 if !tasks.is_empty() => {
                    let task = tasks.swap_remove(self.random.usize(..tasks.len()));
                    task.cancel();
                    cancelled.push(task);
                }
                1 => co.yield_from(sleep(0.00001))?,
                2 => tasks.push(self.task()),
                _ => co.yield_from(yield_now())?,
            }
        }
        Ok(cancelled)
    }
}

fn open_at_random(gate: &Gate, random: &mut fastrand::Rng) {
    (0..random.usize(..200)).for_each(|_| std::hint::spin_loop());
    if random.u8(..4) == 0 {
        thread::yield_now();
    }
    gate.open(random.bool());
}

fn play_rounds(seed: u64, rounds: usize) {
    let mut random = fastrand::Rng::with_seed(seed);
    let census = Rc::new(Census::default());
    let mut event_loop = EventLoop::new().unwrap();
    for _ in 0..rounds {
        if random.u8(..4) == 0 {
            event_loop = EventLoop::new().unwrap();
        }
        let mut round = Round {
            random: random.fork(),
            gates: (0..1 + random.usize(..5)).map(|_| Arc::default()).collect(),
            ended: Rc::default(),
            census: Rc::clone(&census),
        };
        let main = move |co: &Co| round.play(co);
        event_loop.run_until_complete(main).unwrap();
    }
    drop(event_loop);
    assert_eq!(census.live(), 0);
}

#[test]
fn nobody_waits_for_ever_and_nothing_stays() {
    let _watchdog = Watchdog::start("a wake-up was lost");
    // Two loops at once; what a closed loop says of its pending tasks is left out.
    thread::scope(|scope| {
        for seed in 1..3 {
            scope.spawn(move || log_of(|| play_rounds(seed, 300)));
        }
    });
}
