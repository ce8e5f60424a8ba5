//! How children end, and who is told.

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};
use yieldfrom::process::{PIPE, ProcessLookupError};
use yieldfrom::{Co, EventLoop, TimeoutError, ValueError, create_task, gather, sleep, wait_for};

use super::{How, a_while, each, state, until, until_blocking};
use crate::support::{failed_with, log_of, millis};

#[test]
fn statuses_are_those_of_asyncio() {
    each(|co, how| {
        for (command, expected) in [
            ("exit 0", 0),
            ("exit 7", 7),
            ("exit 255", 255),
            ("kill -TERM $$", -15),
            ("kill -KILL $$", -9),
            ("kill -ABRT $$", -6),
            ("no-such-command 2> /dev/null", 127),
        ] {
            let process = co.yield_from(how.shell(command))?;
            assert_eq!(co.yield_from(process.wait())?, expected, "{command}");
            assert_eq!(process.returncode(), Some(expected));
            assert_eq!(co.yield_from(process.wait())?, expected, "again");
        }
        Ok(())
    });
}

#[test]
fn signals_are_sent() {
    each(|co, how| {
        for (signum, send) in [
            (
                9,
                (|process| process.kill()) as fn(&yieldfrom::process::Process) -> _,
            ),
            (15, |process| process.terminate()),
            (1, |process| process.send_signal(1)),
        ] {
            let process = co.yield_from(how.exec("sleep", &["1000"]))?;
            assert_eq!(process.returncode(), None);
            assert!(format!("{process:?}").ends_with(" running>"));
            send(&process)?;
            assert_eq!(co.yield_from(process.wait())?, -signum);
            assert!(format!("{process:?}").ends_with(&format!(" returncode=-{signum}>")));
        }
        Ok(())
    });
}

#[test]
fn a_child_that_ignores_a_signal_is_killed() {
    each(|co, how| {
        let stubborn = how
            .shell("trap '' TERM; echo ready; exec sleep 1000")
            .stdout(PIPE);
        let process = co.yield_from(stubborn)?;
        co.yield_from(process.stdout().unwrap().readline())?;
        process.terminate()?;
        a_while(co)?;
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(co.yield_from(process.wait())?, -9);
        Ok(())
    });
}

#[test]
fn an_ended_child_gets_no_signals() {
    each(|co, how| {
        let process = co.yield_from(how.exec("true", &[]))?;
        co.yield_from(process.wait())?;
        assert_eq!(state(process.pid()), None, "it is reaped");
        for sent in [process.kill(), process.terminate(), process.send_signal(1)] {
            assert!(failed_with::<ProcessLookupError, _>(sent));
        }
        // Also one that the loop has not noticed yet.
        let process = co.yield_from(how.exec("true", &[]))?;
        until_blocking(|| state(process.pid()) == Some('Z'));
        assert!(failed_with::<ProcessLookupError, _>(process.kill()));
        assert_eq!(process.returncode(), Some(0));
        assert_eq!(co.yield_from(process.wait())?, 0);
        Ok(())
    });
}

#[test]
fn numbers_that_are_no_signals_are_refused() {
    each(|co, how| {
        let process = co.yield_from(how.exec("sleep", &["1000"]))?;
        for signum in [-1, 0, 65, i32::MAX] {
            assert!(
                failed_with::<ValueError, _>(process.send_signal(signum)),
                "{signum}"
            );
        }
        Ok(())
    });
}

#[test]
fn the_end_is_noticed_before_the_pipes_are_closed() {
    each(|co, how| {
        let command = "sleep 1000 & echo started";
        let create = how.shell(command).stdin(PIPE).stdout(PIPE).process_group(0);
        let process = co.yield_from(create)?;
        assert_eq!(co.yield_from(process.wait())?, 0);
        let stdout = process.stdout().unwrap();
        assert_eq!(co.yield_from(stdout.readline())?, b"started\n");
        let waiting = wait_for(stdout.read(None), millis(5));
        assert!(
            failed_with::<TimeoutError, _>(co.yield_from(waiting)),
            "it is still open"
        );
        let group = Pid::from_raw(process.pid() as i32).unwrap();
        kill_process_group(group, Signal::KILL)?;
        assert_eq!(co.yield_from(stdout.read(None))?, b"");
        Ok(())
    });
}

