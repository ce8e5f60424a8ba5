use std::net::SocketAddr;

use anyhow::Result;
use redis::{AsyncCommands, Client, RedisResult};

use super::{Options, TOTAL, own};

async fn count(client: Client, worker: usize, times: u64) -> RedisResult<u64> {
    let mut redis = client.get_multiplexed_async_connection().await?;
    let mut counted = 0;
    for _ in 0..times {
        counted = redis.incr(own(worker), 1).await?;
        redis.incr::<_, _, ()>(TOTAL, 1).await?;
    }
    Ok(counted)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options, server: SocketAddr) -> Result<()> {
    let client = Client::open(format!("redis://{server}"))?;
    let count = |worker| tokio::spawn(count(client.clone(), worker, options.times));
    let counts: Vec<_> = (0..options.workers).map(count).collect();
    for (worker, counted) in counts.into_iter().enumerate() {
        println!("{}: {}", own(worker), counted.await??);
    }
    let mut redis = client.get_multiplexed_async_connection().await?;
    let total: Option<u64> = redis.get(TOTAL).await?;
    println!("{TOTAL}: {}", total.unwrap_or(0));
    Ok(())
}
