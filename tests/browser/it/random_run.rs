//! Recordings of any length: a small loop of the test's own runs tasks that act at random, and notes it.

use std::collections::VecDeque;

use fastrand::Rng;
use serde_json::{Value, json};

const CHAINS: usize = 20;

/// What a task waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    No,
    Timer(i64),
    Socket(usize),
    Task,
    Ended,
}

struct RandomRun {
    random: Rng,
    now: i64,
    events: Vec<Value>,
    ready: VecDeque<usize>,
    tasks: Vec<Waits>,
    /// Those that may still be made.
    left: usize,
}

/// Makes a recording of so many tasks and at least so many events.
pub(crate) fn random_run(seed: u64, tasks: usize, events: usize) -> Value {
    let mut run = RandomRun {
        random: Rng::with_seed(seed),
        now: 0,
        events: Vec::new(),
        ready: VecDeque::new(),
        tasks: Vec::new(),
        left: tasks,
    };
    run.make(None);
    let mut turn = 0;
    while run.events.len() < events {
        turn += 1;
        run.wake_some();
        run.turn(turn);
    }
    run.into_recording(tasks)
}

impl RandomRun {
    fn note(&mut self, mut event: Value) {
        self.now += self.random.i64(100..5_000);
        event
            .as_array_mut()
            .expect("an array")
            .insert(0, json!(self.now));
        self.events.push(event);
    }

    fn make(&mut self, by: Option<usize>) {
        let (task, by) = (
            self.tasks.len(),
            by.map_or(-1, |by| i64::try_from(by).expect("small")),
        );
        self.left -= 1;
        self.tasks.push(Waits::No);
        self.note(json!(["made", task, by]));
        self.schedule(task, "made", by);
    }

    fn schedule(&mut self, task: usize, cause: &str, by: i64) {
        self.ready.push_back(task);
        self.note(json!(["ready", task, cause, by]));
    }

    /// Ends some waits. If nothing is ready otherwise, the loop sleeps first.
    fn wake_some(&mut self) {
        if self.ready.is_empty() {
            self.note(json!(["idle", -1]));
            self.now += self.random.i64(10_000..3_000_000);
        }
        for task in 0..self.tasks.len() {
            let is_lucky = self.random.u8(..) < 60;
            match self.tasks[task] {
                Waits::Timer(deadline) if deadline <= self.now => {
                    self.wake(task, "timer");
                }
                Waits::Socket(descriptor) if is_lucky => {
                    self.wake(task, "socket");
                    self.note(json!(["unwatch", descriptor, "read"]));
                }
                _ => {}
            }
        }
    }

    fn wake(&mut self, task: usize, cause: &str) {
        self.tasks[task] = Waits::No;
        self.schedule(task, cause, -1);
    }

    fn turn(&mut self, turn: usize) {
        let entries = self.ready.len();
        self.note(json!(["turn", turn, entries]));
        for _ in 0..entries {
            let task = self.ready.pop_front().expect("an entry");
            if self.random.u8(..) == 0 && self.tasks[task] == Waits::No {
                // An entry that was cancelled is taken, and nothing runs.
                self.tasks[task] = Waits::Task;
                continue;
            }
            self.note(json!(["begin", task, "step"]));
            self.act(task);
        }
        self.note(json!(["endturn"]));
    }

    /// Lets a task run until it stops.
    fn act(&mut self, task: usize) {
        for _ in 0..self.random.usize(0..3) {
            self.touch_others(task);
        }
        let chain = self.random.usize(..CHAINS);
        let is_last = self.tasks.iter().all(|waits| *waits == Waits::Ended);
        match self.random.u8(..100) {
            0..40 => {
                let deadline = self.now + self.random.i64(1_000..20_000_000);
                self.tasks[task] = Waits::Timer(deadline);
                self.note(json!(["timer", task, deadline]));
                self.note(json!(["end", task, "waits", chain, 0]));
            }
            40..60 => {
                self.tasks[task] = Waits::Socket(task + 10);
                self.note(json!(["watch", task, task + 10, "read"]));
                self.note(json!(["end", task, "waits", chain, 1]));
            }
            60..75 if task > 0 => {
                self.tasks[task] = Waits::Task;
                self.note(json!(["end", task, "waits", chain, 2]));
            }
            75..78 if task > 0 && !is_last => {
                self.tasks[task] = Waits::Ended;
                let how = ["result", "error", "cancelled", "panicked"][self.random.usize(..4)];
                self.note(json!(["end", task, how, -1, -1, format!("value {task}")]));
            }
            _ => {
                self.schedule(task, "again", -1);
                self.note(json!(["end", task, "yielded", chain, -1]));
            }
        }
    }

    /// Lets a task make, wake or cancel another one.
    fn touch_others(&mut self, task: usize) {
        let by = i64::try_from(task).expect("small");
        let other = self.random.usize(..self.tasks.len());
        match self.tasks[other] {
            _ if self.left > 0 => self.make(Some(task)),
            _ if other == task => {}
            Waits::Task => {
                self.tasks[other] = Waits::No;
                self.schedule(other, "woken", by);
            }
            Waits::Timer(_) if self.random.u8(..) < 30 => {
                self.tasks[other] = Waits::No;
                self.note(json!(["cancel", other, by]));
                self.note(json!(["untimer", other]));
                self.schedule(other, "cancelled", by);
            }
            _ => {}
        }
    }

    fn into_recording(self, tasks: usize) -> Value {
        let tracks: Vec<Value> = (0..tasks)
            .map(|i| json!({ "kind": "task", "name": format!("worker {i}"), "number": i + 1, "origin": 0 }))
            .collect();
        let chains: Vec<Value> = (0..CHAINS).map(|i| json!([0, 1 + i % 3])).collect();
        json!({
            "version": 1, "title": "random", "kind": "loop", "unit": "s", "duration": self.now + 1,
            "limit": { "bytes": 1, "kept": "newest", "dropped": 0 },
            "files": ["src/main.rs"],
            "frames": [[0, 10, "main::work"], [0, 20, "main::a"], [0, 30, "main::b"], [0, 40, "main::c"]],
            "chains": chains,
            "sources": [[0, 10, "co.yield_from(a)?;"], [0, 20, "co.yield_from(b)?;"]],
            "tracks": tracks,
            "waits": [["sleep", "sleep", -1], ["socket", "a socket", -1], ["task", "worker 0", 0]],
            "events": self.events,
        })
    }
}
