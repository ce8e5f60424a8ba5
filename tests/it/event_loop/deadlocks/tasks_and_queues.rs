//! Deadlocks of tasks, queues and the like, and what the report shows of them.

use yieldfrom::debug::WaitKind;
use yieldfrom::{
    Barrier, Co, Condition, Event, Future, Queue, Task, as_completed, create_task, gather, shield,
    task_group, wait, wait_for,
};

use super::{cycles, deadlock, named, of, report};
use crate::support::Watchdog;

#[test]
fn tasks_that_wait_for_each_other_are_a_circle() {
    let error = deadlock(|co: &Co| {
        let slot = Future::new();
        let later: Future<Task<()>> = slot.clone();
        let one = named(
            "one",
            create_task(move |co: &Co| {
                let two = co.yield_from(later)?;
                co.yield_from(two)
            }),
        );
        let awaited = one.clone();
        let two = named("two", create_task(move |co: &Co| co.yield_from(awaited)));
        slot.set_result(two)?;
        co.yield_from(one)
    });
    let report = report(&error);
    assert_eq!(cycles(report), [["one", "two"]]);
    assert_eq!(of(report, "one").0, "two");
    assert_eq!(of(report, "Task-1").1, ["one"]);
    let text = error.to_string();
    let cycle = "cycle: one waits for two, which waits for one\n";
    assert!(text.contains(cycle), "{text}");
}

#[test]
fn a_task_that_waits_for_itself_by_way_of_others_is_a_circle() {
    let error = deadlock(|co: &Co| {
        let slot: Future<Task<()>> = Future::new();
        let later = slot.clone();
        let me = move |co: &Co| {
            let me = co.yield_from(later)?;
            co.yield_from(gather([shield(gather([me]))])).map(drop)
        };
        let task = named("me", create_task(me));
        slot.set_result(task.clone())?;
        co.yield_from(task)
    });
    assert_eq!(cycles(report(&error)), [["me"]]);
    let cycle = "cycle: me waits for gather with me\n";
    assert!(error.to_string().contains(cycle), "{error}");
}

#[test]
fn a_queue_that_nobody_fills_and_one_that_nobody_empties() {
    let error = deadlock(|co: &Co| {
        let (empty, full) = (Queue::<i32>::new(), Queue::with_maxsize(1));
        let get = named(
            "getter",
            create_task(move |co: &Co| co.yield_from(empty.get()).map(drop)),
        );
        let put = move |co: &Co| {
            co.yield_from(full.put(1))?;
            co.yield_from(full.put(2))
        };
        let put = named("putter", create_task(put));
        co.yield_from(wait([get, put])).map(drop)
    });
    let report = report(&error);
    assert_eq!(of(report, "getter").0, "Queue.get");
    assert_eq!(of(report, "putter").0, "Queue.put");
    assert_eq!(of(report, "Task-1").0, "wait of 2");
    assert_eq!(of(report, "Task-1").1, ["getter", "putter"]);
    assert_eq!(
        report.find("getter").unwrap().waits_for().kind(),
        WaitKind::Sync
    );
}

#[test]
fn a_join_without_task_done() {
    let error = deadlock(|co: &Co| {
        let queue = Queue::new();
        queue.put_nowait(1)?;
        queue.get_nowait()?;
        co.yield_from(queue.join())
    });
    assert_eq!(of(report(&error), "Task-1").0, "Queue.join");
    assert!(error.to_string().contains("; 1 task waits\n"), "{error}");
}

#[test]
fn a_sender_that_was_forgotten() {
    let error = deadlock(|co: &Co| {
        let future = Future::<i32>::new();
        let sender = future.clone();
        drop(sender);
        co.yield_from(future).map(drop)
    });
    let report = report(&error);
    assert_eq!(of(report, "Task-1").0, "<Future pending>");
    assert_eq!(report.tasks()[0].waits_for().kind(), WaitKind::Future);
}

#[test]
fn a_barrier_one_short() {
    let error = deadlock(|co: &Co| {
        let barrier = Barrier::new(3)?;
        let pass = |barrier: &Barrier| {
            let barrier = barrier.clone();
            create_task(move |co: &Co| co.yield_from(barrier.wait()).map(drop))
        };
        co.yield_from(gather([pass(&barrier), pass(&barrier)]))
            .map(drop)
    });
    let reason = "Barrier.wait of <Barrier filling, waiters:2/3>";
    assert_eq!(of(report(&error), "Task-2").0, reason);
    assert_eq!(of(report(&error), "Task-3").0, reason);
}

