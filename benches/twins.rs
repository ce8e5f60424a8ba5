//! The same programs three times: in `yieldfrom`, in async/await and with threads.
//!
//! Each is a folder with a file for each form, as somebody would write it who likes that form; what
//! all three share is the file beside the folder. All print the same, to the byte.

mod chain;
mod comparison;
mod flags;
mod http_service;
mod https_get;
mod pipeline;
mod postgres_query;
mod recursion;
mod redis_counter;
mod spinner;
mod taxi;

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, anyhow};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::command_line;
use crate::measuring::{machine, meter};

pub(crate) use comparison::{PROGRAMS, Program, compare};

/// The hidden option by which `versus` runs a twin.
pub(crate) const TWIN: &str = "--twin";

/// Runs one of the programs that were written three times.
#[derive(Debug, Parser)]
#[command(name = "twins")]
struct Command {
    /// Print at the end, to standard error, what it has taken: seconds, the processor's, bytes.
    #[arg(long, hide = true)]
    measure: bool,
    #[command(subcommand)]
    twin: Twin,
}

/// How a program is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    #[value(name = "yieldfrom")]
    Yieldfrom,
    #[value(name = "async_await", alias = "async-await")]
    AsyncAwait,
    #[value(name = "threads")]
    Threads,
}

impl Form {
    pub(crate) const ALL: [Self; 3] = [Self::Yieldfrom, Self::AsyncAwait, Self::Threads];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Yieldfrom => "yieldfrom",
            Self::AsyncAwait => "async_await",
            Self::Threads => "threads",
        }
    }
}

/// A program in one of its forms.
#[derive(Debug, Args)]
struct One<O: Args> {
    form: Form,
    #[command(flatten)]
    options: O,
}

#[derive(Debug, Subcommand)]
enum Twin {
    /// An animation while something slow goes on.
    Spinner(One<spinner::Options>),
    /// Twenty flags, downloaded at once from a server that it starts.
    Flags(One<flags::Options>),
    /// Iterables, one after the other.
    Chain(One<chain::Options>),
    /// The taxi simulation of the example `taxi_sim`.
    Taxi(One<taxi::Options>),
    /// Three stages with queues between them.
    Pipeline(One<pipeline::Options>),
    /// A tree that is walked by recursion, and yields from every level.
    Recursion(One<recursion::Options>),
    /// Pages by HTTPS, all at once, from a server that it starts.
    #[command(name = "https_get", alias = "https-get")]
    HttpsGet(One<https_get::Options>),
    /// Workers that count in a redis-server, which it starts.
    #[command(name = "redis_counter", alias = "redis-counter")]
    RedisCounter(One<redis_counter::Options>),
    /// A service over HTTP by hyper, and its clients.
    #[command(name = "http_service", alias = "http-service")]
    HttpService(One<http_service::Options>),
    /// Workers that write to a PostgreSQL server, which it starts, and ask it.
    #[command(name = "postgres_query", alias = "postgres-query")]
    PostgresQuery(One<postgres_query::Options>),
}

impl Twin {
    fn run(self) -> Result<()> {
        match self {
            Self::Spinner(One { form, options }) => match form {
                Form::Yieldfrom => spinner::yieldfrom::run(options).map_err(ours),
                Form::AsyncAwait => Ok(spinner::async_await::run(options)?),
                Form::Threads => Ok(spinner::threads::run(options)?),
            },
            Self::Flags(One { form, options }) => {
                let (options, _server) = options.served()?;
                match form {
                    Form::Yieldfrom => flags::yieldfrom::run(options).map_err(ours),
                    Form::AsyncAwait => flags::async_await::run(options),
                    Form::Threads => flags::threads::run(options),
                }
            }
            Self::Chain(One { form, options }) => match form {
                Form::Yieldfrom => chain::yieldfrom::run(options).map_err(ours),
                Form::AsyncAwait => Ok(chain::async_await::run(options)?),
                Form::Threads => Ok(chain::threads::run(options)?),
            },
            Self::Taxi(One { form, options }) => match form {
                Form::Yieldfrom => taxi::yieldfrom::run(options).map_err(ours),
                Form::AsyncAwait => Ok(taxi::async_await::run(options)?),
                Form::Threads => Ok(taxi::threads::run(options)?),
            },
            Self::Pipeline(One { form, options }) => {
                match form {
                    Form::Yieldfrom => pipeline::yieldfrom::run(options).map_err(ours)?,
                    Form::AsyncAwait => pipeline::async_await::run(options),
                    Form::Threads => pipeline::threads::run(options),
                }
                Ok(())
            }
            Self::Recursion(One { form, options }) => match form {
                Form::Yieldfrom => recursion::yieldfrom::run(options).map_err(ours),
                Form::AsyncAwait => Ok(recursion::async_await::run(options)?),
                Form::Threads => Ok(recursion::threads::run(options)?),
            },
            Self::HttpsGet(One { form, options }) => {
                let site = https_get::Site::start()?;
                match form {
                    Form::Yieldfrom => https_get::yieldfrom::run(options, site).map_err(ours),
                    Form::AsyncAwait => https_get::async_await::run(options, site),
                    Form::Threads => https_get::threads::run(options, site),
                }
            }
            Self::RedisCounter(One { form, options }) => {
                let (_server, at) = redis_counter::serve()?;
                match form {
                    Form::Yieldfrom => redis_counter::yieldfrom::run(options, at).map_err(ours),
                    Form::AsyncAwait => redis_counter::async_await::run(options, at),
                    Form::Threads => redis_counter::threads::run(options, at),
                }
            }
            Self::HttpService(One { form, options }) => match form {
                Form::Yieldfrom => http_service::yieldfrom::run(options).map_err(ours)?,
                Form::AsyncAwait => http_service::async_await::run(options),
                Form::Threads => http_service::threads::run(options),
            },
            Self::PostgresQuery(One { form, options }) => {
                let (_server, at) = postgres_query::serve()?;
                match form {
                    Form::Yieldfrom => postgres_query::yieldfrom::run(options, at).map_err(ours),
                    Form::AsyncAwait => postgres_query::async_await::run(options, at),
                    Form::Threads => postgres_query::threads::run(options, at),
                }
            }
        }
    }
}

/// Turns an error of ours, which stays on its thread, into one that does not.
fn ours(error: yieldfrom::Error) -> anyhow::Error {
    anyhow!("{error}")
}

/// Runs the program `twins`.
pub fn twin() -> ExitCode {
    // Its server is this program, too.
    if env::args()
        .nth(1)
        .is_some_and(|arg| arg.starts_with("--serve"))
    {
        return command_line::main();
    }
    run(Command::parse())
}

/// Runs a twin if this process was started for that.
pub(crate) fn role() -> Option<ExitCode> {
    let is_twin = env::args().nth(1).is_some_and(|arg| arg == TWIN);
    is_twin.then(|| run(Command::parse_from(env::args().skip(1))))
}

fn run(command: Command) -> ExitCode {
    let start = Instant::now();
    if let Err(error) = command.twin.run() {
        eprintln!("twins: {error:#}");
        return ExitCode::FAILURE;
    }
    if command.measure {
        let (took, worked) = (start.elapsed(), meter::processor_time());
        let (took, worked) = (took.as_secs_f64(), worked.as_secs_f64());
        eprintln!("{took} {worked} {}", machine::peak_memory());
    }
    ExitCode::SUCCESS
}