#[test]
fn a_wait_that_is_cancelled_leaves_the_others_alone() {
    each(|co, how| {
        let process = co.yield_from(how.exec("sleep", &["1000"]))?;
        let waiting: Vec<_> = (0..3).map(|_| create_task(process.wait())).collect();
        a_while(co)?;
        waiting[1].cancel();
        let limited = wait_for(process.wait(), millis(1));
        assert!(failed_with::<TimeoutError, _>(co.yield_from(limited)));
        assert_eq!(process.returncode(), None);
        process.kill()?;
        assert_eq!(co.yield_from(process.wait())?, -9);
        assert!(co.yield_from(&waiting[1]).unwrap_err().is_cancelled());
        let others = [waiting[0].clone(), waiting[2].clone()];
        assert_eq!(co.yield_from(gather(others))?, [-9, -9]);
        Ok(())
    });
}

#[test]
fn a_process_that_is_dropped_is_killed_and_reaped() {
    each(|co, how| {
        let process = co.yield_from(how.exec("sleep", &["1000"]))?;
        let (pid, other) = (process.pid(), process.clone());
        drop(process);
        a_while(co)?;
        assert!(
            state(pid).is_some_and(|state| state != 'Z'),
            "there is another handle"
        );
        drop(other);
        until(co, || state(pid).is_none())
    });
}

#[test]
fn a_child_that_nobody_waits_for_is_reaped() {
    each(|co, how| {
        let process = co.yield_from(how.exec("true", &[]))?;
        until(co, || process.returncode().is_some())?;
        assert_eq!(state(process.pid()), None);
        Ok(())
    });
}

#[test]
fn closing_the_loop_kills_and_reaps() {
    for by_thread in [false, true] {
        let event_loop = EventLoop::new().unwrap();
        let how = How { by_thread };
        let start = move |co: &Co| co.yield_from(how.exec("sleep", &["1000"]).stdin(PIPE));
        let process = event_loop.run_until_complete(start).unwrap();
        assert_eq!(process.returncode(), None);
        event_loop.close().unwrap();
        assert_eq!(
            (state(process.pid()), process.returncode()),
            (None, Some(-9))
        );
        assert!(failed_with::<ProcessLookupError, _>(process.kill()));
    }
}

#[test]
fn dropping_all_at_once_reaps_as_well() {
    for by_thread in [false, true] {
        let event_loop = EventLoop::new().unwrap();
        let how = How { by_thread };
        let task = event_loop.create_task(move |co: &Co| {
            let process = co.yield_from(how.exec("sleep", &["1000"]).stdout(PIPE))?;
            co.yield_from(sleep(millis(1)))?;
            Ok(process)
        });
        let process = event_loop.run_until_complete(&task).unwrap();
        let pid = process.pid();
        let waiting = event_loop.create_task(process.wait());
        event_loop.turn(Some(millis(0))).unwrap();
        event_loop.set_exception_handler(Some(Box::new(|_, _| ())));
        drop((process, waiting, task, event_loop));
        assert_eq!(state(pid), None);
    }
}

#[test]
fn one_that_is_reaped_elsewhere_has_an_unknown_status() {
    each(|co, how| {
        let process = co.yield_from(how.exec("sleep", &["1000"]))?;
        let pid = Pid::from_raw(process.pid() as i32).unwrap();
        let thief = std::thread::spawn(move || waitpid(Some(pid), WaitOptions::empty()));
        a_while(co)?;
        process.kill()?;
        thief.join().unwrap()?;
        let (logged, code) = log_of(|| co.yield_from(process.wait()));
        assert_eq!(code?, 255);
        assert!(
            logged.iter().any(|line| line.contains("noticed elsewhere")),
            "{logged:?}"
        );
        Ok(())
    });
}

#[test]
fn loops_of_several_threads_have_children() {
    let threads: Vec<_> = (0..4)
        .map(|i| {
            std::thread::spawn(move || {
                let how = How {
                    by_thread: i % 2 == 0,
                };
                yieldfrom::run(move |co: &Co| {
                    let process = co.yield_from(how.shell(&format!("exit {i}")))?;
                    co.yield_from(process.wait())
                })
                .unwrap()
            })
        })
        .collect();
    let codes: Vec<i32> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert_eq!(codes, [0, 1, 2, 3]);
}
