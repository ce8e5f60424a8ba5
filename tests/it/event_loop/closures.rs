//! Closures whose parameters need no types: `co!`, `spawn`, `block_on`.

use std::cell::RefCell;
use std::rc::Rc;

use yieldfrom::{
    Co, EventLoop, Queue, Result, StreamWriter, bail, block_on, co, create_task, current_task,
    first, gather, get_running_loop, open_connection, sleep, spawn, start_server, task_group,
    timeout, wait_for, yield_now,
};

#[test]
fn captures_are_clones_and_the_originals_stay() {
    let (names, count) = (Rc::new(RefCell::new(Vec::new())), 2);
    let body = co!([names, twice = 2 * count], |co| {
        co.yield_from(yield_now())?;
        names.borrow_mut().push(format!("{twice}"));
        Ok(Rc::strong_count(&names))
    });
    let event_loop = EventLoop::builder().virtual_clock();
    assert_eq!(event_loop.run(body).unwrap(), 2);
    assert_eq!(*names.borrow(), ["4"]);
    assert_eq!(count, 2);
    let once = co!([], |_| Ok(Rc::into_inner(names).is_some()));
    assert!(block_on(once).unwrap());
}

#[test]
fn what_is_behind_a_reference_is_cloned() {
    fn later(queue: &Queue<i32>, item: &str) -> yieldfrom::Task<()> {
        let length = item.len() as i32;
        create_task(co!([queue, length], |co| co.yield_from(queue.put(length))))
    }
    let item = block_on(|co| {
        let queue = Queue::new();
        later(&queue, "four");
        co.yield_from(queue.get())
    });
    assert_eq!(item.unwrap(), 4);
}

#[test]
fn an_endless_loop_needs_no_end() {
    let virtual_time = EventLoop::builder().virtual_clock();
    let seen = virtual_time.run(co!(|co| {
        let (queue, seen) = (Queue::new(), Rc::new(RefCell::new(Vec::new())));
        let reader = create_task(co!([queue, seen], |co| loop {
            let item = co.yield_from(queue.get())?;
            seen.borrow_mut().push(item);
        }));
        let group = task_group(|co, group| {
            let beats = group.create_task(co!(|co| loop {
                co.yield_from(sleep(1))?
            }));
            (0..3).try_for_each(|n| co.yield_from(queue.put(n)))?;
            co.yield_from(sleep(2.5))?;
            beats.cancel();
            Ok(())
        });
        co.yield_from(group)?;
        assert!(co.yield_from(wait_for(&reader, 1)).is_err());
        let seen = seen.take();
        Ok(seen)
    }));
    assert_eq!(seen.unwrap(), [0, 1, 2]);
}

#[test]
fn the_type_of_the_result_may_be_named() {
    // Nothing else tells what `?` converts to here, or what `collect` collects.
    let parse = |text: &'static str| {
        co!([text], |co| -> Result<Vec<u8>> {
            co.yield_from(yield_now())?;
            Ok(text
                .split(' ')
                .map(str::parse)
                .collect::<std::result::Result<_, _>>()?)
        })
    };
    let bytes = block_on(move |co| co.yield_from(gather([parse("1 2"), parse("3")])));
    assert_eq!(bytes.unwrap(), [vec![1, 2], vec![3]]);
    assert!(block_on(co!(|_| -> Result<()> { bail!("no") })).is_err());
}

#[test]
fn functions_that_take_closures_need_no_types() {
    let times = EventLoop::builder().virtual_clock().block_on(|co| {
        let task = spawn(|co| {
            co.yield_from(sleep(1))?;
            Ok("task")
        });
        assert_eq!(co.yield_from(&task)?, "task");
        let limited = co.yield_from(timeout(1, |co| co.yield_from(sleep(2))));
        assert!(limited.is_err());
        let all = (0..3).map(|n| {
            co!(|co| {
                co.yield_from(sleep(n))?;
                Ok(get_running_loop()?.time().as_secs())
            })
        });
        co.yield_from(gather(all))
    });
    assert_eq!(times.unwrap(), [2, 3, 4]);
    let event_loop = EventLoop::new().unwrap();
    assert_eq!(event_loop.block_on(|_| Ok(7)).unwrap(), 7);
}

#[test]
fn reports_name_the_function_around() {
    let shown = block_on(|_| {
        let task = create_task(co!(|co| co.yield_from(sleep(100))));
        Ok::<_, yieldfrom::Error>(task.to_string())
    });
    let shown = shown.unwrap();
    assert!(
        shown.contains("reports_name_the_function_around"),
        "{shown}"
    );
    let result: Result<()> = block_on(|_| Ok(()));
    result.unwrap();
}

/// Returns the name of the task that runs, up to the place where it is.
fn running(_: &Co) -> Result<String> {
    let shown = current_task().unwrap().to_string();
    let name = shown.split("coro=<").nth(1).unwrap();
    Ok(name.split(' ').next().unwrap().to_owned())
}

#[test]
fn closures_are_shown_as_closures_wherever_they_are_given() {
    const HERE: &str = "closures_are_shown_as_closures_wherever_they_are_given::{closure}";
    block_on(|co| {
        let spawned = task_group(|co, group| {
            co.yield_from(group.spawn(|co| {
                co.yield_from(yield_now())?;
                running(co)
            }))
        });
        assert_eq!(co.yield_from(spawned)?, HERE);
        let function = task_group(|co, group| co.yield_from(group.spawn(running)));
        assert_eq!(co.yield_from(function)?, "running()");

        let branch = |co: &Co| {
            co.yield_from(yield_now())?;
            running(co)
        };
        let (name, other) = co.yield_from(first((branch, sleep(1000))))?;
        assert_eq!((name.unwrap()?.as_str(), other.is_none()), (HERE, true));

        let handler = |co: &Co, _, writer: StreamWriter| writer.write(running(co)?.as_bytes());
        let server = co.yield_from(start_server(handler, "127.0.0.1:0"))?;
        let (reader, _writer) = co.yield_from(open_connection(server.local_addr()?))?;
        assert_eq!(co.yield_from(reader.line())?.as_deref(), Some(HERE));
        Ok(())
    })
    .unwrap();
}
