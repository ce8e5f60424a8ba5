//! Commands to a Redis server.

pub(crate) mod connection;
mod server;

use std::mem;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use redis::aio::MultiplexedConnection;
use redis::{
    AsyncCommands, AsyncConnectionConfig, Client, Commands, RedisConnectionInfo, RedisResult,
};
use yieldfrom::blocking::blocking;
use yieldfrom::bridge::Portable;
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, EventLoop, from_std, gather, spawn_std};
use yieldfrom_adapters::tokio::Io;

use super::measured;
use crate::measuring::meter::{Meter, Sample, Samples, processor_time};
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
            and again; yieldfrom: the crate redis in regions; tokio: the same crate's client for tokio; yieldfrom-futures: that \
            client on our loop by the bridge; commands: \
            how many in a second; cpu: what the processor does for each in the client",
    cases: &[
        Case::new(COMMANDS, "commands/s"),
        Case::new("cpu", "CPU ns"),
    ],
    contestants: &[
        Contestant::client("yieldfrom", yieldfrom, server::serve),
        Contestant::client("yieldfrom-futures", futures, server::serve),
        Contestant::client("tokio", tokio, server::serve),
    ],
    repetitions: usize::MAX,
    seconds: 0.25,
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

fn yieldfrom(server: SocketAddr, case: &str, meter: &Meter) -> Result<Samples> {
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
    let sample = commands(case, meter, |each| {
        let clients = mem::take(&mut counters).into_iter();
        let clients = clients.map(move |counter| blocking(move || count(counter, each)));
        let clients = event_loop
            .run_until_complete(move |co: &Co| co.yield_from(gather(clients)))
            .expect("the regions end");
        let clients: RedisResult<_> = clients.into_iter().collect();
        counters = clients.expect("the server answers");
    });
    Ok(sample.into())
}

fn count(mut counter: Counter<Connection>, times: usize) -> RedisResult<Counter<Connection>> {
    for _ in 0..times {
        let value = counter.connection.incr(&counter.key, 1)?;
        counter.counted(value);
    }
    Ok(counter)
}

/// A timer for each command would be more than synchronous code does.
fn without_timers() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(None)
}

fn futures(server: SocketAddr, case: &str, meter: &Meter) -> Result<Samples> {
    connection::wait_for(server)?;
    let event_loop = EventLoop::new().expect("the loop starts");
    let connect = move |co: &Co| {
        (0..CONNECTIONS)
            .map(|number| bridged(co, server, number))
            .collect()
    };
    let counters: yieldfrom::Result<Vec<_>> = event_loop.run_until_complete(connect);
    let mut counters = counters.expect("the server lets all in");
    let sample = commands(case, meter, |each| {
        let clients = mem::take(&mut counters).into_iter();
        let clients = clients.map(move |counter| from_std(async_count(counter, each)));
        let clients = event_loop
            .run_until_complete(move |co: &Co| co.yield_from(gather(clients)))
            .expect("the tasks end");
        let clients: RedisResult<_> = clients.into_iter().collect();
        counters = clients.expect("the server answers");
    });
    Ok(sample.into())
}

/// Connects the client for tokio over a stream of ours; it asks for one that is `Send`.
fn bridged(
    co: &Co,
    server: SocketAddr,
    number: usize,
) -> yieldfrom::Result<Counter<MultiplexedConnection>> {
    let stream = co.yield_from(TcpStream::connect(server))?;
    stream.set_nodelay(true)?;
    let (stream, config) = (Io::new(Portable::new(stream)), without_timers());
    let info = RedisConnectionInfo::default();
    let ends = MultiplexedConnection::new_with_config(&info, stream, config);
    let (connection, driver) = co.yield_from(from_std(ends))??;
    spawn_std(driver);
    Ok(Counter::new(connection, number))
}

fn tokio(server: SocketAddr, case: &str, meter: &Meter) -> Result<Samples> {
    connection::wait_for(server)?;
    let runtime = runtimes::tokio();
    let mut counters = runtime.block_on(async {
        let client = Client::open(format!("redis://{server}"))?;
        let config = without_timers();
        let mut counters = Vec::with_capacity(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let connection = client.get_multiplexed_async_connection_with_config(&config);
            counters.push(Counter::new(connection.await?, number));
        }
        RedisResult::Ok(counters)
    })?;
    let sample = commands(case, meter, |each| {
        runtime.block_on(async {
            let clients = mem::take(&mut counters).into_iter();
            let clients: Vec<_> = clients
                .map(|counter| ::tokio::spawn(async_count(counter, each)))
                .collect();
            for client in clients {
                let counter = client.await.expect("it does not panic");
                counters.push(counter.expect("the server answers"));
            }
        });
    });
    Ok(sample.into())
}

async fn async_count(
    mut counter: Counter<MultiplexedConnection>,
    times: usize,
) -> RedisResult<Counter<MultiplexedConnection>> {
    for _ in 0..times {
        let value = counter.connection.incr(&counter.key, 1).await?;
        counter.counted(value);
    }
    Ok(counter)
}
