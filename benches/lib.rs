//! The comparison with peers, as a library: `versus` is its program.
//!
//! | module | what |
//! | --- | --- |
//! | `command_line` | what `versus` is told |
//! | `questions` | what a question, a case and a contestant are; one file per question, and in it one function or type per contestant |
//! | `measuring` | `meter` takes the time of a contestant, the same way for all; `sampler` takes samples, each in a `child_process`; `contest` has repetitions and medians; `instructions` counts those of an operation; `machine` has the processors that measure, and what the machine is called; `progress` and `interrupt`: how far it is, and Ctrl-C |
//! | `servers` | servers, each in a process of its own, and what they cost; `ping_pong` plays with one on many connections, `fixed_rate` sends by a schedule, `http` does both over HTTP, `system_calls` counts what it asks of the system |
//! | `peers` | contestants that are scripts of `python`, programs of `go` or `processes`; the `runtimes` of async/await, each on one thread; `polled_futures` are polled by hand |
//! | `report` | asks everything, and writes what there is after every question; `plan` is what it asks and leaves out, and how long that takes; `results` is what a report is made of, `folder` where it goes, `page` the page with its charts, `main_table` the main table, `terminal` what is printed; `groups` are kinds of contestants, and `wins` says who wins where |
//! | `twins` | the same programs three times, and a `comparison` of what each form takes |
//!
//! A later question is a file in `questions` and a line in its table. A new contestant is named in
//! `report/groups`, and a further twin is a folder in `twins`, a case of its command and a line in
//! its table.
//!
//! `cargo test -p benches` checks the report, that peers answer, and that all forms of the twins print the same.

mod command_line;
mod measuring;
mod peers;
mod questions;
mod report;
mod servers;
mod twins;

pub use command_line::main;
pub use twins::twin;
