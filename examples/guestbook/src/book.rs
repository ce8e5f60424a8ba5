//! The entries, in PostgreSQL.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde::Serialize;
use tokio_postgres::config::Host;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls, Row};
use yieldfrom::net::{TcpStream, UnixStream};
use yieldfrom::streams::{PollRead, PollWrite};
use yieldfrom::{
    Co, Error, Result, Task, TimeoutError, bail, co, create_task, from_std, sleep, spawn_std,
    timeout, wait, wait_for,
};
use yieldfrom_adapters::tokio::Io;

use crate::explain;

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS guestbook (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        name text NOT NULL,
        message text NOT NULL,
        written timestamptz NOT NULL DEFAULT now()
    )";
const INSERT: &str = "INSERT INTO guestbook (name, message) VALUES ($1, $2)";
const SELECT: &str = r#"
    SELECT id, name, message, to_char(written AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM guestbook WHERE id < $1 ORDER BY id DESC LIMIT $2"#;

/// How many entries a page has.
const MOST: i64 = 20;
/// The time between two attempts to connect again, in seconds.
const PAUSE: f64 = 0.5;

/// An entry of the guest book.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    id: i64,
    pub(crate) name: String,
    pub(crate) message: String,
    /// As `2026-11-21T09:30:00Z`.
    pub(crate) written: String,
}

/// Some entries, the newest one first.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) entries: Vec<Entry>,
    /// The number before which there are more.
    pub(crate) older: Option<i64>,
}

/// The guest book: a database that may be away for a while.
pub(crate) struct Book {
    config: Config,
    /// How long the database may take for anything.
    patience: Duration,
    /// None while the database is away.
    link: RefCell<Option<Rc<Link>>>,
}

/// A connection to the database, which many requests use at the same time.
struct Link {
    client: Client,
    /// What reads and writes for the client: a future of tokio-postgres.
    connection: Task<()>,
}

/// Of an attempt that is given up, nothing is left.
impl Drop for Link {
    fn drop(&mut self) {
        self.connection.cancel();
    }
}

impl Book {
    /// Connects to the database, and from then on again whenever the connection is lost.
    pub(crate) fn open(co: &Co, url: &str, patience: Duration) -> Result<Rc<Self>> {
        let failed = |what: &str, error| match Error::is_cancelled(&error) {
            true => error,
            false => Error::msg(format!("{what}: {}; see --help", explain(&error))),
        };
        let config = url.parse::<Config>();
        let config = config.map_err(|error| failed("read the URL of --database", error.into()))?;
        let link = RefCell::default();
        let book = Rc::new(Self {
            config,
            patience,
            link,
        });
        book.connect(co)
            .map_err(|error| failed("connect to the database", error))?;
        create_task(co!([book], |co| book.keep_connected(co)));
        Ok(book)
    }

    /// Returns the newest entries, or the newest of those before an entry.
    pub(crate) fn read(&self, co: &Co, before: Option<i64>) -> Result<Page> {
        let (before, most) = (before.unwrap_or(i64::MAX), MOST + 1);
        let rows = self.query(co, SELECT, &[(&before, Type::INT8), (&most, Type::INT8)])?;
        let entry = |row: &Row| -> Result<Entry> {
            Ok(Entry {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                message: row.try_get(2)?,
                written: row.try_get(3)?,
            })
        };
        let mut entries = rows.iter().map(entry).collect::<Result<Vec<_>>>()?;
        let has_older = entries.len() > MOST as usize;
        entries.truncate(MOST as usize);
        let older = entries.last().filter(|_| has_older).map(|last| last.id);
        Ok(Page { entries, older })
    }

    /// Adds an entry.
    pub(crate) fn write(&self, co: &Co, name: &str, message: &str) -> Result<()> {
        self.query(co, INSERT, &[(&name, Type::TEXT), (&message, Type::TEXT)])?;
        Ok(())
    }

    fn query(
        &self,
        co: &Co,
        sql: &str,
        values: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>> {
        let link = self.link.borrow().clone();
        // That it is away was said when the connection was lost.
        let link = link.ok_or_else(|| Error::msg("the database is away"))?;
        // A future of tokio-postgres. Its connection, which is another task, makes it ready.
        let answer = from_std(link.client.query_typed(sql, values));
        let answer = co.yield_from(wait_for(answer, self.patience));
        if answer.as_ref().is_err_and(Error::is::<TimeoutError>) {
            // The database or the way to it hangs. A new connection may help.
            link.connection.cancel();
        }
        answer.and_then(|rows| Ok(rows?)).inspect_err(|error| {
            // It is cancelled when its visitor goes away.
            if !error.is_cancelled() {
                eprintln!("guestbook: ask the database: {}", explain(error));
            }
        })
    }

    /// Connects again whenever the connection has ended.
    fn keep_connected(&self, co: &Co) -> Result<()> {
        loop {
            let link = self.link.borrow().clone();
            if let Some(link) = link {
                // Unlike a wait for the task itself, it does not fail if that was cancelled.
                co.yield_from(wait([&link.connection]))?;
                self.link.take();
            }
            match self.connect(co) {
                Ok(()) => eprintln!("guestbook: connected to the database again"),
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => co.yield_from(sleep(PAUSE))?,
            }
        }
    }

    fn connect(&self, co: &Co) -> Result<()> {
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let link = co.yield_from(timeout(self.patience, |co| {
            match self.config.get_hosts().first() {
                Some(Host::Tcp(name)) => {
                    self.log_in(co, co.yield_from(TcpStream::connect((&**name, port)))?)
                }
                Some(Host::Unix(folder)) => {
                    let socket = folder.join(format!(".s.PGSQL.{port}"));
                    self.log_in(co, co.yield_from(UnixStream::connect(socket))?)
                }
                None => bail!("the URL names no host"),
            }
        }))?;
        self.link.replace(Some(Rc::new(link)));
        Ok(())
    }

    fn log_in(&self, co: &Co, stream: impl PollRead + PollWrite + 'static) -> Result<Link> {
        let logged_in = from_std(self.config.connect_raw(Io::new(stream), NoTls));
        let (client, connection) = co.yield_from(logged_in)??;
        // The connection is a future that works for as long as there is a client: a task without a stack.
        let connection = spawn_std(async {
            let end = connection.await.map_err(|error| explain(&error.into()));
            eprintln!("guestbook: the connection to the database is lost: {end:?}");
        });
        let link = Link { client, connection };
        co.yield_from(from_std(link.client.batch_execute(TABLE)))??;
        Ok(link)
    }
}
