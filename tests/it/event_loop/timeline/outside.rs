//! What comes from outside of a recorded loop: descriptors, and other threads.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread;

use yieldfrom::{Co, CoroutineBuilder, EventLoop, Future, get_running_loop};

use super::page::Page;

#[test]
fn descriptors_that_are_waited_for_are_known() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.start_trace(None).unwrap();
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let main = move |co: &Co| {
        let done = Future::new();
        let told = done.clone();
        let running = get_running_loop()?;
        running.add_reader(&ours, move || _ = told.set_result(()))?;
        theirs.write_all(b"x")?;
        co.yield_from(done)?;
        assert!(running.remove_reader(&ours));
        ours.set_nonblocking(true)?;
        theirs.write_all(b"y")?;
        let mut buffer = [0; 2];
        co.yield_from(running.sock_recv_into(&ours, &mut buffer))?;
        let late = thread::spawn(move || theirs.write_all(b"z"));
        co.yield_from(running.sock_recv_into(&ours, &mut buffer))?;
        late.join().unwrap()?;
        Ok(())
    };
    event_loop
        .run_until_complete(CoroutineBuilder::new().name("main").build(main))
        .unwrap();
    let page = Page::of(&event_loop.stop_trace().unwrap());
    let story = page.story();
    let watches: Vec<_> = story
        .iter()
        .filter(|line| line.starts_with("watch <Handle"))
        .collect();
    assert_eq!(watches.len(), 1, "{story:#?}");
    let socket = story
        .iter()
        .filter(|line| line.starts_with("ready <Handle") && line.contains(" socket by -"));
    assert!(socket.count() >= 1, "{story:#?}");
    let watched = story
        .iter()
        .filter(|line| line.starts_with("watch "))
        .count();
    let unwatched = story
        .iter()
        .filter(|line| line.starts_with("unwatch "))
        .count();
    assert_eq!(watched, unwatched, "{story:#?}");
}

#[test]
fn calls_of_other_threads_are_ready_by_them() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.start_trace(None).unwrap();
    let main = |co: &Co| {
        let (running, done) = (get_running_loop()?, Future::new());
        let told = std::rc::Rc::new(done.clone());
        let handle = running.handle();
        let asked = yieldfrom::to_thread(move || handle.call_soon_threadsafe(|| ()).is_ok());
        assert!(co.yield_from(asked)?);
        told.set_result(())?;
        co.yield_from(done)
    };
    event_loop.run_until_complete(main).unwrap();
    let page = Page::of(&event_loop.stop_trace().unwrap());
    let thread = page
        .story()
        .into_iter()
        .filter(|line| line.contains(" thread by -"));
    assert!(thread.count() >= 2, "{:#?}", page.story());
}
