//! Groups whose result panics, and tasks that get no stack.

use std::panic;
use std::sync::Arc;

use yieldfrom::{
    Co, CoroutineBuilder, EventLoop, ExceptionGroup, Panicked, Result, create_task, first, sleep,
    task_group,
};

use crate::support::{Journal, failed_with, run_virtual, secs};

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic::resume_unwind(Box::new("bomb"));
    }
}

/// The group fails while it has a result whose destructor panics.
#[test]
fn errors_are_dropped_when_the_result_of_the_body_panics() {
    let errors = Arc::new(());
    let payload = Arc::clone(&errors);
    let result = run_virtual(move |co| {
        co.yield_from(task_group(|_, group| {
            group.create_task(move |_: &Co| -> Result<()> {
                panic::resume_unwind(Box::new(payload));
            });
            Ok(Bomb)
        }))?;
        Ok(())
    });
    assert!(failed_with::<Panicked, _>(result));
    assert_eq!(Arc::strong_count(&errors), 1);
}

/// A task that gets no stack fails, and the group goes on without it.
#[test]
fn a_task_without_a_stack_fails_its_group() {
    let event_loop = EventLoop::builder()
        .virtual_clock()
        .stack_size(usize::MAX / 2)
        .build()
        .unwrap();
    let journal = Journal::default();
    let notes = journal.clone();
    let parent = CoroutineBuilder::new()
        .stack_size(1 << 18)
        .build(move |co| {
            let held = notes.guard("captured");
            let group = co.yield_from(task_group(|_, group| {
                group.spawn(move |_| {
                    drop(held);
                    Ok(())
                });
                Ok(())
            }));
            let error = group.unwrap_err();
            let group = error.downcast_ref::<ExceptionGroup>().expect("as a group");
            assert!(group.errors()[0].is_stack());
            assert_eq!(notes.take(), ["drop captured"]);
            let (branch, _) = co.yield_from(first((|_: &Co| Ok(()), sleep(secs(1)))))?;
            assert!(branch.unwrap().unwrap_err().is_stack());
            let task = create_task({
                let held = notes.guard("captured");
                move |_: &Co| {
                    drop(held);
                    Ok(())
                }
            });
            assert!(co.yield_from(&task).unwrap_err().is_stack());
            assert_eq!(notes.take(), ["drop captured"]);
            Ok(())
        });
    event_loop.run_until_complete(parent).unwrap();
}
