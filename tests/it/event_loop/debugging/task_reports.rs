//! The report of all tasks, on demand.

use std::cell::RefCell;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use yieldfrom::debug::{Report, WaitKind};
use yieldfrom::net::UnixStream;
use yieldfrom::process::create_subprocess_exec;
use yieldfrom::{
    Co, CoroutineBuilder, Event, EventLoop, Future, Result, StreamReader, StreamWriter,
    create_task, gather, get_running_loop, open_connection, sleep, start_server, task_group,
    timeout, to_thread, wait_for, yield_now,
};

use crate::support::{log_of, run_virtual, secs, virtual_loop};

fn report_here() -> Result<Report> {
    Ok(get_running_loop()?.report())
}

fn kind_and_text(report: &Report, name: &str) -> (WaitKind, String) {
    let waits_for = report.find(name).expect(name).waits_for();
    (waits_for.kind(), waits_for.to_string())
}

#[test]
fn each_kind_of_wait_is_named() {
    let report = run_virtual(|co: &Co| {
        let spawn = |name: &str, coroutine: yieldfrom::Coroutine<()>| {
            create_task(coroutine).set_name(name);
        };
        let one = || Event::new();
        let events: Vec<Event> = (0..4).map(|_| one()).collect();
        let (a, b) = (events[0].clone(), events[1].clone());
        let stuck = create_task(move |co: &Co| co.yield_from(a.wait()));
        stuck.set_name("event");
        let (s1, s2) = (stuck.clone(), stuck.clone());
        let coroutine = |name| CoroutineBuilder::new().name(name);
        spawn(
            "sleep",
            coroutine("s").build(|co| co.yield_from(sleep(secs(5)))),
        );
        spawn(
            "for ever",
            coroutine("s").build(|co| co.yield_from(sleep(Duration::MAX))),
        );
        spawn("task", coroutine("t").build(move |co| co.yield_from(s1)));
        spawn(
            "limit",
            coroutine("l").build(move |co| co.yield_from(wait_for(s2, secs(9)))),
        );
        spawn(
            "scope",
            coroutine("x").build(move |co| {
                co.yield_from(timeout(secs(9), move |co: &Co| co.yield_from(b.wait())))
            }),
        );
        spawn(
            "future",
            coroutine("f").build(|co| co.yield_from(Future::new())),
        );
        spawn(
            "reader",
            coroutine("r").build(|co| {
                co.yield_from(StreamReader::new(10)?.readexactly(3))
                    .map(drop)
            }),
        );
        let (near, far) = UnixStream::pair()?;
        let fd = near.as_fd().as_raw_fd();
        spawn(
            "socket",
            coroutine("d").build(move |co| {
                let mut buffer = [0; 4];
                co.yield_from(near.read(&mut buffer)).map(drop)
            }),
        );
        spawn(
            "job",
            coroutine("j")
                .build(|co| co.yield_from(to_thread(|| thread::sleep(Duration::from_millis(1))))),
        );
        spawn(
            "ready",
            coroutine("y").build(|co| {
                loop {
                    co.yield_from(yield_now())?;
                }
            }),
        );
        co.yield_from(yield_now())?;
        let report = report_here()?;
        for task in yieldfrom::all_tasks() {
            if Some(&task) != yieldfrom::current_task().as_ref() {
                task.cancel();
            }
        }
        co.yield_from(yield_now())?;
        drop(far);
        Ok((report, fd))
    });
    let (report, fd) = report.unwrap();
    let expected = [
        ("Task-1", WaitKind::Nothing, ""),
        (
            "event",
            WaitKind::Sync,
            "Event.wait of <Event unset, waiters:1>",
        ),
        ("sleep", WaitKind::Sleep, "sleep until 5s"),
        ("for ever", WaitKind::Sleep, "sleep for ever"),
        ("task", WaitKind::Task, "event"),
        ("limit", WaitKind::Task, "event"),
        (
            "scope",
            WaitKind::Sync,
            "Event.wait of <Event unset, waiters:1>",
        ),
        ("future", WaitKind::Future, "<Future pending>"),
        ("reader", WaitKind::Io, "StreamReader.readexactly"),
        ("job", WaitKind::Job, "to_thread"),
        ("ready", WaitKind::Nothing, ""),
    ];
    for (name, kind, text) in expected {
        assert_eq!(
            kind_and_text(&report, name),
            (kind, text.to_owned()),
            "{name}"
        );
    }
    let socket = format!("read on descriptor {fd}");
    assert_eq!(kind_and_text(&report, "socket"), (WaitKind::Io, socket));
    let limit = report.find("limit").unwrap();
    assert_eq!(report.awaited_by(limit)[0].name(), "event");
    assert!(report.cycles().is_empty());
    assert!(report.tasks()[0].is_running() && !report.tasks()[1].is_running());
    let text = report.to_string();
    assert!(
        text.starts_with("Task-1 ") && text.contains(" is running\n"),
        "{text}"
    );
    assert!(
        text.contains("ready y() made at ") && text.contains(" is ready\n"),
        "{text}"
    );
}

fn worker(co: &Co) -> Result<()> {
    co.yield_from(fetch)
}

fn fetch(co: &Co) -> Result<()> {
    co.yield_from(sleep(secs(1)))
}

