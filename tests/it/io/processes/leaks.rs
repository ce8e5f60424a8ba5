//! Nothing is left behind: no descriptor, no thread, no zombie.
//!
//! Each test runs in a process of its own, so that it may count.

use std::fs::{self, File};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use yieldfrom::process::PIPE;
use yieldfrom::{Co, EventLoop, Result};

use super::{How, children, each, until_blocking};
use crate::support::{in_a_child, open_descriptors, test_path};

fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

/// Ends children in all sorts of ways.
fn all_sorts(co: &Co, how: How) -> Result<()> {
    let piped = |command: &str| how.shell(command).stdin(PIPE).stdout(PIPE).stderr(PIPE);
    let process = co.yield_from(piped("cat"))?;
    co.yield_from(process.communicate("text"))?;
    drop(co.yield_from(piped("exec sleep 1000"))?);
    let process = co.yield_from(piped("exit 3"))?;
    co.yield_from(process.wait())?;
    let ignored = co.yield_from(piped("exec sleep 1000"))?;
    ignored.terminate()?;
    drop(co.yield_from(how.exec("/no/such/program", &[]).stdin(PIPE).stdout(PIPE)));
    drop(
        co.yield_from(
            how.exec("true", &[])
                .cwd("/no/such")
                .stdin(PIPE)
                .stdout(PIPE),
        ),
    );
    drop(co.yield_from(how.exec("true\0", &[]).stdin(PIPE)));
    Ok(())
}

#[test]
fn nothing_is_left_when_the_loop_is_closed() {
    if !in_a_child(test_path!("nothing_is_left_when_the_loop_is_closed")) {
        return;
    }
    each(all_sorts);
    let (descriptors, before) = (open_descriptors(), threads());
    for _ in 0..3 {
        each(all_sorts);
        assert_eq!(children(), []);
        assert_eq!(open_descriptors(), descriptors);
    }
    until_blocking(|| threads() == before);
}

#[test]
fn nothing_is_left_while_the_loop_goes_on() {
    if !in_a_child(test_path!("nothing_is_left_while_the_loop_goes_on")) {
        return;
    }
    each(|co, how| {
        let descriptors = open_descriptors();
        for _ in 0..3 {
            all_sorts(co, how)?;
        }
        super::until(co, || children().is_empty())?;
        super::until(co, || open_descriptors() == descriptors)
    });
}

/// Takes all descriptors that this process may have, few from now on, but so many.
fn take_all_but(free: usize) -> Vec<File> {
    let hard = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: Some(open_descriptors() as u64 + 40),
        maximum: hard,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
    let mut taken: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    taken.truncate(taken.len() - free);
    taken
}

fn unlimit() {
    let hard = getrlimit(Resource::Nofile).maximum;
    let limit = Rlimit {
        current: hard,
        maximum: hard,
    };
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[test]
fn a_start_without_descriptors_fails_and_leaves_nothing() {
    if !in_a_child(test_path!(
        "a_start_without_descriptors_fails_and_leaves_nothing"
    )) {
        return;
    }
    for by_thread in [false, true] {
        let how = How { by_thread };
        let event_loop = EventLoop::new().unwrap();
        let (mut failed, mut started) = (0, 0);
        for more in 0..16 {
            let before = open_descriptors();
            let taken = take_all_but(more);
            let result = event_loop.run_until_complete(move |co: &Co| {
                let create = how.exec("cat", &[]).stdin(PIPE).stdout(PIPE).stderr(PIPE);
                let process = co.yield_from(create)?;
                co.yield_from(process.communicate("text"))
            });
            drop(taken);
            unlimit();
            match result {
                Ok((stdout, _)) => {
                    assert_eq!(stdout, b"text");
                    started += 1;
                }
                Err(error) => {
                    assert!(error.to_string().contains("os error 24"), "{error}");
                    failed += 1;
                }
            }
            assert_eq!((open_descriptors(), children()), (before, vec![]), "{more}");
        }
        assert!(failed > 4 && started > 2, "{failed} {started}");
    }
}
