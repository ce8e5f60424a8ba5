use std::net::SocketAddr;

use tokio_postgres::{Client, Config, NoTls};
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, Coroutine, Result, coroutine, from_std, gather, spawn_std};
use yieldfrom_adapters::tokio::Io;

use super::Options;
use super::by_tokio_postgres::{count, create, total};

fn connect(co: &Co, server: SocketAddr) -> Result<Client> {
    let stream = co.yield_from(TcpStream::connect(server))?;
    let mut config = Config::new();
    config.user("yieldfrom").dbname("postgres");
    let ends = config.connect_raw(Io::new(stream), NoTls);
    let (client, connection) = co.yield_from(from_std(ends))??;
    spawn_std(connection);
    Ok(client)
}

fn worker(server: SocketAddr, number: i32, times: i32) -> Coroutine<i64> {
    coroutine(move |co| {
        let client = connect(co, server)?;
        Ok(co.yield_from(from_std(count(client, number, times)))??)
    })
}

pub(crate) fn run(options: Options, server: SocketAddr) -> Result<()> {
    yieldfrom::run(move |co: &Co| {
        let client = connect(co, server)?;
        co.yield_from(from_std(create(&client)))??;
        let worker = |number| worker(server, number, options.times);
        let sums = co.yield_from(gather((0..options.workers).map(worker)))?;
        for (worker, sum) in sums.into_iter().enumerate() {
            println!("worker {worker}: {sum}");
        }
        println!("total: {}", co.yield_from(from_std(total(&client)))??);
        Ok(())
    })
}
