//! `wait_for` of what borrows: operations with buffers, closures over local variables.

use std::os::unix::net::UnixStream;

use yieldfrom::{
    Co, Lock, Queue, TimeoutError, create_task, get_running_loop, sleep, task_group, timeout,
    wait_for,
};

use crate::support::{failed_with, run_virtual, secs, virtual_loop};

#[test]
fn operations_that_borrow_can_be_limited() {
    run_virtual(|co| {
        let event_loop = get_running_loop()?;
        let (one, other) = UnixStream::pair()?;
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        let late = co.yield_from(wait_for(event_loop.sock_recv(&one, 10), 1));
        assert!(failed_with::<TimeoutError, _>(late));
        let mut buffer = [0; 4];
        let late = co.yield_from(wait_for(event_loop.sock_recv_into(&one, &mut buffer), 0));
        assert!(failed_with::<TimeoutError, _>(late));
        co.yield_from(wait_for(event_loop.sock_sendall(&other, b"flag"), 1))?;
        let read = wait_for(event_loop.sock_recv_into(&one, &mut buffer), 1);
        assert_eq!((co.yield_from(read)?, &buffer), (4, b"flag"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn closures_that_borrow_can_be_limited() {
    run_virtual(|co| {
        let (names, mut seen) = (vec!["BR", "CN"], 0);
        let counts = |co: &Co| {
            for _ in &names {
                co.yield_from(sleep(secs(1)))?;
                seen += 1;
            }
            Ok(names.len())
        };
        assert_eq!(co.yield_from(wait_for(counts, secs(5)))?, 2);
        assert_eq!(seen, 2);
        let never =
            |_: &Co| -> yieldfrom::Result<&Vec<&str>> { unreachable!("it does not run at all") };
        assert!(failed_with::<TimeoutError, _>(
            co.yield_from(wait_for(never, 0))
        ));
        let (queue, lock) = (Queue::<i32>::new(), Lock::new());
        let _held = co.yield_from(wait_for(lock.acquire(), 1))?;
        assert!(failed_with::<TimeoutError, _>(
            co.yield_from(wait_for(lock.acquire(), 1))
        ));
        assert!(failed_with::<TimeoutError, _>(
            co.yield_from(wait_for(queue.get(), 1))
        ));
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_can_be_delegated_to_runs_as_a_task_and_as_the_main_coroutine() {
    let event_loop = virtual_loop();
    assert_eq!(
        event_loop
            .run_until_complete(timeout(1, |_: &Co| Ok(1)))
            .unwrap(),
        1
    );
    let group = task_group(|_, group| Ok(group.create_task(|_: &Co| Ok(2))));
    let task = event_loop.run_until_complete(group).unwrap();
    assert_eq!(task.result().unwrap(), 2);
    let nested = event_loop.run_until_complete(|co: &Co| {
        let inner = create_task(task_group(|_, group| Ok(group.create_task(|_: &Co| Ok(3)))));
        co.yield_from(co.yield_from(inner)?)
    });
    assert_eq!(nested.unwrap(), 3);
}
