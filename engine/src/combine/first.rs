//! Waiting for the first of several different things.

use std::mem;
use std::panic::Location;
use std::rc::Rc;

use super::branch::{Alarm, Branch, BranchWait};
use super::gather::{List, Tuple};
use super::task_group::{Scope, scope};
use crate::errors::ValueError;
use crate::errors::panics::Panics;
use crate::kernel::{AnyTask, Co, Operation, current_task};
use yieldfrom_delegation::{Error, Result};

/// Waits until at least one of several branches has ended, and ends the others.
///
/// It takes a tuple of up to eight branches of different kinds, and gives a tuple; or a list of branches of one kind, and
/// gives a `Vec`. A branch that has ended has `Some` of its result or error there; the others have `None`.
/// Several may have ended in one turn, so look at all. See [`Branch`] for what a branch can be.
///
/// The others are cancelled, and have ended when it returns: a task that does not give in at once is waited for, and if it
/// ends with a result after all, you get that, too. What the library's own operations take is never lost: an item that a
/// [`get`](crate::Queue::get) has taken from a queue is in your hands, or still in the queue.
///
/// A cancellation of the current task does not undo a result: if there is one, the results are returned, and
/// the cancellation comes again at the task's next wait.
///
/// # Errors
///
/// `yield_from` returns the error of a cancellation when all branches have ended and none has a result, and a
/// [`ValueError`] if there is no branch. An error of a branch is its result.
///
/// # Examples
///
/// ```
/// use yieldfrom::{Co, EventLoop, Queue, first, sleep};
///
/// let seen = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let (queue, mut seen) = (Queue::new(), Vec::new());
///     queue.put_nowait("BR")?;
///     for _ in 0..2 {
///         let (item, timeout) = co.yield_from(first((queue.get(), sleep(1))))?;
///         seen.push(match (item, timeout) {
///             (Some(item), _) => item?,
///             (None, _) => "nothing came",
///         });
///     }
///     Ok(seen)
/// })?;
/// assert_eq!(seen, ["BR", "nothing came"]);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
///
/// Code of your own may borrow:
///
/// ```
/// use yieldfrom::{Co, EventLoop, first, sleep};
///
/// let steps = EventLoop::builder().virtual_clock().run(|co: &Co| {
///     let mut steps = 0;
///     let counting = |co: &Co| -> yieldfrom::Result<()> {
///         loop {
///             co.yield_from(sleep(1))?;
///             steps += 1;
///         }
///     };
///     co.yield_from(first((counting, sleep(3.5))))?;
///     Ok(steps)
/// })?;
/// assert_eq!(steps, 3);
/// # Ok::<(), yieldfrom::Error>(())
/// ```
#[must_use = "it waits when a coroutine delegates to it by yield_from"]
#[doc(alias("select", "select_all", "race", "FIRST_COMPLETED"))]
#[track_caller]
pub fn first<'env, B, Kind>(branches: B) -> Operation<impl FnOnce(&Co) -> Result<B::Outcomes>>
where
    B: First<Kind, Outcomes: 'env> + 'env,
{
    let made_at = Location::caller();
    Operation::new("first", move |co| {
        scope(made_at, |scope: &Scope<'_, 'env>| branches.race(co, scope))
    })
}

/// What [`first()`] takes: a tuple of branches, or a list of branches of one type.
///
/// `Kind` tells the two apart. You never write it.
#[diagnostic::on_unimplemented(
    message = "there is no first of `{Self}`",
    label = "expected a tuple of up to eight branches, or a list of branches of one type",
    note = "a branch is an operation, a coroutine, a closure that takes `&Co`, a task or a future",
    note = "by a reference to it, a task or a future gives a clone: the type of the result needs `Clone`"
)]
pub trait First<Kind> {
    /// The type of the results: a tuple, or a `Vec`.
    type Outcomes;

    /// Runs the branches.
    ///
    /// # Errors
    ///
    /// Those of [`first()`].
    #[doc(hidden)]
    fn race<'scope>(self, co: &Co, scope: &'scope Scope<'scope, '_>) -> Result<Self::Outcomes>
    where
        Self: 'scope,
        Self::Outcomes: 'scope;
}

/// A branch that was begun, and what has become of it.
struct Runner<W: BranchWait> {
    /// None after the race.
    wait: Option<W>,
    progress: Progress<W::Output>,
}