#[test]
fn a_condition_that_is_never_notified_and_an_event_that_is_never_set() {
    let error = deadlock(|co: &Co| {
        let (condition, event) = (Condition::new(), Event::new());
        let waiting = create_task(move |co: &Co| {
            let _guard = co.yield_from(condition.acquire())?;
            co.yield_from(condition.wait_for(|| false))
        });
        let other = create_task(move |co: &Co| co.yield_from(event.wait()).map(|()| false));
        co.yield_from(gather([waiting, other])).map(drop)
    });
    let report = report(&error);
    let condition = "Condition.wait of <Condition unlocked, waiters:1>";
    assert_eq!(of(report, "Task-2").0, condition);
    assert_eq!(
        of(report, "Task-3").0,
        "Event.wait of <Event unset, waiters:1>"
    );
}

#[test]
fn a_task_group_with_a_stuck_child() {
    let error = deadlock(|co: &Co| {
        co.yield_from(task_group(|_, group| {
            named("fine", group.create_task(|_: &Co| Ok(())));
            named(
                "stuck",
                group.create_task(|co: &Co| co.yield_from(Event::new().wait())),
            );
            Ok(())
        }))
    });
    let report = report(&error);
    assert_eq!(of(report, "Task-1").0, "the end of a task group");
    assert_eq!(of(report, "Task-1").1, ["stuck"]);
    assert_eq!(report.tasks().len(), 2);
}

#[test]
fn limits_shields_and_races_show_through_whom_they_wait_for() {
    let error = deadlock(|co: &Co| {
        let stuck = named(
            "stuck",
            create_task(|co: &Co| co.yield_from(Event::new().wait())),
        );
        let (one, other) = (stuck.clone(), stuck.clone());
        let racing = named(
            "racing",
            create_task(move |co: &Co| {
                let next = as_completed([one]).next().expect("there is one");
                co.yield_from(next)
            }),
        );
        let shielding =
            create_task(move |co: &Co| co.yield_from(gather([shield(other)])).map(drop));
        co.yield_from(wait_for(
            gather([racing, named("shielding", shielding)]),
            None,
        ))
        .map(drop)
    });
    let report = report(&error);
    assert_eq!(of(report, "racing").0, "as_completed");
    assert_eq!(of(report, "racing").1, ["stuck"]);
    assert_eq!(of(report, "shielding").1, ["stuck"]);
    assert_eq!(of(report, "Task-1").1, ["racing", "shielding"]);
}

#[test]
fn every_task_is_in_the_tree_once() {
    let error = deadlock(|co: &Co| {
        let stuck = named(
            "stuck",
            create_task(|co: &Co| co.yield_from(Event::new().wait())),
        );
        let waiters: Vec<_> = (0..3)
            .map(|n| {
                let stuck = stuck.clone();
                named(
                    &format!("w{n}"),
                    create_task(move |co: &Co| co.yield_from(stuck)),
                )
            })
            .collect();
        co.yield_from(gather(waiters)).map(drop)
    });
    let text = error.to_string();
    let tree: Vec<&str> = text
        .lines()
        .skip(1)
        .filter(|line| !line.contains("{closure} at "))
        .map(|line| line.split(" waits for").next().unwrap())
        .map(|line| line.split(" a_").next().unwrap())
        .map(|line| line.split(" every_").next().unwrap())
        .collect();
    let expected = [
        "Task-1",
        "├── w0",
        "│   └── stuck",
        "├── w1",
        "│   └── stuck (see above)",
        "└── w2",
        "    └── stuck (see above)",
    ];
    assert_eq!(tree, expected, "{text}");
}

#[test]
fn of_very_many_tasks_the_text_shows_some_and_the_data_all() {
    let error = deadlock(|co: &Co| {
        let stuck = |_| create_task(|co: &Co| co.yield_from(Event::new().wait()));
        co.yield_from(gather((0..1_500).map(stuck))).map(drop)
    });
    assert_eq!(report(&error).tasks().len(), 1_501);
    let text = error.to_string();
    assert!(text.ends_with("... and 501 more\n"), "{}", text.len());
    assert!(text.contains("; 1501 tasks wait\n"));
}

#[test]
fn without_a_task_there_is_nothing_to_show() {
    let _watchdog = Watchdog::start("a deadlock was not found");
    let event_loop = yieldfrom::EventLoop::new().unwrap();
    let error = event_loop.run_forever().unwrap_err();
    assert!(error.to_string().ends_with("; there is no task"), "{error}");
    assert!(report(&error).tasks().is_empty());
}
