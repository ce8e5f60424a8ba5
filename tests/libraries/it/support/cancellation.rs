//! Cancellations inside libraries.

use std::error::Error as StdError;

use yieldfrom::blocking::blocking;
use yieldfrom::{Co, Result, Task, create_task, yield_now};

use super::{open_descriptors, until};

fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(yield_now()))
}

/// Cancels a task after that many turns. Returns whether the task was cancelled; otherwise it has done its work before.
fn cancel_after(co: &Co, n: usize, task: Task<()>) -> Result<bool> {
    turns(co, n)?;
    let was_cancelled = task.cancel();
    let result = co.yield_from(task);
    match was_cancelled {
        true => assert!(result.is_err_and(|error| error.is_cancelled()), "turn {n}"),
        false => result?,
    }
    Ok(was_cancelled)
}

/// Waits until no descriptor is left of what has ended.
fn until_closed(co: &Co, before: usize) -> Result<()> {
    until(co, || open_descriptors() <= before)
}

/// Returns numbers of turns: each up to a hundred, then fewer, as long work has thousands.
pub(crate) fn later_and_later() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(0), |n| Some(n + 1 + n / 100 * 5))
}

/// Cancels tasks later and later, until one does its work before. Returns how many were cancelled.
pub(crate) fn cancel_later_and_later(
    co: &Co,
    mut begin: impl FnMut() -> Task<()>,
) -> Result<usize> {
    let (mut cancelled, before) = (0, open_descriptors());
    for n in later_and_later() {
        if !cancel_after(co, n, begin())? {
            break;
        }
        cancelled += 1;
        until_closed(co, before)?;
    }
    until_closed(co, before)?;
    Ok(cancelled)
}

/// Cancels tasks at random moments of their work, whose length in turns depends on the other end. Returns how many
/// were cancelled.
pub(crate) fn cancel_at_random(
    co: &Co,
    tries: usize,
    mut begin: impl FnMut() -> Task<()>,
) -> Result<usize> {
    let before = open_descriptors();
    let (task, mut length) = (begin(), 0);
    until(co, || {
        length += 1;
        task.done()
    })?;
    co.yield_from(task)?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut cancelled = 0;
    for _ in 0..tries {
        let n = random.usize(..length + length / 10 + 1);
        cancelled += usize::from(cancel_after(co, n, begin())?);
        until_closed(co, before)?;
    }
    Ok(cancelled)
}

/// Checks that a task ends as cancelled, whatever its code makes of the error. `waits` waits for what never comes.
pub(crate) fn assert_cannot_be_swallowed<T, E>(
    co: &Co,
    waits: impl Fn() -> Result<T, E> + Clone + 'static,
) -> Result<()>
where
    T: 'static,
    E: StdError + 'static,
{
    for n in [1, 5, 20] {
        let [one, two, three] = [waits.clone(), waits.clone(), waits.clone()];
        let swallows = create_task(blocking(move || one().is_ok()));
        let gives_up = create_task(blocking(move || two().map(drop)));
        let retries = create_task(blocking(move || while three().is_err() {}));
        turns(co, n)?;
        assert!(swallows.cancel() && gives_up.cancel() && retries.cancel());
        assert!(co.yield_from(swallows).unwrap_err().is_cancelled());
        assert!(co.yield_from(gives_up).unwrap_err().is_cancelled());
        assert!(co.yield_from(retries).unwrap_err().is_cancelled());
    }
    Ok(())
}
