//! What signals do that nobody handles any more.

use yieldfrom::EventLoop;
use yieldfrom::signal::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGWINCH};

use crate::raise;

fn add_and_remove(signum: i32) {
    let event_loop = EventLoop::new().unwrap();
    event_loop.add_signal_handler(signum, || ()).unwrap();
    raise(signum);
    assert!(event_loop.remove_signal_handler(signum).unwrap());
}

pub(crate) fn the_last_removal_restores_the_default() {
    let other = EventLoop::new().unwrap();
    other.add_signal_handler(SIGTERM, || ()).unwrap();
    add_and_remove(SIGTERM);
    raise(SIGTERM); // the other loop has it
    assert!(other.remove_signal_handler(SIGTERM).unwrap());
    raise(SIGTERM);
}

pub(crate) fn so_does_closing_the_loop() {
    let event_loop = EventLoop::new().unwrap();
    event_loop.add_signal_handler(SIGHUP, || ()).unwrap();
    raise(SIGHUP);
    event_loop.close().unwrap();
    raise(SIGHUP);
}

pub(crate) fn and_dropping_it() {
    let event_loop = EventLoop::new().unwrap();
    let inner = event_loop.lend();
    event_loop
        .add_signal_handler(SIGUSR1, move || assert!(inner.is_running()))
        .unwrap();
    event_loop.close().unwrap();
    raise(SIGUSR1);
}

pub(crate) fn also_that_of_sigint() {
    add_and_remove(SIGINT);
    raise(SIGINT);
}

pub(crate) fn a_default_that_ignores_ignores() {
    add_and_remove(SIGWINCH);
    raise(SIGWINCH);
}

pub(crate) fn a_handler_can_come_back() {
    (0..3).for_each(|_| add_and_remove(SIGUSR1));
    raise(SIGUSR1);
}

pub(crate) fn a_signal_without_a_name_ends_the_process_as_well() {
    let event_loop = EventLoop::new().unwrap();
    let stopper = event_loop.clone();
    event_loop
        .add_signal_handler(40, move || stopper.stop())
        .unwrap();
    signal_hook::low_level::raise(40).unwrap();
    event_loop.run_forever().unwrap();
    event_loop.remove_signal_handler(40).unwrap();
    signal_hook::low_level::raise(40).unwrap();
}
