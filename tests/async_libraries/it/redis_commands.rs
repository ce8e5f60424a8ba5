//! `redis`: a connection that many tasks share, and a real server.

#[path = "../../libraries/it/redis_commands/server.rs"]
mod server;

use futures_util::future::try_join_all;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, AsyncTypedCommands, RedisConnectionInfo, RedisError};
use yieldfrom::bridge::Portable;
use yieldfrom::net::TcpStream;
use yieldfrom::{Co, Result, Task, create_task, gather, spawn_std};
use yieldfrom_adapters::tokio::Io;

use crate::support::{finished, run};
use server::RedisServer;

/// Connects, and makes a task that drives the connection.
fn connect(co: &Co, server: &RedisServer) -> Result<(MultiplexedConnection, Task<()>)> {
    let stream = co.yield_from(TcpStream::connect(server.address))?;
    // The crate asks for a stream that is `Send`.
    let stream = Io::new(Portable::new(stream));
    let info = RedisConnectionInfo::default();
    // A limit of time would be by a timer of smol, and is too short for a busy machine.
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let connecting = MultiplexedConnection::new_with_config(&info, stream, config);
    let (connection, driver) = finished(co, connecting)?;
    Ok((connection, spawn_std(driver)))
}

#[test]
fn coroutines_and_std_futures_share_a_connection() {
    let Some(server) = RedisServer::start() else {
        return;
    };
    run(move |co: &Co| {
        let (connection, driver) = connect(co, &server)?;
        let tasks = (0..20).map(|_| {
            let mut connection = connection.clone();
            create_task(move |co: &Co| {
                (0..50).try_for_each(|_| finished(co, connection.incr("count", 1)).map(drop))
            })
        });
        let mut shared = connection.clone();
        let future = spawn_std(async move {
            let all = (0..500).map(|n| {
                let mut connection = shared.clone();
                async move {
                    let key = format!("key {n}");
                    connection.set(&key, n).await?;
                    assert_eq!(connection.get_int(&key).await?, Some(n));
                    Ok::<_, RedisError>(())
                }
            });
            try_join_all(all).await?;
            shared.del("key 7").await
        });
        co.yield_from(gather(tasks.collect::<Vec<_>>()))?;
        assert_eq!(co.yield_from(future)??, 1);
        let mut connection = connection;
        assert_eq!(finished(co, connection.get_int("count"))?, Some(1000));
        drop(connection);
        co.yield_from(driver)
    });
}

#[test]
fn a_command_fails_when_the_server_goes_away_and_another_task_is_cancelled() {
    let Some(mut server) = RedisServer::start() else {
        return;
    };
    run(move |co: &Co| {
        let (connection, driver) = connect(co, &server)?;
        let waits = |key: &'static str| {
            let mut connection = connection.clone();
            create_task(move |co: &Co| finished(co, connection.blpop(key, 0.0)).map(drop))
        };
        let (cancelled, waiting) = (waits("one"), waits("other"));
        co.yield_from(yieldfrom::yield_now())?;
        assert!(cancelled.cancel());
        assert!(co.yield_from(cancelled).unwrap_err().is_cancelled());
        server.kill();
        let error = co.yield_from(waiting).unwrap_err();
        let error = error
            .downcast_ref::<RedisError>()
            .expect("an error of the client");
        assert!(
            error.is_io_error() || error.is_connection_dropped(),
            "{error}"
        );
        drop(connection);
        co.yield_from(driver)
    });
}
