//! The report at a signal: each test in a process of its own, as the signal is for all of it.

use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process, setrlimit};
use yieldfrom::signal::SIGQUIT;
use yieldfrom::{Co, DeadlockError, Event, EventLoop, LoopBuilder, Result, create_task, sleep};

use crate::support::{Watchdog, again, failed_with, is_child, output, stderr, test_path};

fn quit() {
    kill_process(getpid(), Signal::QUIT).unwrap();
}

fn stuck(co: &Co) -> Result<()> {
    co.yield_from(Event::new().wait())
}

#[test]
fn the_report_is_written_and_the_run_goes_on() {
    if is_child() {
        let _watchdog = Watchdog::start("a deadlock was not found");
        let main = |co: &Co| {
            create_task(stuck).set_name("the stuck one");
            co.yield_from(sleep(Duration::from_millis(2)))?;
            quit();
            co.yield_from(sleep(Duration::from_millis(20)))?;
            Ok("done")
        };
        let event_loop = LoopBuilder::new().report_on_sigquit().build().unwrap();
        assert_eq!(event_loop.run_until_complete(main).unwrap(), "done");
        return;
    }
    let name = test_path!("the_report_is_written_and_the_run_goes_on");
    let run = output(&mut again(name));
    let errors = stderr(&run);
    assert!(run.status.success(), "{errors}");
    assert!(
        errors.contains("SIGQUIT at loop time ") && errors.contains(", 2 tasks:\n"),
        "{errors}"
    );
    let line = errors
        .lines()
        .find(|line| line.starts_with("the stuck one "))
        .expect(&errors);
    assert!(
        line.ends_with(" waits for Event.wait of <Event unset, waiters:1>"),
        "{line}"
    );
    assert!(
        errors.contains(&format!("    stuck() at {}:", file!())),
        "{errors}"
    );
}

#[test]
fn it_keeps_no_deadlock_from_being_found() {
    if is_child() {
        let _watchdog = Watchdog::start("a deadlock was not found");
        let event_loop = EventLoop::new().unwrap();
        event_loop.report_on_sigquit().unwrap();
        event_loop.report_on_sigquit().unwrap();
        assert!(failed_with::<DeadlockError, _>(
            event_loop.run_until_complete(stuck)
        ));
        // But somebody else's handler may do anything.
        let stop = event_loop.lend();
        event_loop
            .add_signal_handler(SIGQUIT, move || stop.stop())
            .unwrap();
        event_loop
            .call_soon(|| drop(std::thread::spawn(quit)))
            .unwrap();
        event_loop.run_forever().unwrap();
        assert!(event_loop.remove_signal_handler(SIGQUIT).unwrap());
        assert!(failed_with::<DeadlockError, _>(event_loop.run_forever()));
        return;
    }
    let name = test_path!("it_keeps_no_deadlock_from_being_found");
    let run = output(&mut again(name));
    assert!(run.status.success(), "{}", stderr(&run));
}

#[test]
fn without_it_the_signal_ends_the_process() {
    if is_child() {
        let _watchdog = Watchdog::start("a deadlock was not found");
        let event_loop = EventLoop::new().unwrap();
        event_loop.report_on_sigquit().unwrap();
        event_loop.remove_signal_handler(SIGQUIT).unwrap();
        // Without a core dump.
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        setrlimit(Resource::Core, none).unwrap();
        quit();
        std::thread::sleep(Duration::from_secs(5));
        return;
    }
    let name = test_path!("without_it_the_signal_ends_the_process");
    let run = output(&mut again(name));
    assert_eq!(run.status.signal(), Some(SIGQUIT), "{}", stderr(&run));
}
