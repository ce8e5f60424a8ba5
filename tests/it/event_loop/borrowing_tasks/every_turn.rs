//! Groups that are left in each of the turns of their tasks.

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::{Co, Generator, Request, create_task, sleep, task_group, yield_now};

use crate::support::{run_virtual, secs};

/// Tasks that are ended while they stand in the ready queue, sleep, are due, or were cancelled; the loop goes on.
#[test]
fn tasks_can_be_ended_in_every_turn() {
    for turns in 0..12 {
        let census = crate::support::Census::default();
        let one = census.one();
        let ended = Rc::new(Cell::new(0));
        let counts = Rc::clone(&ended);
        run_virtual(move |co| {
            let parent: Generator<Request> = Generator::new(move |co: &Co| {
                let ended = Rc::clone(&counts);
                co.yield_from(task_group(|co, group| {
                    for n in 0..20_u64 {
                        let (ended, one) = (&ended, &one);
                        let task = group.spawn(move |co| {
                            let _one = Rc::clone(one);
                            let _counted = Counted(ended);
                            for step in 0..n {
                                let delay = std::time::Duration::from_millis(step % 3);
                                let slept = co.yield_from(sleep(delay));
                                if n % 4 == 1 {
                                    slept?;
                                }
                            }
                            Ok(())
                        });
                        if n % 5 == 3 {
                            co.yield_from(yield_now())?;
                            task.cancel();
                        }
                    }
                    co.yield_from(sleep(secs(60)))
                }))
            });
            let mut state = parent.next()?.yielded();
            for _ in 0..turns {
                match state.take() {
                    Some(request) => co.yield_(request)?,
                    None => co.yield_from(yield_now())?,
                }
                if turns % 2 == 0 {
                    // It fails when it is resumed before what it waits for has come.
                    state = parent.next().ok().and_then(|state| state.yielded());
                }
            }
            drop(parent);
            create_task(|co: &Co| co.yield_from(sleep(secs(1))));
            co.yield_from(sleep(secs(120)))
        })
        .unwrap();
        assert_eq!(census.live(), 0, "after {turns} turns");
    }
}

/// Counts when it is dropped.
struct Counted<'a>(&'a Cell<u32>);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}
