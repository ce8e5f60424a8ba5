//! `Queue::next`, which tells the end of a queue that is shut down.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::rc::Rc;

use yieldfrom::sync::{LifoQueue, PriorityQueue, Queue};
use yieldfrom::{Co, Error, create_task, gather, wait_for};

use crate::support::{run_virtual, turns};

#[test]
fn next_gives_what_is_left_and_then_none() {
    run_virtual(|co: &Co| {
        let (lifo, priority) = (LifoQueue::new(), PriorityQueue::new());
        let queues: [(&Queue<i32>, [i32; 3]); 3] = [
            (&Queue::new(), [2, 1, 3]),
            (&lifo, [3, 1, 2]),
            (&priority, [1, 2, 3]),
        ];
        for (queue, expected) in queues {
            for item in [2, 1, 3] {
                queue.put_nowait(item)?;
            }
            queue.shutdown(false);
            for item in expected {
                assert_eq!(co.yield_from(queue.next())?, Some(item));
            }
            assert_eq!(co.yield_from(queue.next())?, None);
            assert_eq!(co.yield_from(queue.next())?, None, "for ever");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_shutdown_ends_the_waits_and_immediately_the_items() {
    run_virtual(|co: &Co| {
        let queue = Queue::<i32>::new();
        let waits = [(); 2].map(|()| create_task(queue.next()));
        turns(co, 1)?;
        queue.shutdown(false);
        assert_eq!(co.yield_from(gather(waits))?, [None, None]);

        let queue = Queue::new();
        queue.put_nowait(1)?;
        queue.shutdown(true);
        assert_eq!(co.yield_from(queue.next())?, None);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_next_that_is_cancelled_leaves_its_item() {
    run_virtual(|co: &Co| {
        let queue = Queue::new();
        let error = co.yield_from(wait_for(queue.next(), 1)).unwrap_err();
        assert!(error.is::<yieldfrom::TimeoutError>());
        let (first, second) = (create_task(queue.next()), create_task(queue.next()));
        turns(co, 1)?;
        queue.put_nowait(7)?;
        first.cancel(); // in the turn in which the item wakes it
        assert_eq!(co.yield_from(&second)?, Some(7));
        assert!(first.cancelled());
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_error_that_is_thrown_in_is_not_the_end() {
    run_virtual(|co: &Co| {
        let queue = Queue::<i32>::new();
        let inner = queue.clone();
        let body = yieldfrom::Generator::new(move |co: &Co| co.yield_from(inner.next()));
        body.next()?;
        let error = body
            .throw(Error::from(yieldfrom::QueueShutDown))
            .unwrap_err();
        assert!(error.is::<yieldfrom::QueueShutDown>());
        let _ = co;
        Ok(())
    })
    .unwrap();
}

/// Shuts its queue down while it is compared.
struct Closer(Rc<RefCell<Option<PriorityQueue<Closer>>>>);

impl Ord for Closer {
    fn cmp(&self, _: &Self) -> Ordering {
        let queue = self.0.take();
        if let Some(queue) = queue {
            queue.shutdown(true);
        }
        Ordering::Less
    }
}

impl PartialOrd for Closer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Closer {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Closer {}

#[test]
fn a_comparison_may_end_the_queue() {
    run_virtual(|co: &Co| {
        let (queue, slot) = (PriorityQueue::new(), Rc::new(RefCell::new(None)));
        queue.put_nowait(Closer(Rc::clone(&slot)))?;
        slot.replace(Some(queue.clone()));
        assert!(queue.put_nowait(Closer(slot)).is_err());
        assert!(co.yield_from(queue.next())?.is_none());
        Ok(())
    })
    .unwrap();
}
