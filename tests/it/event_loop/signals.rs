//! Signals and Ctrl-C.
//!
//! What a process does at a signal is one for all of its threads, and Ctrl-C is dealt with on the
//! main thread only: so each test is a program of `bin/signals.rs`.

use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{output, stderr};

const PROGRAMS: &str = env!("CARGO_BIN_EXE_signals");

const SIGHUP: i32 = 1;
const SIGINT: i32 = 2;
const SIGUSR1: i32 = 10;
const SIGTERM: i32 = 15;

/// Returns the command that runs a program, for which Ctrl-C has its default action, even where
/// these tests run in the background of a script, and so ignore it.
fn program(name: &str) -> Command {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let mut command = match mask.is_some_and(|mask| mask >> (SIGINT - 1) & 1 == 1) {
        true => {
            let mut env = Command::new("env");
            env.args(["--default-signal=INT", PROGRAMS]);
            env
        }
        false => Command::new(PROGRAMS),
    };
    command.arg(name);
    command
}

/// Runs a program, and checks its end.
fn check(command: &mut Command, is_right: impl Fn(ExitStatus) -> bool) {
    let run = output(command);
    assert!(is_right(run.status), "{}: {}", run.status, stderr(&run));
}

macro_rules! ending {
    () => {
        |status: ExitStatus| status.success()
    };
    (by $signum:ident) => {
        |status: ExitStatus| status.signal() == Some($signum)
    };
    (with $code:literal) => {
        |status: ExitStatus| status.code() == Some($code)
    };
}

macro_rules! programs {
    ($($module:ident: $($name:ident $(($($ending:tt)*))?)*;)*) => {$(
        mod $module {
            use super::*;

            $(#[test]
            fn $name() {
                let name = concat!(stringify!($module), "::", stringify!($name));
                check(&mut program(name), ending!($($($ending)*)?));
            })*
        }
    )*};
}

programs! {
    handlers:
        a_signal_wakes_a_loop_that_waits_and_the_handler_runs_inside
        each_signal_is_a_call_and_none_is_lost_before_a_run
        a_handler_is_replaced_and_removed
        a_handler_may_remove_and_replace_itself
        what_cannot_be_caught_is_refused
        a_handler_is_an_outside_wake_up
        a_busy_loop_sees_signals
        a_panic_of_a_handler_is_reported_and_it_stays
        loops_of_several_threads_are_all_told
        handlers_leave_no_descriptor
        handlers_that_are_replaced_or_removed_hold_no_descriptor_until_the_next_turn;
    defaults:
        the_last_removal_restores_the_default (by SIGTERM)
        so_does_closing_the_loop (by SIGHUP)
        and_dropping_it (by SIGUSR1)
        also_that_of_sigint (by SIGINT)
        a_default_that_ignores_ignores
        a_handler_can_come_back (by SIGUSR1)
        a_signal_without_a_name_ends_the_process_as_well (with 168);
    ctrl_c:
        the_first_cancels_the_main_task
        a_task_may_catch_the_first
        the_second_ends_the_run_at_once_and_the_loop_goes_on
        the_second_ends_run_though_a_job_blocks_and_the_task_goes_on
        the_second_ends_run_while_the_rest_is_cancelled_though_a_job_blocks
        the_second_ends_run_while_it_waits_for_a_job
        the_first_ends_run_while_it_waits_for_a_job_after_the_main_task
        the_first_waits_for_jobs
        two_that_a_stuck_loop_does_not_notice_end_the_process (by SIGINT)
        one_that_comes_too_late_to_cancel_anything_is_not_lost
        a_future_is_cancelled_as_well
        whoever_else_cancelled_the_task_is_told_that_it_was_cancelled
        busy_loops_notice_it_in_real_and_in_virtual_time
        no_run_is_kept_from_being_a_deadlock
        a_handler_of_the_program_has_it
        it_has_its_default_before_runs (by SIGINT)
        it_has_its_default_after_runs (by SIGINT)
        it_can_be_left_alone_by_the_builder (by SIGINT)
        it_can_be_left_alone_by_the_loop (by SIGINT)
        runs_of_other_threads_leave_it_alone (by SIGINT)
        so_do_those_of_a_thread_that_is_called_main (by SIGINT)
        what_the_program_has_arranged_before_stays;
}

#[test]
fn what_is_ignored_from_the_start_stays_ignored() {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT; exec \"$@\"", "sh", PROGRAMS]);
    shell.arg("ctrl_c::what_is_ignored_from_the_start_stays_ignored");
    check(&mut shell, ending!());
}

#[test]
fn ctrl_c_comes_from_outside_as_well() {
    let mut command = program("ctrl_c::it_comes_from_outside_as_well");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "ready"));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(7), None));
}
