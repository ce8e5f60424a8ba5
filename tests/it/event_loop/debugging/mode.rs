//! What debug mode tells.

use std::net::UdpSocket;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use yieldfrom::{
    Co, CoroutineBuilder, Error, EventLoop, Future, ValueError, coroutine, create_task,
    get_running_loop, net, sleep, yield_now,
};

use crate::support::{
    again, failed_with, is_child, log_of, log_with_slow, output, settle, test_path, virtual_loop,
};

fn debug_loop() -> EventLoop {
    EventLoop::builder().debug(true).build().unwrap()
}

fn at(line: u32) -> String {
    format!(" created at {}:{line}:", file!())
}

#[test]
fn futures_and_tasks_say_where_they_were_made() {
    let event_loop = debug_loop();
    let future = event_loop.create_future::<i32>();
    assert!(future.to_string().contains(&at(line!() - 1)), "{future}");
    assert!(future.to_string().starts_with("<Future pending created"));
    assert_eq!(format!("{future:?}"), future.to_string());
    let coroutine = coroutine(|_: &Co| Ok(7));
    let task = event_loop.create_task(coroutine);
    assert!(task.to_string().contains(&at(line!() - 1)), "{task}");
    event_loop.run_until_complete(&task).unwrap();
    assert!(task.to_string().contains(" created at "), "{task}");
    let made = event_loop.run_until_complete(|_: &Co| Ok((Future::<i32>::new(), line!())));
    let (future, line) = made.unwrap();
    assert!(future.to_string().contains(&at(line)), "{future}");
}

#[test]
fn outside_of_debug_mode_they_do_not() {
    let event_loop = EventLoop::builder().debug(false).build().unwrap();
    let before = event_loop.create_future::<i32>();
    event_loop.set_debug(true);
    let during = event_loop.create_future::<i32>();
    event_loop.set_debug(false);
    assert_eq!(before.to_string(), "<Future pending>");
    assert!(during.to_string().contains("created at"));
}

#[test]
fn handles_say_where_they_were_made_in_any_mode() {
    let event_loop = virtual_loop();
    let soon = event_loop.call_soon(|| ()).unwrap();
    assert!(format!("{soon:?}").contains(&at(line!() - 1)), "{soon:?}");
    let later = event_loop.call_later(Duration::ZERO, || ()).unwrap();
    assert!(format!("{later:?}").contains(&at(line!() - 1)), "{later:?}");
}

#[test]
fn an_error_that_nobody_retrieves_is_told_with_the_place() {
    let (logged, line) = log_of(|| {
        let event_loop = debug_loop();
        let task = event_loop.create_task(coroutine(|_: &Co| Err::<(), _>(Error::msg("no fuel"))));
        let line = line!() - 1;
        settle(&event_loop);
        drop(task);
        line
    });
    let told = |text: &&String| text.contains("never retrieved") && text.contains(&at(line));
    assert!(logged.iter().any(|text| told(&text)), "{logged:?}");
}

#[test]
fn the_place_of_what_is_gone_is_forgotten() {
    let event_loop = debug_loop();
    let here = event_loop.create_future::<[u64; 4]>();
    drop(here);
    event_loop.set_debug(false);
    // One of these gets the memory of the one before.
    for _ in 0..100 {
        let future = event_loop.create_future::<[u64; 4]>();
        assert_eq!(future.to_string(), "<Future pending>");
    }
}

#[test]
fn a_slow_step_is_named_by_itself() {
    let (logged, ()) = log_with_slow(|| {
        let event_loop = debug_loop();
        // Longer than a busy machine keeps others from going on.
        event_loop.set_slow_callback_duration(Duration::from_millis(400));
        let blocker = CoroutineBuilder::new().name("blocker").build(|co: &Co| {
            co.yield_from(yield_now())?;
            thread::sleep(Duration::from_millis(500));
            Ok(())
        });
        let main = |co: &Co| {
            create_task(|co: &Co| co.yield_from(yield_now()));
            co.yield_from(create_task(blocker))
        };
        event_loop.run_until_complete(main).unwrap();
    });
    let slow: Vec<_> = logged.iter().filter(|line| line.contains("took")).collect();
    let warned: Vec<_> = slow
        .iter()
        .filter(|line| line.starts_with("WARN"))
        .collect();
    // On a busy machine others may be slow as well: each is named by itself.
    assert!(
        !warned.iter().any(|line| line.contains("one of")),
        "{warned:?}"
    );
    let blockers = warned
        .iter()
        .filter(|line| line.contains("coro=<blocker() "));
    let blockers: Vec<_> = blockers.collect();
    assert_eq!(blockers.len(), 1, "{logged:?}");
    assert!(
        blockers[0].starts_with("WARN Executing <Task "),
        "{warned:?}"
    );
}

#[test]
fn waits_are_told_of_with_their_length() {
    let wait = |debug: bool| {
        let (logged, ()) = log_of(|| {
            let event_loop = EventLoop::builder().debug(debug).build().unwrap();
            event_loop
                .run_until_complete(|co: &Co| co.yield_from(sleep(Duration::from_millis(3))))
                .unwrap();
        });
        let told = |line: &String| line.contains("Waiting took");
        logged.into_iter().filter(told).collect::<Vec<_>>()
    };
    assert!(wait(false).is_empty());
    let told = wait(true);
    assert_eq!(told.len(), 1, "{told:?}");
    let took = told[0].strip_prefix("DEBUG Waiting took ").unwrap();
    let took: f64 = took.split(' ').next().unwrap().parse().unwrap();
    assert!(took >= 0.002, "{told:?}");
    assert!(told[0].contains("(limit 0.00"), "{told:?}");
}

#[test]
fn look_ups_are_told_of() {
    let (logged, _) = log_of(|| {
        debug_loop().run_until_complete(|co: &Co| co.yield_from(net::getaddrinfo("localhost", 80)))
    });
    let told = logged
        .iter()
        .filter(|line| line.contains("Looking up localhost took "));
    assert_eq!(told.count(), 1, "{logged:?}");
}

#[test]
fn sockets_that_block_are_refused() {
    let refused = |main: fn(&Co) -> yieldfrom::Result<()>| {
        failed_with::<ValueError, _>(debug_loop().run_until_complete(main))
    };
    assert!(refused(|co| {
        let (near, _far) = UnixStream::pair()?;
        co.yield_from(get_running_loop()?.sock_recv(&near, 1))
            .map(drop)
    }));
    assert!(refused(|co| {
        let (near, _far) = UnixStream::pair()?;
        co.yield_from(get_running_loop()?.sock_sendall(&near, b"x"))
    }));
    assert!(refused(|co| {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        co.yield_from(get_running_loop()?.sock_connect(&socket, address))
    }));
    assert!(refused(|co| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        co.yield_from(get_running_loop()?.sock_accept(&listener))
            .map(drop)
    }));
}

#[test]
fn the_environment_switches_it_on() {
    if is_child() {
        println!("debug={}", EventLoop::new().unwrap().get_debug());
        return;
    }
    let name = test_path!("the_environment_switches_it_on");
    for (value, expected) in [
        ("1", "true"),
        ("0", "false"),
        ("", "false"),
        ("yes", "true"),
    ] {
        let output = output(again(name).env("YIELDFROM_DEBUG", value));
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains(&format!("debug={expected}")),
            "{value}: {text}"
        );
    }
}
