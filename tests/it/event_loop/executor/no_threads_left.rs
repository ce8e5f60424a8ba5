//! A system that has no threads to give. Each test runs in a process of its own.

use std::thread;

use crate::support::{again, is_child, millis, output, stderr, test_path};

use super::pool;

#[test]
fn a_pool_for_which_there_are_no_threads_says_so() {
    if is_child() {
        let refused = pool(2).submit(|| 1).result(None);
        eprintln!("refused: {refused:?}");
        return;
    }
    // No thread with a stack of this size can be made.
    let mut command = again(test_path!("a_pool_for_which_there_are_no_threads_says_so"));
    let output = output(command.env("RUST_MIN_STACK", (1_u64 << 60).to_string()));
    let text = stderr(&output);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("submit: the system has no thread to give"),
        "{text}"
    );
}

#[test]
fn with_fewer_threads_than_the_bound_the_others_do_the_work() {
    let test = test_path!("with_fewer_threads_than_the_bound_the_others_do_the_work");
    if is_child() {
        let executor = pool(64);
        let jobs: Vec<_> = (0..64)
            .map(|n| {
                executor.submit(move || {
                    thread::sleep(millis(1));
                    n
                })
            })
            .collect();
        let results: Vec<usize> = jobs.iter().map(|job| job.result(None).unwrap()).collect();
        assert_eq!(results, (0..64).collect::<Vec<_>>());
        eprintln!("{executor:?}");
        return;
    }
    // Room for some stacks of a gibibyte.
    let again = again(test);
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v 6000000; exec \"$0\" \"$@\""])
        .arg(again.get_program())
        .args(again.get_args())
        .env("RUST_MIN_STACK", (1_u64 << 30).to_string());
    for (key, value) in again.get_envs() {
        command.env(key, value.unwrap());
    }
    let text = stderr(&output(&mut command));
    let workers = text.split("<ThreadPoolExecutor ").nth(1);
    let workers = workers.and_then(|text| text.split('/').next()?.parse::<usize>().ok());
    assert!(workers.is_some_and(|n| (1..20).contains(&n)), "{text}");
}
