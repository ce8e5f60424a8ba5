//! A client of `echo_server`: sends lines, and prints what comes back.
//!
//! The lines are the arguments, or else those of standard input. To read that blocks a thread until
//! the user has typed a line, so `to_thread` gives it one of its own: the event loop goes on.
//!
//! ```text
//! cargo run --release --example echo_client -- hello world
//! seq 100000 | cargo run --release --example echo_client | tail -1
//! cargo run --release --example echo_client -- --unix /tmp/echo hello
//! ```
//!
//! The next is sent when the one before has come back, for which `wait_for` sets a limit. Try it
//! with no server, with one that is stopped meanwhile (Ctrl-Z, Ctrl-C), and with one that answers
//! too little (`yes | head -c 3 | nc -N -l -p 8888`): it says what is wrong.

use std::io::{self, BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use yieldfrom::{Co, Error, IncompleteReadError, Result, StreamReader, StreamWriter, TimeoutError};
use yieldfrom::{open_connection, open_unix_connection, run, to_thread, wait_for};

/// Sends lines to an echo server, and prints what comes back.
#[derive(Debug, Parser)]
struct Options {
    /// Name or address of the server
    #[arg(long, default_value = "127.0.0.1")]
    host: String,

    /// Port of the server
    #[arg(long, default_value_t = 8888)]
    port: u16,

    /// Connect to a Unix socket of this path instead
    #[arg(long, value_name = "PATH", conflicts_with_all = ["host", "port"])]
    unix: Option<PathBuf>,

    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    timeout: u64,

    /// What to send; the lines of standard input, if nothing is given
    lines: Vec<String>,
}

/// Reads what standard input has now, a line if it is a terminal; nothing at the end of the file.
fn read_input() -> io::Result<Vec<u8>> {
    let mut input = stdin().lock();
    let data = input.fill_buf()?.to_vec();
    input.consume(data.len());
    Ok(data)
}

/// Sends something, waits until it has come back, and prints it.
fn exchange(
    co: &Co,
    (reader, writer): (&StreamReader, &StreamWriter),
    data: &[u8],
    limit: Duration,
) -> Result<()> {
    // Not waiting until it is sent: the server may stop reading until somebody reads its answer.
    writer.write(data)?;
    let answer = co.yield_from(wait_for(reader.readexactly(data.len()), limit));
    let answer = answer.map_err(|error| explain(error, limit))?;
    Ok(stdout().write_all(&answer)?)
}

fn explain(error: Error, limit: Duration) -> Error {
    if let Some(error) = error.downcast_ref::<IncompleteReadError>() {
        let (got, sent) = (error.partial().len(), error.expected().unwrap_or(0));
        return Error::msg(format!(
            "the server closed the connection: {got} of {sent} bytes came back"
        ));
    }
    if error.is::<TimeoutError>() {
        return Error::msg(format!("the server has not answered for {limit:?}"));
    }
    error
}

fn talk(co: &Co, options: &Options) -> Result<()> {
    let (reader, writer) = match &options.unix {
        Some(path) => co.yield_from(open_unix_connection(path))?,
        None => co.yield_from(open_connection((&*options.host, options.port)))?,
    };
    let limit = Duration::from_secs(options.timeout);
    let ends = (&reader, &writer);
    for line in &options.lines {
        exchange(co, ends, format!("{line}\n").as_bytes(), limit)?;
    }
    while options.lines.is_empty() {
        let data = co.yield_from(to_thread(read_input))??;
        if data.is_empty() {
            break;
        }
        exchange(co, ends, &data, limit)?;
    }
    writer.close();
    co.yield_from(writer.wait_closed())
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(move |co: &Co| talk(co, &options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("echo_client: {error}");
            ExitCode::FAILURE
        }
    }
}
