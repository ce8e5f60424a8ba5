use std::net::SocketAddr;
use std::thread;

use anyhow::Result;
use redis::{Client, Commands, RedisResult};

use super::{Options, TOTAL, own};

fn count(client: &Client, worker: usize, times: u64) -> RedisResult<u64> {
    let mut redis = client.get_connection()?;
    let mut counted = 0;
    for _ in 0..times {
        counted = redis.incr(own(worker), 1)?;
        redis.incr::<_, _, ()>(TOTAL, 1)?;
    }
    Ok(counted)
}

pub(crate) fn run(options: Options, server: SocketAddr) -> Result<()> {
    let client = Client::open(format!("redis://{server}"))?;
    let count = |worker| {
        let client = client.clone();
        thread::spawn(move || count(&client, worker, options.times))
    };
    let counts: Vec<_> = (0..options.workers).map(count).collect();
    for (worker, counted) in counts.into_iter().enumerate() {
        let counted = counted.join().expect("it does not panic")?;
        println!("{}: {counted}", own(worker));
    }
    let total: Option<u64> = client.get_connection()?.get(TOTAL)?;
    println!("{TOTAL}: {}", total.unwrap_or(0));
    Ok(())
}
