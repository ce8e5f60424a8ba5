//! Many connections at once, and a heartbeat beside them.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::blocking::{self, blocking};
use yieldfrom::{Barrier, Co, Result, Task, create_task, yield_now};

use super::threads;

/// How many connections there are at once.
pub(crate) const MEMBERS: usize = 100;

/// What one of the crowd shares with the others.
pub(crate) struct Member {
    pub(crate) number: usize,
    barrier: Barrier,
    answers: Rc<Cell<usize>>,
}

impl Member {
    /// Waits until all others are connected as well.
    pub(crate) fn wait_for_the_others(&self) {
        blocking::wait(self.barrier.wait()).unwrap();
    }

    /// Notes an answer of the other end, and lets the others get theirs.
    pub(crate) fn note_answer(&self) {
        self.answers.set(self.answers.get() + 1);
        self.wait_for_the_others();
    }
}

/// Runs one hundred of these at once, each in a region of its own. Checks that no thread is created, and that a
/// heartbeat comes in between: one beat a turn.
pub(crate) fn crowd(co: &Co, attend: impl Fn(Member) + Clone + 'static) -> Result<()> {
    let (threads_before, answers) = (threads(), Rc::new(Cell::new(0)));
    let barrier = Barrier::new(MEMBERS)?;
    let mut tasks = Vec::new();
    for number in 0..MEMBERS {
        let member = Member {
            number,
            barrier: barrier.clone(),
            answers: Rc::clone(&answers),
        };
        let attend = attend.clone();
        tasks.push(create_task(blocking(move || attend(member))));
    }
    let heart = heartbeat(&answers);
    for task in tasks {
        co.yield_from(task)?;
    }
    assert_eq!(threads(), threads_before);
    assert!(answers.get() >= MEMBERS, "each has noted its answers");
    heart.cancel();
    let ended = co.yield_from(heart).unwrap_err();
    assert!(ended.is_cancelled(), "{ended}");
    Ok(())
}

fn heartbeat(answers: &Rc<Cell<usize>>) -> Task<()> {
    let (answers, mut seen) = (Rc::clone(answers), 0);
    create_task(move |co: &Co| -> Result<()> {
        loop {
            let new = answers.get() - seen;
            // A member may have two: its answer may be there at once, and the last one at the barrier does not wait.
            assert!(new <= 2 * MEMBERS, "{new} answers within one beat");
            seen += new;
            co.yield_from(yield_now())?;
        }
    })
}
