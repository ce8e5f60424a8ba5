//! Clients that do what they should not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{Folder, Viewer, is_new};
use crate::insight::watch::{Pulse, Watching};
use crate::kernel::Layer;
use crate::{Co, EventLoop, create_task, sleep, to_thread, yield_now};

/// Runs a loop with some tasks while a thread does this to its monitor.
fn attacked<T: Send + 'static>(attack: impl FnOnce(&Path) -> T + Send + 'static) -> T {
    let folder = Folder::new();
    let path = folder.path();
    let builder = EventLoop::builder().monitor(&path);
    let attacked = builder.block_on(move |co| {
        (0..500).for_each(|_| drop(create_task(|co: &Co| co.yield_from(sleep(3600)))));
        co.yield_from(to_thread(move || attack(&path)))
    });
    attacked.unwrap()
}

#[test]
fn garbage_has_an_error_as_its_answer_and_ends_nothing() {
    attacked(|path| {
        let mut viewer = Viewer::new(path);
        for garbage in ["GET / HTTP/1.1", "", "snapshot \u{1F600}", "\0\0"] {
            let answer = viewer.ask(garbage);
            assert!(
                answer["error"].as_str().unwrap().contains("help"),
                "{answer}"
            );
        }
        viewer.send(b"\xff\xfe\n");
        assert!(viewer.read()["error"].is_string());
        assert!(viewer.ask("help")["requests"]["snapshot"].is_string());
    });
}

#[test]
fn several_requests_in_one_piece_have_an_answer_each() {
    attacked(|path| {
        let mut viewer = Viewer::new(path);
        viewer.send(b"help\nsnapshot 1\nhel");
        assert!(viewer.read()["requests"].is_object());
        assert!(!viewer.read()["has_answered"].is_null());
        viewer.send(b"p\n");
        assert!(viewer.read()["requests"].is_object());
    });
}

#[test]
fn a_line_without_end_is_refused_and_the_client_with_it() {
    attacked(|path| {
        let mut viewer = Viewer::new(path);
        viewer.send(&[b'x'; 256]);
        assert!(viewer.read()["error"].is_string());
        assert_eq!(viewer.0.read(&mut [0]).unwrap(), 0, "it was closed");
    });
}

#[test]
fn a_client_that_never_reads_keeps_nobody_from_an_answer() {
    attacked(|path| {
        let mut deaf = Viewer::new(path);
        // More than the system keeps for it.
        (0..100).for_each(|_| deaf.send(b"snapshot\n"));
        Viewer::new(path).until("snapshot 1", is_new);
        drop(deaf);
        Viewer::new(path).until("snapshot 1", is_new);
    });
}

#[test]
fn only_some_clients_are_served_at_a_time() {
    attacked(|path| {
        let mut viewers: Vec<_> = (0..8).map(|_| Viewer::new(path)).collect();
        viewers.iter_mut().for_each(|it| drop(it.ask("help")));
        let refused = Viewer::new(path).read();
        assert!(refused["error"].as_str().unwrap().starts_with("too many"));
        viewers.pop();
        until_served(path);
    });
}

#[test]
fn ten_thousand_connections_leave_the_monitor_as_it_was() {
    attacked(|path| {
        for _ in 0..10_000 {
            drop(UnixStream::connect(path).unwrap());
        }
        assert!(until_served(path)["error"].is_null());
    });
}

/// Asks until there is a place: the monitor may not have noticed yet that others have gone.
fn until_served(path: &Path) -> Value {
    loop {
        let mut viewer = Viewer::new(path);
        // It may be closed before it has asked.
        let _ = viewer.0.get_mut().write_all(b"snapshot\n");
        let answer = viewer.read();
        if answer["error"].is_null() {
            return answer;
        }
    }
}

fn pulse_of(event_loop: &EventLoop) -> Arc<Pulse> {
    let watching = Watching::of(event_loop.core()).unwrap();
    Arc::clone(watching.pulse.as_ref().unwrap())
}

#[test]
fn entries_are_noted_only_while_somebody_is_connected() {
    let folder = Folder::new();
    let path = folder.path();
    let event_loop = EventLoop::builder().monitor(&path).build().unwrap();
    let pulse = pulse_of(&event_loop);
    event_loop
        .block_on(move |co| {
            let is_noted = |co: &Co| co.yield_from(yield_now()).map(|()| pulse.entry().is_some());
            assert!((0..10).all(|_| !is_noted(co).unwrap()));
            let viewer = UnixStream::connect(path)?;
            while !is_noted(co)? {}
            assert!((0..10).all(|_| is_noted(co).unwrap()));
            drop(viewer);
            while is_noted(co)? {}
            Ok(())
        })
        .unwrap();
}
