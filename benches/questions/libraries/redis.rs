//! Commands to a Redis server.

pub(crate) mod connection;
mod server;

use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, AsyncConnectionConfig, Client, Commands, RedisResult};
use yieldfrom::blocking::blocking;
use yieldfrom::{Co, EventLoop, gather};

use super::measured;
use crate::measuring::meter::{Meter, Sample, processor_time};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question};
use connection::Connection;

/// How many there are at once, each with a task.
const CONNECTIONS: usize = 50;

/// The case in which the time counts, and not the processor's.
pub(crate) const COMMANDS: &str = "commands";

pub(crate) const QUESTION: Question = Question {
    name: "redis",
    about: "50 tasks, each with a connection to one redis-server on another processor, send INCR and check the number, again \
            and again; yieldfrom: the crate redis in regions; tokio: the same crate's client for tokio; commands: \
            how many in a second; cpu: what the processor does for each in the client",
    cases: &[
        Case::new(COMMANDS, "commands/s"),
        Case::new("cpu", "CPU ns"),
    ],
    contestants: &[
        Contestant::client("yieldfrom", yieldfrom, server::serve),
        Contestant::client("tokio", tokio, server::serve),
    ],
    repetitions: usize::MAX,
    seconds: 0.5,
};

/// A number of the server that one client alone counts up.
struct Counter<C> {
    connection: C,
    key: String,
    value: usize,
}

impl<C> Counter<C> {
    fn new(connection: C, number: usize) -> Self {
        Self {
            connection,
            key: format!("counter {number}"),
            value: 0,
        }
    }

    /// Checks what the server says.
    fn counted(&mut self, value: usize) {
        self.value += 1;
        assert_eq!(value, self.value, "the server has counted something else");
    }
}

/// Measures commands in the way that the case wants; `batch` sends so many on each connection.
fn commands(case: &str, meter: &Meter, mut batch: impl FnMut(usize)) -> Sample {
    let clock: fn(Instant) -> Duration = match case {
        COMMANDS => |start| start.elapsed(),
        _ => |_| processor_time(),
    };
    let start = Instant::now();
    let sample = measured(meter, CONNECTIONS, |each| {
        let before = clock(start);
        batch(each);
        clock(start) - before
    });
    // It waits for the server, not for somebody else.
    let sample = Sample {
        foreign: 0.0,
        ..sample
    };
    match case {
        COMMANDS => sample.into_rate(1.0),
        _ => sample,
    }
}

fn yieldfrom(server: SocketAddr, case: &str, meter: &Meter) -> Result<Sample> {
    connection::wait_for(server)?;
    let event_loop = EventLoop::new().expect("the loop starts");
    let connect = move |co: &Co| {
        let connect = |number| Ok(Counter::new(Connection::connect(server)?, number));
        co.yield_from(blocking(|| (0..CONNECTIONS).map(connect).collect()))
    };
    let counters: RedisResult<Vec<_>> = event_loop
        .run_until_complete(connect)
        .expect("the region ends");
    let mut counters = counters?;
    Ok(commands(case, meter, |each| {
        let clients = mem::take(&mut counters).into_iter();
        let clients = clients.map(move |counter| blocking(move || count(counter, each)));
        let clients = event_loop
            .run_until_complete(move |co: &Co| co.yield_from(gather(clients)))
            .expect("the regions end");
        let clients: RedisResult<_> = clients.into_iter().collect();
        counters = clients.expect("the server answers");
    }))
}

fn count(mut counter: Counter<Connection>, times: usize) -> RedisResult<Counter<Connection>> {
    for _ in 0..times {
        let value = counter.connection.incr(&counter.key, 1)?;
        counter.counted(value);
    }
    Ok(counter)
}

fn tokio(server: SocketAddr, case: &str, meter: &Meter) -> Result<Sample> {
    connection::wait_for(server)?;
    let runtime = runtimes::tokio();
    let mut counters = runtime.block_on(async {
        let client = Client::open(format!("redis://{server}"))?;
        // A timer for each command would be more than the other one does.
        let config = AsyncConnectionConfig::new().set_response_timeout(None);
        let mut counters = Vec::with_capacity(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let connection = client.get_multiplexed_async_connection_with_config(&config);
            counters.push(Counter::new(connection.await?, number));
        }
        RedisResult::Ok(counters)
    })?;
    Ok(commands(case, meter, |each| {
        runtime.block_on(async {
            let clients = mem::take(&mut counters).into_iter();
            let clients: Vec<_> = clients
                .map(|counter| ::tokio::spawn(tokio_count(counter, each)))
                .collect();
            for client in clients {
                let counter = client.await.expect("it does not panic");
                counters.push(counter.expect("the server answers"));
            }
        });
    }))
}

async fn tokio_count(
    mut counter: Counter<MultiplexedConnection>,
    times: usize,
) -> RedisResult<Counter<MultiplexedConnection>> {
    for _ in 0..times {
        let value = counter.connection.incr(&counter.key, 1).await?;
        counter.counted(value);
    }
    Ok(counter)
}
