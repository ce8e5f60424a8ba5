//! What the loop asks of the system, counted by strace where there is one.

use std::fs;
use std::io::{Read, Write};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use yieldfrom::net::TcpStream;
use yieldfrom::{Co, EventLoop, create_task, get_running_loop, sleep, yield_now};

use super::{SocketPath, std_pair};
use crate::support::{again, is_child, test_path};

/// Makes a system call that can be found in the trace.
fn mark(name: &str) {
    let _ = fs::metadata(format!("/yieldfrom-mark-{name}"));
}

/// Counts the system calls of a test's thread between its marks, or returns none if it cannot be
/// traced here.
fn traced(test: &str) -> Option<Vec<String>> {
    let trace = SocketPath::new();
    let child = again(test);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&trace.0);
    command.arg(child.get_program()).args(child.get_args());
    command.envs(
        child
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    let output = command.output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("running 0 tests"), "there is no {test}");
    let text = fs::read_to_string(&trace.0).ok()?;
    let begin = text
        .lines()
        .position(|line| line.contains("yieldfrom-mark-begin"))?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text.lines().skip(begin).collect();
    let thread = lines[0].split(' ').next()?;
    let own = lines[1..]
        .iter()
        .filter(|line| line.split(' ').next() == Some(thread));
    let calls = own.take_while(|line| !line.contains("yieldfrom-mark-end"));
    // A call that another thread interrupts in the trace has two lines.
    let calls = calls.filter(|line| !line.contains(" resumed>"));
    Some(calls.map(|line| (*line).to_owned()).collect())
}

fn check(calls: Option<Vec<String>>, most: usize) {
    if let Some(calls) = calls {
        let first = calls
            .iter()
            .take(30)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n");
        assert!(
            calls.len() <= most,
            "{} system calls:\n{first}",
            calls.len()
        );
    }
}

#[test]
fn an_idle_turn_is_one_system_call() {
    if !is_child() {
        let calls = traced(test_path!("an_idle_turn_is_one_system_call"));
        return check(calls, 100 + 5);
    }
    let sleeping = |co: &Co| {
        co.yield_from(sleep(Duration::from_micros(100)))?;
        mark("begin");
        for _ in 0..100 {
            co.yield_from(sleep(Duration::from_micros(100)))?;
        }
        mark("end");
        Ok(())
    };
    EventLoop::new()
        .unwrap()
        .run_until_complete(sleeping)
        .unwrap();
}

#[test]
fn turns_with_something_to_do_are_free() {
    if !is_child() {
        let calls = traced(test_path!("turns_with_something_to_do_are_free"));
        return check(calls, 5);
    }
    let busy = |co: &Co| {
        co.yield_from(yield_now())?;
        mark("begin");
        for _ in 0..10_000 {
            co.yield_from(yield_now())?;
        }
        mark("end");
        Ok(())
    };
    EventLoop::new().unwrap().run_until_complete(busy).unwrap();
}

#[test]
fn looking_at_descriptors_is_rare_while_there_is_much_to_do() {
    if !is_child() {
        let calls = traced(test_path!(
            "looking_at_descriptors_is_rare_while_there_is_much_to_do"
        ));
        return check(calls, 6100 / 61 + 10);
    }
    let (one, _other) = std_pair().unwrap();
    let busy = move |co: &Co| {
        let stream = TcpStream::from_std(one)?;
        let reader = create_task(move |co: &Co| co.yield_from(stream.read(&mut [0])));
        co.yield_from(sleep(Duration::from_millis(1)))?;
        mark("begin");
        for _ in 0..6100 {
            co.yield_from(yield_now())?;
        }
        mark("end");
        reader.cancel();
        Ok(())
    };
    EventLoop::new().unwrap().run_until_complete(busy).unwrap();
}

