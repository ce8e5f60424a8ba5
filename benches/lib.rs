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
//! A later question is a file in `questions` and a line in its table.

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
