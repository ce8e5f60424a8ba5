//! Each kind of branch: it wins, it loses, and it leaves nothing behind.

use yieldfrom::{
    Branch, Co, Event, Future, Generator, Lock, Queue, Request, Result, Semaphore, coroutine,
    create_task, first, sleep, wait_for, yield_now,
};

use crate::support::{run_virtual, secs};

/// Everything that can be a branch.
#[test]
fn all_kinds_of_branches() {
    fn wins(co: &Co, branch: impl Branch) -> Result<()> {
        let (won, late) = co.yield_from(first((branch, sleep(secs(1)))))?;
        assert!(won.expect("it has ended").is_ok() && late.is_none());
        Ok(())
    }
    fn loses(co: &Co, branch: impl Branch) -> Result<()> {
        let (lost, late) = co.yield_from(first((branch, sleep(secs(1)))))?;
        assert!(lost.is_none() && late.is_some());
        Ok(())
    }
    run_virtual(|co| {
        let (queue, full) = (Queue::new(), Queue::with_maxsize(1));
        full.put_nowait(0)?;
        let (lock, semaphore, event) = (Lock::new(), Semaphore::new(0), Event::new());
        let held = co.yield_from(lock.acquire())?;
        loses(co, queue.get())?;
        loses(co, queue.next())?;
        loses(co, full.put(1))?;
        loses(co, lock.acquire())?;
        loses(co, semaphore.acquire())?;
        loses(co, event.wait())?;
        loses(co, sleep(secs(2)))?;
        loses(co, queue.join_after(1)?)?;
        loses(co, coroutine(|co| co.yield_from(sleep(secs(2)))))?;
        loses(
            co,
            Generator::<Request>::new(|co: &Co| co.yield_from(sleep(secs(2)))),
        )?;
        loses(co, wait_for(Future::<()>::new(), secs(9)))?;
        loses(co, first((sleep(secs(2)), sleep(secs(3)))))?;
        queue.put_nowait(1)?;
        queue.put_nowait(2)?;
        full.get_nowait()?;
        drop(held);
        semaphore.release()?;
        event.set();
        wins(co, queue.get())?;
        wins(co, queue.next())?;
        wins(co, full.put(1))?;
        wins(co, lock.acquire())?;
        wins(co, semaphore.acquire())?;
        wins(co, event.wait())?;
        wins(co, sleep(0))?;
        wins(co, yield_now())?;
        wins(co, coroutine(|_| Ok(())))?;
        wins(co, Generator::<Request>::new(|_: &Co| Ok(())))?;
        wins(co, wait_for(|_: &Co| Ok(()), secs(9)))?;
        wins(co, first((yield_now(), sleep(secs(3)))))?;
        queue.shutdown(false);
        wins(co, queue.next())?;
        assert!(!lock.locked() && !semaphore.locked());
        Ok(())
    })
    .unwrap();
}

/// A queue with work that is not done.
trait JoinAfter {
    fn join_after(&self, item: i32)
    -> Result<yieldfrom::Operation<impl FnOnce(&Co) -> Result<()>>>;
}

impl JoinAfter for Queue<i32> {
    fn join_after(
        &self,
        item: i32,
    ) -> Result<yieldfrom::Operation<impl FnOnce(&Co) -> Result<()>>> {
        self.put_nowait(item)?;
        self.get_nowait()?;
        Ok(self.join())
    }
}

/// A wait that was given up leaves nothing in the line, so the next one in it gets what comes.
#[test]
fn what_was_given_up_takes_nothing() {
    run_virtual(|co| {
        let (queue, lock, semaphore) = (Queue::new(), Lock::new(), Semaphore::new(0));
        let held = co.yield_from(lock.acquire())?;
        for _ in 0..3 {
            let outcomes = first((
                queue.get(),
                lock.acquire(),
                semaphore.acquire(),
                sleep(secs(1)),
            ));
            let (item, guard, permit, late) = co.yield_from(outcomes)?;
            assert!(item.is_none() && guard.is_none() && permit.is_none() && late.is_some());
        }
        assert!(
            format!("{queue:?} {lock:?} {semaphore:?}")
                .matches("ers:")
                .count()
                == 0
        );
        let (item, own, permit) = (queue.clone(), lock.clone(), semaphore.clone());
        let waits = create_task(move |co: &Co| {
            let _guard = co.yield_from(own.acquire())?;
            let _permit = co.yield_from(permit.acquire())?;
            co.yield_from(item.get())
        });
        co.yield_from(yield_now())?;
        drop(held);
        semaphore.release()?;
        queue.put_nowait(42)?;
        assert_eq!(co.yield_from(waits)?, 42);
        Ok(())
    })
    .unwrap();
}
