use std::net::SocketAddr;
use std::thread;

use anyhow::Result;
use postgres::{Client, Config, NoTls};

use super::{CREATE, INSERT, Options, SUM, TOTAL};

fn connect(server: SocketAddr) -> Result<Client> {
    let mut config = Config::new();
    config.host(&server.ip().to_string()).port(server.port());
    config.user("yieldfrom").dbname("postgres");
    Ok(config.connect(NoTls)?)
}

fn worker(server: SocketAddr, worker: i32, times: i32) -> Result<i64> {
    let mut client = connect(server)?;
    let insert = client.prepare(INSERT)?;
    for number in 1..=times {
        client.execute(&insert, &[&worker, &i64::from(number)])?;
    }
    Ok(client.query_one(SUM, &[&worker])?.get(0))
}

pub(crate) fn run(options: Options, server: SocketAddr) -> Result<()> {
    let mut client = connect(server)?;
    client.batch_execute(CREATE)?;
    let worker = |number| thread::spawn(move || worker(server, number, options.times));
    let workers: Vec<_> = (0..options.workers).map(worker).collect();
    for (worker, sum) in workers.into_iter().enumerate() {
        println!(
            "worker {worker}: {}",
            sum.join().expect("it does not panic")?
        );
    }
    let total: i64 = client.query_one(TOTAL, &[])?.get(0);
    println!("total: {total}");
    Ok(())
}
