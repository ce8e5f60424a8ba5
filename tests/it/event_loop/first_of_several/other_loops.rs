//! What cannot end while a `first` waits for it.

use yieldfrom::{
    Co, Error, InvalidStateError, RuntimeError, ValueError, create_task, current_task, first, sleep,
};

use crate::support::{failed_with, run_virtual, secs, virtual_loop};

/// It would be cancelled for ever in vain: its loop does not run.
#[test]
fn a_task_of_another_loop_is_refused() {
    let (open, closed) = (virtual_loop(), virtual_loop());
    let sleeper = |co: &Co| co.yield_from(sleep(secs(60)));
    let tasks = [open.create_task(sleeper), closed.create_task(sleeper)];
    closed.close().unwrap();
    let kept = open.clone();
    run_virtual(move |co| {
        for task in &tasks {
            let (refused, slept) = co.yield_from(first((task, sleep(secs(1)))))?;
            assert!(slept.is_none() && failed_with::<ValueError, _>(refused.unwrap()));
            let any = task.to_any();
            let (refused, slept) = co.yield_from(first((&any, sleep(secs(1)))))?;
            assert!(slept.is_none() && failed_with::<ValueError, _>(refused.unwrap()));
        }
        let future = kept.create_future::<i32>();
        let refused = co.yield_from(first([&future]))?.remove(0);
        assert!(failed_with::<ValueError, _>(refused.unwrap()));
        future.set_result(1)?;
        assert_eq!(co.yield_from(first([future]))?.remove(0).unwrap()?, 1);
        Ok(())
    })
    .unwrap();
    open.run_until_complete(|co: &Co| co.yield_from(sleep(secs(1))))
        .unwrap();
}

#[test]
fn a_task_cannot_wait_for_itself() {
    run_virtual(|co| {
        let own = current_task().expect("it is one");
        let (refused, slept) = co.yield_from(first((&own, sleep(secs(1)))))?;
        assert!(slept.is_none() && failed_with::<RuntimeError, _>(refused.unwrap()));
        co.yield_from(sleep(secs(1)))
    })
    .unwrap();
}

/// The line where the result went is the program's, not one of the library.
#[test]
fn a_result_that_was_moved_out_says_where() {
    run_virtual(|co| {
        let task = create_task(|_: &Co| Ok(String::from("BR")));
        let at = line!() + 1;
        let mut all = co.yield_from(first([task.clone(), task]))?;
        let error: Error = all.remove(1).unwrap().unwrap_err();
        assert!(error.is::<InvalidStateError>());
        let place = format!("moved out at {}:{at};", file!());
        assert!(error.to_string().contains(&place), "{error}");
        Ok(())
    })
    .unwrap();
}
