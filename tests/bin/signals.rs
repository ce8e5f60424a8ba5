//! What processes do at signals: each program, named by the first argument, in a process of its
//! own and on its main thread. `it/event_loop/signals.rs` runs them.

#[path = "signals/ctrl_c.rs"]
mod ctrl_c;
#[path = "signals/defaults.rs"]
mod defaults;
#[allow(dead_code, reason = "it is for all tests")]
#[path = "../it/support/fixtures.rs"]
mod fixtures;
#[path = "signals/handlers.rs"]
mod handlers;

use std::time::Duration;

use yieldfrom::{Co, Result, sleep};

/// Sends a signal to this thread, which has it when this returns.
fn raise(signum: i32) {
    signal_hook::low_level::raise(signum).unwrap();
}

/// Sends a signal to this process when the loop waits.
fn raise_soon(signum: i32) {
    use rustix::process::{Signal, getpid, kill_process};
    let signal = Signal::from_named_raw(signum).expect("a signal with a name");
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(5));
        kill_process(getpid(), signal).unwrap();
    });
}

fn pause(co: &Co) -> Result<()> {
    co.yield_from(sleep(Duration::from_secs(3600)))
}

macro_rules! programs {
    ($($module:ident: $($name:ident)*;)*) => {
        fn program(name: &str) -> fn() {
            match name {
                $($(concat!(stringify!($module), "::", stringify!($name)) => $module::$name,)*)*
                _ => panic!("there is no program {name}"),
            }
        }
    };
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
        the_last_removal_restores_the_default
        so_does_closing_the_loop
        and_dropping_it
        also_that_of_sigint
        a_default_that_ignores_ignores
        a_handler_can_come_back
        a_signal_without_a_name_ends_the_process_as_well;
    ctrl_c:
        the_first_cancels_the_main_task
        a_task_may_catch_the_first
        the_second_ends_the_run_at_once_and_the_loop_goes_on
        the_second_ends_run_though_a_job_blocks_and_the_task_goes_on
        the_second_ends_run_while_the_rest_is_cancelled_though_a_job_blocks
        the_second_ends_run_while_it_waits_for_a_job
        the_first_ends_run_while_it_waits_for_a_job_after_the_main_task
        the_first_waits_for_jobs
        two_that_a_stuck_loop_does_not_notice_end_the_process
        one_that_comes_too_late_to_cancel_anything_is_not_lost
        a_future_is_cancelled_as_well
        whoever_else_cancelled_the_task_is_told_that_it_was_cancelled
        busy_loops_notice_it_in_real_and_in_virtual_time
        no_run_is_kept_from_being_a_deadlock
        a_handler_of_the_program_has_it
        it_has_its_default_before_runs
        it_has_its_default_after_runs
        it_can_be_left_alone_by_the_builder
        it_can_be_left_alone_by_the_loop
        runs_of_other_threads_leave_it_alone
        so_do_those_of_a_thread_that_is_called_main
        what_is_ignored_from_the_start_stays_ignored
        what_the_program_has_arranged_before_stays
        it_comes_from_outside_as_well;
}

fn main() {
    let name = std::env::args().nth(1).expect("the name of a program");
    tests::time_limit::start(Duration::from_secs(120));
    program(&name)();
}
