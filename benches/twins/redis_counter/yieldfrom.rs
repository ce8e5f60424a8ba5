use std::net::SocketAddr;

use redis::{Commands, RedisResult};
use yieldfrom::blocking::blocking;
use yieldfrom::{Result, gather, get_event_loop};

use super::{Options, TOTAL, own};
use crate::questions::libraries::redis::connection::Connection;

fn count(server: SocketAddr, worker: usize, times: u64) -> RedisResult<u64> {
    let mut redis = Connection::connect(server)?;
    let mut counted = 0;
    for _ in 0..times {
        counted = redis.incr(own(worker), 1)?;
        redis.incr::<_, _, ()>(TOTAL, 1)?;
    }
    Ok(counted)
}

pub(crate) fn run(options: Options, server: SocketAddr) -> Result<()> {
    let event_loop = get_event_loop()?;
    let count = |worker| blocking(move || count(server, worker, options.times));
    let counts = gather((0..options.workers).map(count));
    for (worker, counted) in event_loop
        .run_until_complete(counts)?
        .into_iter()
        .enumerate()
    {
        println!("{}: {}", own(worker), counted?);
    }
    let total = blocking(move || Connection::connect(server)?.get::<_, Option<u64>>(TOTAL));
    let total = event_loop.run_until_complete(total)??;
    println!("{TOTAL}: {}", total.unwrap_or(0));
    event_loop.close()
}
