//! Shows an event loop that runs: its tasks, what each waits for, and how long its turns take.
//!
//! ```console
//! $ cargo run --release -p top -- PATH
//! ```
//!
//! `PATH` is the socket of a program that was built with the feature `monitor`, and gives the path to
//! `LoopBuilder::monitor`, or has it in the environment: `YIELDFROM_MONITOR=PATH program`.

mod answer;
mod connection;
mod options;
mod screen;
mod spans;
mod terminal;
mod text;
mod tree;
mod view;

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use clap::Parser;

use connection::Connection;
use options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads the output has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("top: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> io::Result<()> {
    let mut connection = Connection::open(&options.path)?;
    if !options.json && !options.once {
        return terminal::run(connection, options);
    }
    // Turns and waits are timed while somebody watches: from the first answer on.
    connection.ask(0)?;
    thread::sleep(options.watch);
    let line = connection.ask_for_line(options.limit)?;
    if options.json {
        return writeln!(io::stdout(), "{line}");
    }
    let answer = connection.parse(&line)?;
    let tree = options.arrange(&answer);
    write!(io::stdout(), "{}", text::whole(&answer, &tree))
}
