//! Groups in a coroutine that is driven by something other than its task.

use std::rc::Rc;

use yieldfrom::{Co, Generator, GeneratorState, Request, RuntimeError, task_group, yield_now};

use crate::support::virtual_loop;

/// Somebody else drives the coroutine of the group on when the loop is closed. No task can end any more then, so none
/// may stand in the list for which the group waits.
#[test]
fn a_group_does_not_wait_for_a_task_that_a_closed_loop_has_refused() {
    let event_loop = virtual_loop();
    let parent: Generator<Request> = Generator::new(|co| {
        co.yield_from(task_group(|co, group| {
            co.yield_from(yield_now())?;
            let refused = group.create_task(|_: &Co| Ok(1));
            assert!(refused.exception()?.unwrap().is::<RuntimeError>());
            assert!(group.spawn(|_| Ok(2)).done());
            assert_eq!(format!("{group:?}"), "<TaskGroup tasks=0 errors=0>");
            Ok(())
        }))
    });
    let parent = Rc::new(parent);
    let begins = Rc::clone(&parent);
    event_loop
        .run_until_complete(move |_: &Co| begins.next().map(drop))
        .unwrap();
    event_loop.close().unwrap();
    assert!(matches!(parent.next(), Ok(GeneratorState::Complete(()))));
}
