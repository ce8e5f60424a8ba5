use std::net::SocketAddr;

use anyhow::Result;
use tokio_postgres::{Client, Config, NoTls};

use super::Options;
use super::by_tokio_postgres::{count, create, total};

async fn connect(server: SocketAddr) -> Result<Client> {
    let mut config = Config::new();
    config.host(server.ip().to_string()).port(server.port());
    config.user("yieldfrom").dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn worker(server: SocketAddr, number: i32, times: i32) -> Result<i64> {
    let client = connect(server).await?;
    Ok(count(client, number, times).await?)
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: Options, server: SocketAddr) -> Result<()> {
    let client = connect(server).await?;
    create(&client).await?;
    let worker = |number| tokio::spawn(worker(server, number, options.times));
    let workers: Vec<_> = (0..options.workers).map(worker).collect();
    for (worker, sum) in workers.into_iter().enumerate() {
        println!("worker {worker}: {}", sum.await??);
    }
    println!("total: {}", total(&client).await?);
    Ok(())
}