/// What several of them have may panic when it is dropped: no panic leaves here while another one unwinds.
impl<W: BranchWait> Drop for Runner<W> {
    fn drop(&mut self) {
        let mut panics = Panics::default();
        self.clear(&mut panics, false);
        panics.resume();
    }
}

enum Progress<T> {
    Begun,
    /// It was asked to end.
    Cancelled,
    Over(Option<Result<T>>),
}

/// A runner of whatever type.
trait Racer {
    /// Looks whether it is over.
    fn poll(&mut self, alarm: &Rc<Alarm>);

    /// Asks it to end, unless it is over.
    fn cancel(&mut self);

    /// Looks whether it has ended by itself, without taking anything that is still elsewhere.
    fn poll_finished(&mut self, alarm: &Rc<Alarm>);

    fn is_over(&self) -> bool;

    fn has_result(&self) -> bool;

    fn leave(&mut self, alarm: &Rc<Alarm>);

    /// Drops what it has, except, if it is told so, its result.
    fn clear(&mut self, panics: &mut Panics, keeps_result: bool);
}

impl<W: BranchWait> Runner<W> {
    fn new(wait: W) -> Self {
        Self {
            wait: Some(wait),
            progress: Progress::Begun,
        }
    }

    fn take(&mut self) -> Option<Result<W::Output>> {
        match mem::replace(&mut self.progress, Progress::Over(None)) {
            Progress::Over(outcome) => outcome,
            Progress::Begun | Progress::Cancelled => None,
        }
    }
}

impl<W: BranchWait> Racer for Runner<W> {
    fn poll(&mut self, alarm: &Rc<Alarm>) {
        let was_cancelled = match self.progress {
            Progress::Begun => false,
            Progress::Cancelled => true,
            Progress::Over(_) => return,
        };
        if let Some(result) = self.wait.as_mut().and_then(|wait| wait.poll(alarm)) {
            // The end that it was asked for is no result.
            let ended = was_cancelled && result.as_ref().is_err_and(Error::is_cancelled);
            self.progress = Progress::Over((!ended).then_some(result));
        }
    }

    fn cancel(&mut self) {
        if let Progress::Begun = self.progress {
            self.progress = match self.wait.as_mut().is_none_or(BranchWait::cancel) {
                true => Progress::Over(None),
                false => Progress::Cancelled,
            };
        }
    }

    fn poll_finished(&mut self, alarm: &Rc<Alarm>) {
        if !W::TAKES {
            self.poll(alarm);
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.progress, Progress::Over(_))
    }

    fn has_result(&self) -> bool {
        matches!(self.progress, Progress::Over(Some(_)))
    }

    fn leave(&mut self, alarm: &Rc<Alarm>) {
        self.cancel();
        if let Some(wait) = &mut self.wait {
            wait.leave(alarm);
        }
    }

    fn clear(&mut self, panics: &mut Panics, keeps_result: bool) {
        if let Some(wait) = self.wait.take() {
            panics.catch(|| drop(wait));
        }
        if !keeps_result
            && let Progress::Over(Some(result)) =
                mem::replace(&mut self.progress, Progress::Over(None))
        {
            panics.catch(|| drop(result));
        }
    }
}

/// All runners of a `first`.
trait Racers {
    fn each(&mut self, f: &mut dyn FnMut(&mut dyn Racer));
}

impl dyn Racers + '_ {
    fn any(&mut self, is_so: fn(&dyn Racer) -> bool) -> bool {
        let mut any = false;
        self.each(&mut |racer| any |= is_so(racer));
        any
    }
}

impl<W: BranchWait> Racers for Vec<Runner<W>> {
    fn each(&mut self, f: &mut dyn FnMut(&mut dyn Racer)) {
        self.iter_mut().for_each(|racer| f(racer));
    }
}

/// A race that is on. When it is left, whatever is not over is cancelled, without a wait.
struct Race<'a> {
    racers: &'a mut dyn Racers,
    alarm: Rc<Alarm>,
}