#[test]
fn an_echo_is_three_system_calls() {
    if !is_child() {
        let calls = traced(test_path!("an_echo_is_three_system_calls"));
        return check(calls, 200 * 3 + 5);
    }
    let (one, mut peer) = std_pair().unwrap();
    peer.set_nodelay(true).unwrap();
    let client = std::thread::spawn(move || {
        let mut byte = [0];
        for n in 0..210 {
            peer.write_all(&[n]).unwrap();
            peer.read_exact(&mut byte).unwrap();
        }
    });
    let server = |co: &Co| {
        let stream = TcpStream::from_std(one)?;
        let mut buffer = [0; 100];
        for n in 0..210 {
            if n == 10 {
                mark("begin");
            }
            let n = co.yield_from(stream.read(&mut buffer))?;
            co.yield_from(stream.write_all(&buffer[..n]))?;
        }
        mark("end");
        Ok(())
    };
    EventLoop::new()
        .unwrap()
        .run_until_complete(server)
        .unwrap();
    client.join().unwrap();
}

#[test]
fn a_reader_that_stays_is_registered_once() {
    if !is_child() {
        let calls = traced(test_path!("a_reader_that_stays_is_registered_once"));
        return check(calls, 200 + 20);
    }
    let (one, mut peer) = std_pair().unwrap();
    peer.write_all(b"abc").unwrap();
    let event_loop = EventLoop::new().unwrap();
    let (stopper, mut n) = (event_loop.lend(), 0);
    let callback = move || {
        n += 1;
        match n {
            10 => mark("begin"),
            210 => {
                mark("end");
                stopper.stop();
            }
            _ => (),
        }
    };
    event_loop.add_reader(&one, callback).unwrap();
    event_loop.run_forever().unwrap();
    event_loop.remove_reader(&one);
    assert!(get_running_loop().is_err());
}

#[test]
fn a_failing_wait_names_its_operation() {
    if is_child() {
        for builder in [
            EventLoop::builder(),
            EventLoop::builder().portable_reactor(),
        ] {
            let event_loop = builder.build().unwrap();
            let run = event_loop
                .run_until_complete(|co: &Co| co.yield_from(sleep(Duration::from_secs(60))));
            let error = run.unwrap_err().to_string();
            assert!(error.starts_with("wait for events: "), "{error}");
        }
        println!("both waits failed");
        return;
    }
    let child = again(test_path!("a_failing_wait_names_its_operation"));
    let mut command = Command::new("strace");
    let calls = "epoll_wait,epoll_pwait,epoll_pwait2";
    command.args(["-f", "-qq", "-o", "/dev/null", "-e"]);
    command.arg(format!("inject={calls}:error=ENOMEM"));
    command.arg(child.get_program()).args(child.get_args());
    let set = child.get_envs().filter_map(|(k, v)| Some((k, v?)));
    // Without strace, or where it may not trace, this cannot be tried.
    let Ok(output) = command.envs(set).output() else {
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("running 0 tests"), "{text}");
    let may_trace = text.contains("running 1 test");
    assert!(!may_trace || text.contains("both waits failed"), "{text}");
}

#[test]
fn a_wake_up_from_another_thread_is_one_system_call_of_the_loop() {
    if !is_child() {
        let calls = traced(test_path!(
            "a_wake_up_from_another_thread_is_one_system_call_of_the_loop"
        ));
        return check(calls, 100 + 5);
    }
    static WOKEN: AtomicUsize = AtomicUsize::new(0);
    let event_loop = EventLoop::new().unwrap();
    let handle = event_loop.handle();
    event_loop.call_soon(|| mark("begin")).unwrap();
    let waker = thread::spawn(move || {
        for n in 1..=100 {
            let woken = move || WOKEN.store(n, Ordering::SeqCst);
            handle.call_soon_threadsafe(woken).unwrap();
            while WOKEN.load(Ordering::SeqCst) < n {
                thread::yield_now();
            }
        }
        let stop = || {
            mark("end");
            get_running_loop().unwrap().stop();
        };
        handle.call_soon_threadsafe(stop).unwrap();
    });
    event_loop.run_forever().unwrap();
    waker.join().unwrap();
}
