//! A guest book on the web: hyper and tokio-postgres on one thread, on the loop of `yieldfrom`, without tokio's runtime.
//!
//! The program's own logic is coroutines: the loop that accepts connections, its end by Ctrl-C, what connects to the
//! database again, the answer to each request. They wait by `co.yield_from(...)`. Futures of async/await are only where
//! a crate is made of them: hyper's connections and tokio-postgres's connection are tasks by `spawn_std`, and coroutines
//! wait for single futures of both by `from_std`.
//!
//! ```text
//! $ cargo run --release -p guestbook
//! No --database: the entries go to a PostgreSQL of our own, and are lost when this program ends.
//! Serving at http://127.0.0.1:8000/
//! ```
//!
//! `--help` says how to keep the entries.

mod book;
mod page;
mod web;

use std::convert::Infallible;
use std::future::IntoFuture;
use std::io::{Write, stdout};
use std::iter;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use database::Database;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::server::graceful::GracefulShutdown;
use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::signal::SIGTERM;
use yieldfrom::{
    Co, Error, KeyboardInterrupt, Result, coroutine, current_task, from_std, get_running_loop, run,
    spawn_std, wait_for,
};
use yieldfrom_adapters::hyper::{Io, Timer};

use crate::book::Book;

const HELP: &str = "\
To keep the entries, you need a database of PostgreSQL (Debian: apt install postgresql).
As any user but root, you can start one in a new folder, `data`:

  PATH=$PATH:$(pg_config --bindir)            # or /usr/lib/postgresql/VERSION/bin
  initdb -D data -U user --auth=trust
  pg_ctl -D data -l data/log -o '-p 5433 -k /tmp' start
  cargo run --release -p guestbook -- --database postgres://user@127.0.0.1:5433/postgres
  pg_ctl -D data stop

Debian has started one already, which lets you in by your own name:

  sudo -u postgres createuser $USER
  sudo -u postgres createdb --owner $USER guestbook
  cargo run --release -p guestbook -- --database 'postgres:///guestbook?host=/var/run/postgresql'

The table `guestbook` is made if it is missing. There is no TLS, neither to the database nor to browsers.";

/// Serves a guest book on the web, with its entries in PostgreSQL.
#[derive(Debug, Parser)]
#[command(name = "guestbook", after_help = HELP)]
struct Options {
    /// Where the entries are; without it, in a server that is started for now, and ends with this program
    #[arg(long, value_name = "URL")]
    database: Option<String>,

    /// Name or address of this machine to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    bind: String,

    /// Port to listen at; 0 for any that is free
    #[arg(long, default_value_t = 8000)]
    port: u16,

    /// How long the database may take to answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    patience: u64,
}

/// So long connections may take to end, in seconds.
const FAREWELL: f64 = 5.0;

/// Serves until it is cancelled, as by Ctrl-C, and then lets the requests end that have begun.
fn serve(co: &Co, options: &Options, database: &str) -> Result<()> {
    let patience = Duration::from_secs(options.patience);
    let book = Book::open(co, database, patience)?;
    let listener = co.yield_from(TcpListener::bind((&*options.bind, options.port)))?;
    cancel_by_sigterm()?;
    // Whoever closes our standard output does not want to know.
    let _ = writeln!(stdout(), "Serving at http://{}/", listener.local_addr()?);
    let connections = GracefulShutdown::new();
    let Err(end) = accept(co, &listener, &connections, &book);
    drop(listener); // nobody new
    // A coroutine that is cancelled may wait once more. This is a future of hyper-util.
    let ended = co.yield_from(wait_for(from_std(connections.shutdown()), FAREWELL));
    if ended.is_err() {
        eprintln!(
            "guestbook: some connections did not end within {FAREWELL} seconds: they are cut"
        );
    }
    Err(end)
}

/// Makes a task for each connection, without end.
fn accept(
    co: &Co,
    listener: &TcpListener,
    connections: &GracefulShutdown,
    book: &Rc<Book>,
) -> Result<Infallible> {
    loop {
        let (stream, _) = co.yield_from(listener.accept())?;
        start_connection(stream, connections, book);
    }
}

/// Starts a connection of hyper, which is a future: a task without a stack.
fn start_connection(stream: TcpStream, connections: &GracefulShutdown, book: &Rc<Book>) {
    let book = Rc::clone(book);
    // hyper asks for a future of each answer, and a coroutine becomes one. So the answer itself is an ordinary function,
    // which waits where it likes. When the client goes away, hyper drops the future, which cancels the coroutine.
    let service = service_fn(move |request| {
        let book = Rc::clone(&book);
        coroutine(move |co| web::answer(co, &book, request)).into_future()
    });
    let mut http = http1::Builder::new();
    http.timer(Timer); // so that a client has 30 seconds to send the head of a request
    let connection = connections.watch(http.serve_connection(Io::new(stream), service));
    spawn_std(async move {
        // What goes wrong on the network is the client's affair. An error of our service is a defect.
        if let Err(error) = connection.await
            && error.is_user()
        {
            eprintln!("guestbook: answer a request: {}", explain(&error.into()));
        }
    });
}

/// Has SIGTERM do what Ctrl-C does: cancel the main task.
fn cancel_by_sigterm() -> Result<()> {
    let main = current_task();
    let cancel = move || {
        main.as_ref().map(|task| task.cancel());
    };
    get_running_loop()?
        .lend()
        .add_signal_handler(SIGTERM, cancel)?;
    Ok(())
}

/// Returns the text of an error with those of its causes.
fn explain(error: &Error) -> String {
    let causes = iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn main() -> ExitCode {
    let options = Options::parse();
    // It ends when this is dropped, and also if this process is killed.
    let own = match options.database {
        Some(_) => None,
        None => Database::start(),
    };
    let Some(url) = options.database.clone().or(own.as_ref().map(Database::url)) else {
        eprintln!("guestbook: there is no database: give it a URL by --database; --help says more");
        return ExitCode::FAILURE;
    };
    if own.is_some() {
        let what = "the entries go to a PostgreSQL of our own, and are lost when this program ends";
        let _ = writeln!(stdout(), "No --database: {what}.");
    }
    match run(move |co: &Co| serve(co, &options, &url)) {
        Err(error) if !error.is::<KeyboardInterrupt>() && !error.is_cancelled() => {
            eprintln!("guestbook: {}", explain(&error));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
