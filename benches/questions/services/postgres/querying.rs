//! What asks a PostgreSQL server, on whatever runs it.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, Statement};

/// A connection, and what is asked by it.
pub(super) struct Querying {
    client: Client,
    statement: Statement,
}

/// What is to be done on each connection.
#[derive(Clone, Copy)]
pub(super) enum Job {
    /// So many queries, each when the answer to the last is there.
    Queries(usize),
    /// So many on each of so many connections, all together so many in a second.
    Scheduled {
        start: Instant,
        per_second: f64,
        connections: usize,
        each: usize,
    },
}

/// Opens a connection over a stream.
pub(super) async fn connect<S>(stream: S) -> Result<(Client, Connection<S, NoTlsStream>), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut config = Config::new();
    config.user("yieldfrom").dbname("postgres");
    config.connect_raw(stream, NoTls).await
}

impl Querying {
    pub(super) async fn prepare(client: Client) -> Result<Self, Error> {
        let statement = client.prepare("SELECT $1::int8 + 1").await?;
        Ok(Self { client, statement })
    }

    async fn query(&self, number: i64) {
        let row = self.client.query_one(&self.statement, &[&number]).await;
        let sum: i64 = row.expect("the server answers").get(0);
        assert_eq!(sum, number + 1, "the server adds in another way");
    }
}

impl Job {
    /// Does it on the connection of this number; returns that, and how late each answer of a schedule was.
    pub(super) async fn done(self, number: usize, querying: Querying) -> (Querying, Vec<u64>) {
        let mut latencies = Vec::new();
        match self {
            Self::Queries(count) => {
                for number in 0..count {
                    querying.query(number as i64).await;
                }
            }
            Self::Scheduled { start, each, .. } => {
                for query in 0..each {
                    let due = start + self.due(number, query);
                    until(due).await;
                    querying.query(query as i64).await;
                    latencies.push(due.elapsed().as_nanos() as u64);
                }
            }
        }
        (querying, latencies)
    }

    /// Returns when a connection's query is due, from the start on.
    fn due(self, number: usize, query: usize) -> Duration {
        match self {
            Self::Queries(_) => Duration::ZERO,
            Self::Scheduled {
                per_second,
                connections,
                ..
            } => Duration::from_secs_f64((query * connections + number) as f64 / per_second),
        }
    }
}

/// Waits for a time without a timer, which would be late in a way of its own on each runtime.
async fn until(due: Instant) {
    poll_fn(|context| {
        if Instant::now() >= due {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Parts the connections from the latencies of all.
pub(super) fn parted(done: Vec<(Querying, Vec<u64>)>) -> (Vec<Querying>, Vec<u64>) {
    let (all, latencies): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    (all, latencies.concat())
}