impl Race<'_> {
    /// Waits until one is over, and then until all are.
    #[track_caller]
    fn run(mut self, co: &Co) -> Result<()> {
        let cancelled = self.wait_for_one(co)?;
        let cancelled = self.end_all(co, cancelled)?;
        match cancelled {
            Some(cancelled) if !self.racers.any(|racer| racer.has_result()) => {
                return Err(cancelled);
            }
            Some(_) => current_task().iter().for_each(AnyTask::renew_cancellation),
            None => {}
        }
        Ok(())
    }

    /// Waits until one is over. Returns the error of a cancellation before that.
    #[track_caller]
    fn wait_for_one(&mut self, co: &Co) -> Result<Option<Error>> {
        self.poll();
        while !self.racers.any(|racer| racer.is_over()) {
            match self.alarm.wait(co) {
                Ok(()) => self.poll(),
                Err(error) if error.is_cancelled() => {
                    // What has been taken in the same turn would be lost; nothing else is taken any more.
                    let alarm = &self.alarm;
                    self.racers.each(&mut |racer| racer.poll_finished(alarm));
                    return Ok(Some(error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    fn poll(&mut self) {
        let alarm = &self.alarm;
        self.racers.each(&mut |racer| racer.poll(alarm));
    }

    /// Cancels what is not over, and waits until it is. Returns the error of a cancellation, if there was one.
    #[track_caller]
    fn end_all(&mut self, co: &Co, mut cancelled: Option<Error>) -> Result<Option<Error>> {
        self.racers.each(&mut |racer| racer.cancel());
        self.poll();
        while self.racers.any(|racer| !racer.is_over()) {
            match self.alarm.wait(co) {
                Ok(()) => {}
                Err(error) if error.is_cancelled() => cancelled = Some(error),
                Err(error) => return Err(error),
            }
            self.poll();
        }
        Ok(cancelled)
    }
}

impl Drop for Race<'_> {
    fn drop(&mut self) {
        self.alarm.stop();
        let (alarm, mut panics) = (&self.alarm, Panics::default());
        self.racers
            .each(&mut |racer| _ = panics.catch(|| racer.leave(alarm)));
        panics.resume();
    }
}

#[track_caller]
fn race(co: &Co, racers: &mut dyn Racers) -> Result<()> {
    let race = Race {
        racers: &mut *racers,
        alarm: Alarm::new(),
    };
    let result = race.run(co);
    // Not when the results are on their way out: a panic of a destructor would leak them.
    let mut panics = Panics::default();
    racers.each(&mut |racer| racer.clear(&mut panics, result.is_ok()));
    panics.resume();
    result
}

impl<I: IntoIterator<Item: Branch>> First<List> for I {
    type Outcomes = Vec<Option<Result<<I::Item as Branch>::Output>>>;

    #[track_caller]
    fn race<'scope>(self, co: &Co, scope: &'scope Scope<'scope, '_>) -> Result<Self::Outcomes>
    where
        Self: 'scope,
        Self::Outcomes: 'scope,
    {
        let mut racers = Vec::new();
        for branch in self {
            racers.push(Runner::new(branch.begin(scope)));
        }
        if racers.is_empty() {
            return Err(ValueError::new("first: there is nothing to wait for").into());
        }
        race(co, &mut racers)?;
        Ok(racers.iter_mut().map(Runner::take).collect())
    }
}

/// Implements [`First`] for tuples. A variable has the name of its type.
macro_rules! first_of_tuples {
    ($($($branch:ident)*;)*) => {$(
        impl<$($branch: BranchWait),*> Racers for ($(Runner<$branch>,)*) {
            #[allow(non_snake_case, reason = "a variable has the name of its type")]
            fn each(&mut self, f: &mut dyn FnMut(&mut dyn Racer)) {
                let ($($branch,)*) = self;
                $(f($branch);)*
            }
        }

        impl<$($branch: Branch),*> First<Tuple> for ($($branch,)*) {
            type Outcomes = ($(Option<Result<$branch::Output>>,)*);

            #[track_caller]
            #[allow(non_snake_case, reason = "a variable has the name of its type")]
            fn race<'scope>(self, co: &Co, scope: &'scope Scope<'scope, '_>) -> Result<Self::Outcomes>
            where
                Self: 'scope,
        Self::Outcomes: 'scope,
            {
                let ($($branch,)*) = self;
                let mut racers = ($(Runner::new($branch.begin(scope)),)*);
                race(co, &mut racers)?;
                let ($($branch,)*) = &mut racers;
                Ok(($($branch.take(),)*))
            }
        }
    )*};
}

first_of_tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}
