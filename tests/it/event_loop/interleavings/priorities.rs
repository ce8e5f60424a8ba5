//! Queues with an order, and items that are anybody's code.

use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use yieldfrom::sync::{LifoQueue, PriorityQueue, Queue};
use yieldfrom::{Co, EventLoop, QueueShutDown, RuntimeError};

fn drain<T>(queue: &Queue<T>) -> Vec<T> {
    std::iter::from_fn(|| queue.get_nowait().ok()).collect()
}

fn fill<T>(queue: &Queue<T>, items: impl IntoIterator<Item = T>) {
    items
        .into_iter()
        .for_each(|item| queue.put_nowait(item).unwrap());
}

#[test]
fn the_newest_and_the_smallest_come_first() {
    let (lifo, smallest, greatest) = (LifoQueue::new(), PriorityQueue::new(), PriorityQueue::new());
    let numbers = [3, 1, 4, 1, 5, 9, 2, 6];
    fill(&lifo, numbers);
    fill(&smallest, numbers);
    fill(&greatest, numbers.map(Reverse));
    assert_eq!(drain(&lifo), [6, 2, 9, 5, 1, 4, 1, 3]);
    assert_eq!(drain(&smallest), [1, 1, 2, 3, 4, 5, 6, 9]);
    let greatest: Vec<_> = drain(&greatest).into_iter().map(|Reverse(n)| n).collect();
    assert_eq!(greatest, [9, 6, 5, 4, 3, 2, 1, 1]);
}

/// An item with a priority, and whatever happens when it is compared.
struct Job<'a> {
    priority: u32,
    name: usize,
    compared: &'a dyn Fn(),
}

impl Ord for Job<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.compared)();
        self.priority.cmp(&other.priority)
    }
}

impl PartialOrd for Job<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Job<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Job<'_> {}

fn jobs(compared: &dyn Fn()) -> impl Iterator<Item = Job<'_>> {
    (0..8).map(move |name| Job {
        priority: [2, 1][name % 2],
        name,
        compared,
    })
}

#[test]
fn equal_items_come_in_the_order_in_which_they_were_put() {
    let queue = PriorityQueue::new();
    fill(&queue, jobs(&|| ()));
    let names: Vec<_> = drain(&queue).iter().map(|job| job.name).collect();
    assert_eq!(names, [1, 3, 5, 7, 0, 2, 4, 6]);
}

#[test]
fn a_comparison_that_uses_the_queue_gets_an_error() {
    let queue = PriorityQueue::new();
    let (inner, refused) = (RefCell::new(None), Cell::new(0));
    let compared = || {
        let inner = inner.borrow();
        let queue: &PriorityQueue<Job<'_>> = inner.as_ref().unwrap();
        let sizes = (queue.qsize(), queue.empty(), queue.full(), queue.maxsize());
        assert!(sizes.0 > 0 && !sizes.1 && !sizes.2 && sizes.3 == 0);
        assert!(queue.get_nowait().err().unwrap().is::<RuntimeError>());
        assert!(!format!("{queue:?}").is_empty());
        refused.set(refused.get() + 1);
    };
    let quiet = || ();
    inner.replace(Some(queue.clone()));
    fill(&queue, jobs(&compared));
    let error = queue.put_nowait(Job {
        priority: 0,
        name: 8,
        compared: &quiet,
    });
    assert!(error.is_ok() && refused.get() > 8, "{}", refused.get());
    assert_eq!(drain(&queue).len(), 9);
    inner.replace(None);
}

#[test]
fn a_comparison_that_shuts_the_queue_down_empties_it() {
    let queue = PriorityQueue::new();
    let inner = RefCell::new(None);
    let compared = || {
        let inner = inner.borrow();
        let queue: &PriorityQueue<Job<'_>> = inner.as_ref().unwrap();
        queue.shutdown(true);
        assert!(queue.empty());
    };
    inner.replace(Some(queue.clone()));
    let mut jobs = jobs(&compared);
    queue.put_nowait(jobs.next().unwrap()).unwrap();
    let error = queue.put_nowait(jobs.next().unwrap()).unwrap_err();
    assert!(error.is::<QueueShutDown>());
    assert_eq!(
        format!("{queue:?}"),
        "<PriorityQueue maxsize=0, size=0, shut down>"
    );
    inner.replace(None);
}

#[test]
fn a_comparison_that_panics_leaves_the_queue_as_it_was() {
    let (queue, panics) = (PriorityQueue::new(), Cell::new(false));
    let compared = || assert!(!panics.get(), "cannot compare");
    fill(&queue, jobs(&compared));
    panics.set(true);
    let extra = jobs(&compared).next().unwrap();
    let put = catch_unwind(AssertUnwindSafe(|| queue.put_nowait(extra)));
    assert!(put.is_err());
    panics.set(false);
    assert_eq!(drain(&queue).len(), 8);
}

/// An item that puts another one into its queue when dropped.
struct Phoenix(Queue<Phoenix>, Rc<Cell<usize>>);

impl Drop for Phoenix {
    fn drop(&mut self) {
        self.1.set(self.1.get() + 1);
        let _ = self.0.qsize();
        let _ = self.0.get_nowait();
        self.0.shutdown(true);
    }
}

#[test]
fn items_may_use_the_queue_when_they_are_dropped() {
    let (queue, dropped) = (Queue::with_maxsize(3), Rc::new(Cell::new(0)));
    fill(
        &queue,
        (0..3).map(|_| Phoenix(queue.clone(), Rc::clone(&dropped))),
    );
    let full = queue.put_nowait(Phoenix(Queue::new(), Rc::clone(&dropped)));
    assert!(full.is_err() && dropped.get() == 1);
    queue.shutdown(true);
    assert_eq!((dropped.get(), queue.qsize()), (4, 0));
    let put = queue.put_nowait(Phoenix(queue.clone(), Rc::clone(&dropped)));
    assert!(put.unwrap_err().is::<QueueShutDown>() && dropped.get() == 5);
}

#[test]
fn immediate_shutdown_counts_as_done_what_it_drops() {
    let queue = LifoQueue::new();
    fill(&queue, [1, 2, 3]);
    assert_eq!(queue.get_nowait().unwrap(), 3);
    queue.shutdown(true);
    assert_eq!(
        format!("{queue:?}"),
        "<LifoQueue maxsize=0, size=0, tasks=1, shut down>"
    );
    queue.task_done().unwrap();
    let event_loop = EventLoop::new().unwrap();
    event_loop
        .run_until_complete(move |co: &Co| co.yield_from(queue.join()))
        .unwrap();
}
