//! test_queues.

use yieldfrom::sync::Queue;
use yieldfrom::{Co, QueueEmpty, QueueFull, create_task, yield_now};

use crate::support::{failed_with, run_virtual, settle, virtual_loop};

#[test]
fn sizes_are_told() {
    let queue = Queue::with_maxsize(2);
    assert!(queue.empty() && !queue.full() && queue.maxsize() == 2);
    queue.put_nowait('a').unwrap();
    assert!(!queue.empty() && !queue.full() && queue.qsize() == 1);
    queue.put_nowait('b').unwrap();
    assert!(queue.full() && failed_with::<QueueFull, _>(queue.put_nowait('c')));
    assert_eq!(
        (queue.get_nowait().unwrap(), queue.get_nowait().unwrap()),
        ('a', 'b')
    );
    assert!(failed_with::<QueueEmpty, _>(queue.get_nowait()));
    let endless = Queue::with_maxsize(0);
    (0..1000).for_each(|n| endless.put_nowait(n).unwrap());
    assert!(!endless.full() && endless.maxsize() == 0);
}

#[test]
fn getting_from_a_full_queue_takes_the_first_and_lets_a_putter_go_on() {
    run_virtual(|co| {
        let queue = Queue::with_maxsize(1);
        queue.put_nowait(1)?;
        let putter = create_task(queue.put(2));
        co.yield_from(yield_now())?;
        assert!(!putter.done());
        assert_eq!(co.yield_from(queue.get())?, 1);
        co.yield_from(putter)?;
        assert_eq!((queue.get_nowait()?, queue.empty()), (2, true));
        Ok(())
    })
    .unwrap();
}

#[test]
fn several_putters_go_on_in_order_when_there_is_room_for_them() {
    let event_loop = virtual_loop();
    let queue = Queue::with_maxsize(2);
    queue.put_nowait(0).unwrap();
    queue.put_nowait(1).unwrap();
    let putters = [2, 3, 4].map(|n| event_loop.create_task(queue.put(n)));
    settle(&event_loop);
    assert!(putters.iter().all(|putter| !putter.done()));
    assert_eq!(
        (queue.get_nowait().unwrap(), queue.get_nowait().unwrap()),
        (0, 1)
    );
    settle(&event_loop);
    assert!(putters[0].done() && putters[1].done() && !putters[2].done());
    assert_eq!(
        (queue.get_nowait().unwrap(), queue.get_nowait().unwrap()),
        (2, 3)
    );
    settle(&event_loop);
    assert!(putters[2].done() && queue.get_nowait().unwrap() == 4);
}

#[test]
fn getters_are_served_in_order() {
    let event_loop = virtual_loop();
    let queue = Queue::new();
    let getters = [(); 3].map(|()| event_loop.create_task(queue.get()));
    settle(&event_loop);
    for n in 0..3 {
        queue.put_nowait(n).unwrap();
        settle(&event_loop);
        assert!(getters.iter().filter(|getter| getter.done()).count() == n + 1);
        assert_eq!(getters[n].result().unwrap(), n);
    }
}

#[test]
fn who_was_cancelled_puts_nothing_and_takes_nothing() {
    let event_loop = virtual_loop();
    let queue = Queue::with_maxsize(1);
    let getter = event_loop.create_task(queue.get());
    settle(&event_loop);
    getter.cancel();
    settle(&event_loop);
    queue.put_nowait(1).unwrap();
    let putter = event_loop.create_task(queue.put(2));
    settle(&event_loop);
    putter.cancel();
    settle(&event_loop);
    assert!(getter.cancelled() && putter.cancelled());
    assert_eq!(queue.get_nowait().unwrap(), 1);
    settle(&event_loop);
    assert!(queue.empty());
}

#[test]
fn who_is_cancelled_as_it_is_woken_leaves_item_and_room_to_the_next() {
    let event_loop = virtual_loop();
    let queue = Queue::with_maxsize(1);
    let [first, second] = [(); 2].map(|()| event_loop.create_task(queue.get()));
    settle(&event_loop);
    queue.put_nowait('a').unwrap();
    first.cancel();
    settle(&event_loop);
    assert!(first.cancelled() && second.result().unwrap() == 'a');
    queue.put_nowait('b').unwrap();
    let [first, second] = ['c', 'd'].map(|item| event_loop.create_task(queue.put(item)));
    settle(&event_loop);
    assert_eq!(queue.get_nowait().unwrap(), 'b');
    first.cancel();
    settle(&event_loop);
    assert!(first.cancelled() && second.done());
    assert_eq!(queue.get_nowait().unwrap(), 'd');
}

#[test]
fn all_who_join_go_on_when_the_last_item_is_done() {
    let event_loop = virtual_loop();
    let queue = Queue::new();
    (0..2).for_each(|n| queue.put_nowait(n).unwrap());
    let joins = [(); 2].map(|()| event_loop.create_task(queue.join()));
    for left in [1, 0] {
        settle(&event_loop);
        assert!(joins.iter().all(|join| !join.done()));
        assert_eq!(queue.get_nowait().unwrap(), 1 - left);
        queue.task_done().unwrap();
    }
    settle(&event_loop);
    assert!(joins.iter().all(|join| join.done()));
    queue.put_nowait(9).unwrap();
    let again = event_loop.create_task({
        let queue = queue.clone();
        move |co: &Co| co.yield_from(queue.join())
    });
    settle(&event_loop);
    assert!(!again.done(), "there is work again");
    queue.task_done().unwrap();
    event_loop.run_until_complete(again).unwrap();
}
