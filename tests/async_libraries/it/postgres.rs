//! `tokio-postgres`: a real server, over sockets of the loop and without a runtime of tokio.

mod faults;
mod statements;
mod tasks;
mod tls;

use std::rc::Rc;
use std::sync::OnceLock;

use database::Database;
use tokio_postgres::{Client, Config, Error, NoTls};
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, Result, Task, spawn_std};
use yieldfrom_adapters::tokio::Io;

use crate::support::finished;

/// The server of all tests that do not stop it. Each has its own session, and temporary tables.
fn shared() -> Option<&'static Database> {
    static DATABASE: OnceLock<Option<Database>> = OnceLock::new();
    DATABASE.get_or_init(Database::start).as_ref()
}

fn config(database: &Database) -> Config {
    let mut config = Config::new();
    config.user(database.user()).dbname("postgres");
    config
}

fn open(co: &Co, database: &Database) -> Result<Io<TcpStream>> {
    let stream = TcpStream::connect(("127.0.0.1", database.port()));
    Ok(Io::new(co.yield_from(stream)?))
}

/// A session, and the task that drives its connection.
struct Session {
    client: Rc<Client>,
    connection: Task<std::result::Result<(), Error>>,
}

impl Session {
    fn start(co: &Co, database: &Database) -> Result<Self> {
        let stream = open(co, database)?;
        let config = config(database);
        let (client, connection) = finished(co, config.connect_raw(stream, NoTls))?;
        Ok(Self {
            client: Rc::new(client),
            connection: spawn_std(connection),
        })
    }

    /// Says goodbye to the server, and waits until the connection has ended.
    fn end(self, co: &Co) -> Result<()> {
        drop(self.client);
        Ok(co.yield_from(self.connection)??)
    }

    fn process(&self, co: &Co) -> Result<i32> {
        let row = self.client.query_one("SELECT pg_backend_pid()", &[]);
        Ok(finished(co, row)?.get(0))
    }

    /// Waits until the server says that this process of it sleeps in a query.
    fn until_asleep(&self, co: &Co, process: i32) -> Result<()> {
        let query =
            "SELECT coalesce(wait_event = 'PgSleep', false) FROM pg_stat_activity WHERE pid = $1";
        while !finished(co, self.client.query_one(query, &[&process]))?.get::<_, bool>(0) {}
        Ok(())
    }
}

/// Checks that a client can be used.
fn check(co: &Co, client: &Client) -> Result<()> {
    let row = finished(co, client.query_one("SELECT 6 * 7", &[]))?;
    assert_eq!(row.get::<_, i32>(0), 42);
    Ok(())
}
