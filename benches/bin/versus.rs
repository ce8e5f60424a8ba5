//! Asks a question of all contestants and prints their answers side by side.
//!
//! ```text
//! cargo run --release -p benches --bin versus -- QUESTION... [--json] [--instructions]
//! ```
//!
//! or asks everything and writes a report with charts and tables, `target/versus/index.html`:
//!
//! ```text
//! cargo run --release -p benches --bin versus -- report [--quick] [--out DIR] [--markdown]
//! ```
//!
//! # Method
//!
//! Every sample is taken in a process of its own, this program's, Python's or Go's: no
//! contestant sees another's heap, signal handlers or stacks, and each repetition has
//! another layout of addresses. All processes are bound to one processor, one after
//! the other; but the question `two-cores` and the builds of `cost` have two.
//!
//! 1. A contestant warms up and finds out how many operations take 2 ms.
//! 2. It does that many 40 times, and the fastest of these runs is its sample. (What is
//!    slower than that has fewer runs, three at the least, or one where that takes
//!    seconds.) Contestants in Python and Go are measured the same way by their own clocks.
//! 3. In each repetition there are three rounds, in which every contestant gives one
//!    sample, in turn; the best of the three counts. (Who takes more than a second
//!    has one round, and after 40 s on a case no more.)
//! 4. The medians of five repetitions are printed, with the smallest and the largest,
//!    and the ratio to `yieldfrom`.
//!
//! A server is measured by a load, the same for all, which is a process on another
//! processor, as is the server of those that are clients. Their runs are longer, and one run may
//! answer several cases; the best of the runs counts in each. What is counted, as system
//! calls are, is counted once. The load of `latency` sends by a schedule: half of what the slowest of
//! those asked has borne just before, the same for all. It is said on standard error, and in the report.
//!
//! So a sample that other work on the machine has disturbed rarely counts. If more than
//! half were taken while other processes kept the processors busy, a warning says so.
//!
//! Contestants do equal work: values are `i64`, the driver hides what goes in and what
//! comes out from the optimizer, bodies may be inlined as the compiler likes. What a
//! case measures is written above each table; the files in `questions` are the whole truth.
//!
//! `services` stands for all questions whose names begin with it: libraries of async/await on our loop, by the bridge, and on tokio.
//!
//! `cost` builds a package for each contestant in a folder of its own, offline, in the versions of this
//! workspace's `Cargo.lock`.
//!
//! A report grows with every question; Ctrl-C ends it with what there is. With `--quick` it takes
//! less than five minutes, by shorter samples, three repetitions, one round, and without the cases
//! and contestants that take long, which it names. It says where async/await wins and where `yieldfrom` does, by
//! comparing the samples: nobody wins by less than the spread. Before anything else it runs the
//! twins: programs that are written in `yieldfrom`, in async/await and with threads (`twins`).
//!
//! With `--instructions`, each row says how many instructions one operation has, where valgrind's
//! callgrind can count them: in contestants of this program that say how many operations they do, and
//! no servers. Such counts repeat, whatever else the machine does. A contestant does so many operations, and
//! twice as many in another process; the difference counts. What it does around a batch of
//! operations is in there, and the system's own instructions are not.
//!
//! With `--json`, each result is one object on a line of its own, and nothing else is
//! printed to standard output. Contestants that are not on this machine are left
//! out, with a word on standard error.

use std::process::ExitCode;

fn main() -> ExitCode {
    benches::main()
}
