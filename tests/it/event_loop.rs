//! The event loop: tasks and futures, waiting and cancelling, other threads, what it reports, and
//! its scenarios.

mod asyncio_suite;
mod borrowing_tasks;
mod cancellation;
mod closing;
mod closures;
mod context_variables;
mod deadlocks;
mod debugging;
mod executor;
mod fixed_cpython_bugs;
mod interleavings;
mod intervals;
mod invented_scenarios;
mod logged_problems;
mod misuse;
mod no_suspend;
mod numbers_of_seconds;
mod other_threads;
mod queues_that_end;
mod random_attacks;
mod recorded_scenarios;
mod replay_program;
mod results_that_move;
mod resumed_by_hand;
mod runs_and_turns;
mod signals;
mod source_lines_in_logs;
mod task_groups;
mod tasks;
mod timeline;
mod timeouts;
mod unwound_coroutines;
mod user_code_that_panics;
mod user_code_that_reenters;
mod waiting_for_several;