#[test]
fn it_is_a_tree_of_who_waits_for_whom() {
    let report = run_virtual(|co: &Co| {
        let main = |co: &Co| {
            co.yield_from(task_group(|_, group| {
                group.create_task(worker).set_name("w1");
                group.create_task(worker).set_name("w2");
                Ok(())
            }))
        };
        let main = create_task(main);
        main.set_name("main");
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())?;
        let report = report_here()?;
        co.yield_from(main)?;
        Ok(report)
    });
    let text = report.unwrap().to_string();
    let line = |line: &str| match line.find(" made at ").or(line.find(" at tests")) {
        Some(at) => {
            let end = line
                .find(" waits for")
                .or(line.find(" is "))
                .unwrap_or(line.len());
            format!("{}{}", &line[..at], &line[end..])
        }
        None => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    let expected = [
        "Task-1 it_is_a_tree_of_who_waits_for_whom::{closure} is running",
        "    it_is_a_tree_of_who_waits_for_whom::{closure}",
        "main it_is_a_tree_of_who_waits_for_whom::{closure} waits for the end of a task group",
        "│   it_is_a_tree_of_who_waits_for_whom::{closure}",
        "├── w1 worker() waits for sleep until 1s",
        "│       worker()",
        "│       fetch()",
        "└── w2 worker() waits for sleep until 1s",
        "        worker()",
        "        fetch()",
    ];
    assert_eq!(lines, expected, "{text}");
}

#[test]
fn it_can_be_asked_for_before_a_run_in_a_callback_and_after() {
    let event_loop = virtual_loop();
    assert_eq!(event_loop.report(), Report::default());
    assert_eq!(event_loop.report().to_string(), "");
    let task = event_loop.create_task(worker);
    assert_eq!(event_loop.report().tasks().len(), 1);
    let seen = Rc::new(RefCell::new(None));
    let (slot, asked) = (seen.clone(), event_loop.clone());
    let ask = move || _ = slot.replace(Some(asked.report()));
    event_loop
        .call_later(Duration::from_millis(500), ask)
        .unwrap();
    event_loop
        .run_until_complete(sleep(Duration::from_millis(700)))
        .unwrap();
    let inside = seen.take().unwrap();
    assert_eq!(inside.find("Task-1").unwrap().stack().len(), 2);
    assert!(!inside.tasks().iter().any(|task| task.is_running()));
    assert_eq!(event_loop.report().tasks().len(), 1);
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(event_loop.report(), Report::default());
    event_loop.close().unwrap();
    assert_eq!(event_loop.report(), Report::default());
}

#[test]
fn a_deep_chain_of_tasks_is_no_problem_for_a_small_stack() {
    let report = run_virtual(|co: &Co| {
        let mut last = create_task(|co: &Co| co.yield_from(sleep(secs(1))));
        for _ in 0..3_000 {
            let next = last.clone();
            last = create_task(move |co: &Co| co.yield_from(gather([next])).map(drop));
        }
        co.yield_from(yield_now())?;
        co.yield_from(yield_now())?;
        let small = CoroutineBuilder::new().stack_size(64 << 10);
        let report = co.yield_from(small.build(|_: &Co| report_here()))?;
        let text = report.to_string();
        co.yield_from(last)?;
        Ok((report, text))
    });
    let (report, text) = report.unwrap();
    assert_eq!(report.tasks().len(), 3_002);
    assert!(text.ends_with("... and 2002 more\n"), "{}", text.len());
}

#[test]
fn operations_of_the_library_that_wait_for_events_have_their_own_names() {
    let event_loop = EventLoop::new().unwrap();
    let report = event_loop.run_until_complete(|co: &Co| {
        let accepted = Event::new();
        let told = accepted.clone();
        let serve = move |co: &Co, _reader: StreamReader, _writer: StreamWriter| {
            told.set();
            co.yield_from(Event::new().wait())
        };
        let server = co.yield_from(start_server(serve, "127.0.0.1:0"))?;
        let address = server.local_addr()?;
        let (_reader, writer) = co.yield_from(open_connection(address))?;
        co.yield_from(accepted.wait())?;
        let flood = move |co: &Co| {
            writer.write(&vec![0; 64 << 20])?;
            co.yield_from(writer.drain())
        };
        create_task(flood).set_name("flood");
        let process = co.yield_from(create_subprocess_exec("sleep", &["60"]))?;
        let (awaited, last) = (process.clone(), server.clone());
        let wait = create_task(move |co: &Co| co.yield_from(awaited.wait()).map(drop));
        wait.set_name("parent");
        create_task(move |co: &Co| co.yield_from(last.wait_closed())).set_name("closer");
        server.close();
        co.yield_from(yield_now())?;
        let report = report_here()?;
        process.kill()?;
        co.yield_from(wait)?;
        Ok(report)
    });
    let report = report.unwrap();
    for (name, text) in [
        ("flood", "StreamWriter.drain"),
        ("parent", "Process.wait"),
        ("closer", "Server.wait_closed"),
    ] {
        let expected = (WaitKind::Io, text.to_owned());
        assert_eq!(kind_and_text(&report, name), expected, "{report}");
    }
    log_of(|| drop(event_loop));
}
