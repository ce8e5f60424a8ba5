//! A program to look at: tasks that wait for each other, for time and for threads, and one that holds the loop now
//! and then if it is asked to.
//!
//! ```console
//! $ YIELDFROM_MONITOR=/tmp/busy cargo run --release -p top --bin busy &
//! $ cargo run --release -p top -- /tmp/busy
//! ```
//!
//! It ends when its standard input does. A line `hold` there holds the loop until the next line.

use std::io;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

use yieldfrom::{Co, Lock, Result, block_on, create_task, gather, sleep};

fn main() -> Result<()> {
    let (send, lines) = channel();
    thread::spawn(move || {
        io::stdin()
            .lines()
            .map_while(io::Result::ok)
            .try_for_each(|it| send.send(it))
    });
    block_on(move |co| {
        let lock = Rc::new(Lock::new());
        for number in 1..=3 {
            let lock = Rc::clone(&lock);
            create_task(move |co: &Co| work(co, &lock)).set_name(format!("worker {number}"));
        }
        let pollers = (1..=2).map(|_| create_task(poll));
        let all = gather(pollers.collect::<Vec<_>>());
        create_task(move |co: &Co| co.yield_from(all).map(drop)).set_name("pollers");
        obey(co, &lines)
    })
}

/// Takes turns with the others.
fn work(co: &Co, lock: &Lock) -> Result<()> {
    loop {
        let _guard = co.yield_from(lock.acquire())?;
        co.yield_from(sleep(0.5))?;
    }
}

fn poll(co: &Co) -> Result<()> {
    loop {
        co.yield_from(nap)?;
    }
}

fn nap(co: &Co) -> Result<()> {
    co.yield_from(sleep(0.002))
}

/// Does what the lines say, until there are no more.
fn obey(co: &Co, lines: &Receiver<String>) -> Result<()> {
    loop {
        match lines.try_recv() {
            Ok(line) if line == "hold" => drop(lines.recv()),
            Err(TryRecvError::Disconnected) => return Ok(()),
            _ => {}
        }
        co.yield_from(sleep(0.01))?;
    }
}
