//! The comparison with peers, as a library: `versus` is its program.
//!
//! | module | what |
//! | --- | --- |
//! | `questions` | one file per question; in it, one function or type per contestant |
//! | `question` | what a question, a case and a contestant are |
//! | `meter` | takes the time of a contestant, the same way for all |
//! | `contest` | repetitions and medians |
//! | `child` | samples, each in a process of its own |
//! | `table` | tables of text, and JSON lines |
//! | `survey` | the report: asks everything, and writes what there is after every question |
//! | `results` | what a report is made of; `target` writes it to its folder |
//! | `page` | the page of a report, with its charts; `markdown` its main table |
//! | `wins` | who wins where, computed from the results |
//! | `group` | kinds of contestants: async/await, threads, stackful peers, ... |
//! | `progress`, `interrupt` | how far it is; Ctrl-C |
//! | `twins` | the same programs three times, and what each form takes |
//! | `server` | servers, each in a process of its own, and what they cost |
//! | `syscalls` | counts a server's system calls |
//! | `load` | plays ping-pong with a server on many connections |
//! | `machine` | the processors that measure, and what the machine is called |
//! | `python` | contestants that are Python scripts |
//! | `go` | contestants that are goroutines |
//! | `runtimes` | the peers of the event loop, each on one thread |
//! | `mailbox` | values in and out of futures that are polled by hand |
//! | `cli` | the command line |
//!
//! A later question is a file in `questions` and a line in its table. A new contestant is named in
//! `group`, and a further twin is a folder in `twins`, a case of its command and a line in its table.
//!
//! `cargo test -p benches` checks the report, and that all forms of the twins print the same.

mod child;
mod cli;
mod contest;
mod go;
mod group;
mod interrupt;
mod load;
mod machine;
mod mailbox;
mod markdown;
mod meter;
mod page;
mod progress;
mod python;
mod question;
mod questions;
mod results;
mod runtimes;
mod server;
mod survey;
mod syscalls;
mod table;
mod target;
mod twins;
mod wins;

pub use cli::main;
pub use twins::twin;
