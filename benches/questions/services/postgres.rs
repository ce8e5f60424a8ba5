//! Queries to a PostgreSQL server by tokio-postgres, which is given its streams.

mod querying;

use std::mem;
use std::net::SocketAddr;
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use database::Database;
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, EventLoop, from_std, gather, spawn_std};
use yieldfrom_adapters::tokio::Io;

use crate::measuring::meter::{Meter, Samples, processor_time};
use crate::peers::runtimes;
use crate::questions::{Case, Contestant, Question, number};
use crate::servers::announce;
use crate::servers::ping_pong::Played;
use querying::{Job, Querying, connect, parted};

/// How many connections there are under the same load for all.
const CONNECTIONS: usize = 8;
/// How many queries all connections have together in a run, and before it; and under a load.
const QUERIES: usize = 800;
const LOADED: usize = 10_000;

/// The case that has `CONNECTIONS`.
pub(crate) const QUERIES_OF_8: &str = "connections=8 queries";

pub(crate) const QUESTION: Question = Question {
    name: "services-postgres",
    about: "tokio-postgres, over a stream that it is given, asks a PostgreSQL server on another processor for the \
            sum of two numbers by a prepared SELECT, and checks it; each connection asks when the answer before is \
            there; yieldfrom: on our loop by the bridge, a task without a stack for each connection and for who \
            asks; tokio: a task for each; queries: how many in a second; cpu: what the processor does for each in \
            the client; load: by a schedule, half of what the slowest bears; within what time answers are there, \
            counted from when each query was to be sent",
    cases: &[
        Case::new("connections=1 queries", "queries/s").long(),
        Case::new("connections=1 cpu", "CPU ns").joined().long(),
        Case::new(QUERIES_OF_8, "queries/s"),
        Case::new("connections=8 cpu", "CPU ns").joined(),
        Case::new("load p50", "us")
            .under_load("services-postgres", QUERIES_OF_8)
            .long(),
        Case::new("load p99", "us").joined().long(),
        Case::new("load p999", "us").joined().long(),
    ],
    contestants: &[
        Contestant::client("yieldfrom", yieldfrom, serve),
        Contestant::client("tokio", tokio, serve),
    ],
    repetitions: usize::MAX,
    // Most of it is the server's start.
    seconds: 0.9,
};

/// Is the server, until this process is killed.
fn serve(_case: &str) -> Result<()> {
    let Some(database) = Database::start() else {
        bail!("PostgreSQL is not installed");
    };
    announce(database.port());
    loop {
        thread::park();
    }
}

/// Returns how many connections a case has.
fn connections(case: &str) -> usize {
    match case.split_once(' ') {
        Some(("load", _)) | None => CONNECTIONS,
        Some((connections, _)) => number(connections),
    }
}

/// Measures queries; `run` does a job on each connection, and returns how late the answers were.
fn measured(case: &str, meter: &Meter, mut run: impl FnMut(Job) -> Vec<u64>) -> Result<Samples> {
    let connections = connections(case);
    let each = QUERIES / connections;
    run(Job::Queries(each));
    if case.starts_with("load") {
        return under_load(meter, run);
    }
    let runs = meter.several(|| {
        let (start, before) = (Instant::now(), processor_time());
        run(Job::Queries(each));
        Ok((start.elapsed(), processor_time() - before))
    })?;
    let queries = (each * connections) as f64;
    let took = runs.iter().map(|(took, _)| took.as_secs_f64());
    let worked = runs.iter().map(|(_, worked)| worked.as_secs_f64());
    Ok(Samples {
        values: vec![
            queries / took.fold(f64::INFINITY, f64::min),
            worked.fold(f64::INFINITY, f64::min) * 1e9 / queries,
        ],
        // It waits for the server, not for somebody else.
        foreign: 0.0,
    })
}

fn under_load(meter: &Meter, mut run: impl FnMut(Job) -> Vec<u64>) -> Result<Samples> {
    let per_second = meter.load.context("nobody says how great the load is")?;
    let start = Instant::now();
    let latencies = run(Job::Scheduled {
        start,
        per_second,
        connections: CONNECTIONS,
        each: LOADED / CONNECTIONS,
    });
    let played = Played::new(start.elapsed(), latencies);
    Ok(Samples {
        values: [500, 990, 999].map(|part| played.per_mille(part)).into(),
        foreign: 0.0,
    })
}

fn yieldfrom(server: SocketAddr, case: &str, meter: &Meter) -> Result<Samples> {
    let event_loop = EventLoop::new().expect("the loop starts");
    let open = move |co: &Co| -> yieldfrom::Result<Querying> {
        let stream = co.yield_from(TcpStream::connect(server))?;
        stream.set_nodelay(true)?;
        let ends = co.yield_from(from_std(connect(Io::new(stream))))?;
        let (client, connection) = ends.expect("the server lets it in");
        spawn_std(connection);
        let querying = co.yield_from(from_std(Querying::prepare(client)))?;
        Ok(querying.expect("the server knows it"))
    };
    let count = connections(case);
    let open = move |co: &Co| (0..count).map(|_| open(co)).collect();
    let all: yieldfrom::Result<Vec<_>> = event_loop.run_until_complete(open);
    let mut all = all.expect("the connections are open");
    measured(case, meter, |job| {
        let jobs = mem::take(&mut all).into_iter().enumerate();
        let jobs = jobs.map(move |(number, querying)| from_std(job.done(number, querying)));
        let done = event_loop.run_until_complete(move |co: &Co| co.yield_from(gather(jobs)));
        let latencies;
        (all, latencies) = parted(done.expect("all tasks end"));
        latencies
    })
}

fn tokio(server: SocketAddr, case: &str, meter: &Meter) -> Result<Samples> {
    let runtime = runtimes::tokio();
    let open = async || {
        let stream = tokio::net::TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let (client, connection) = connect(stream).await?;
        tokio::spawn(connection);
        anyhow::Ok(Querying::prepare(client).await?)
    };
    let all: Result<Vec<_>> = runtime.block_on(async {
        let mut all = Vec::with_capacity(connections(case));
        for _ in 0..connections(case) {
            all.push(open().await?);
        }
        Ok(all)
    });
    let mut all = all?;
    measured(case, meter, |job| {
        let latencies;
        (all, latencies) = parted(runtime.block_on(async {
            let jobs = mem::take(&mut all).into_iter().enumerate();
            let jobs: Vec<_> = jobs
                .map(|(number, querying)| tokio::spawn(job.done(number, querying)))
                .collect();
            let mut done = Vec::with_capacity(jobs.len());
            for job in jobs {
                done.push(job.await.expect("it does not panic"));
            }
            done
        }));
        latencies
    })
}
