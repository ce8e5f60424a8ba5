//! `redis`: the crate's commands, over a stream that suspends, with a real server.

mod adapter;
mod cancellation;
mod faults;
mod server;

use std::net::SocketAddr;

use redis::{Commands, RedisResult, pipe};
use yieldfrom::blocking::{self, blocking};
use yieldfrom::{Barrier, Co, Result, create_task};

use crate::support::{MEMBERS, crowd, in_a_child, run, test_path, until};
use adapter::Redis;
pub(crate) use server::RedisServer;

/// Starts a server; without the program, it ends the test.
macro_rules! server_or_skip {
    () => {
        match $crate::redis_commands::server::RedisServer::start() {
            Some(server) => server,
            None => return,
        }
    };
}
use server_or_skip;

fn use_commands(redis: &mut Redis) -> RedisResult<()> {
    let () = redis.set("name", "a value")?;
    assert_eq!(redis.get::<_, String>("name")?, "a value");
    assert_eq!(redis.get::<_, Option<String>>("nobody")?, None);
    assert_eq!(redis.incr::<_, _, i64>("count", 5)?, 5);
    let () = redis.hset_multiple("hash", &[("one", 1), ("two", 2)])?;
    assert_eq!(redis.hget::<_, _, i32>("hash", "two")?, 2);
    let () = redis.rpush("list", &["x", "y", "z"])?;
    assert_eq!(
        redis.lrange::<_, Vec<String>>("list", 0, -1)?,
        ["x", "y", "z"]
    );
    let double = redis::Script::new("return ARGV[1] * 2");
    assert_eq!(double.arg(21).invoke::<i32>(redis)?, 42);
    let keys = redis.scan_match::<_, String>("*")?.count();
    assert_eq!(keys, 4);
    Ok(())
}

fn use_large_values(redis: &mut Redis) -> RedisResult<()> {
    let large: Vec<u8> = (0..20_000_000_u32).map(|n| (n % 251) as u8).collect();
    let () = redis.set("large", &large)?;
    assert!(redis.get::<_, Vec<u8>>("large")? == large);
    Ok(())
}

fn use_pipelines(redis: &mut Redis) -> RedisResult<()> {
    let mut many = pipe();
    for n in 0..1000 {
        many.set(n, n * n).ignore();
    }
    let squares: Vec<i64> = many.get(31).get(999).query(redis)?;
    assert_eq!(squares, [31 * 31, 999 * 999]);
    let (sum, text): (i64, String) = pipe()
        .atomic()
        .incr("sum", 3)
        .set("text", "done")
        .ignore()
        .get("text")
        .query(redis)?;
    assert_eq!((sum, &*text), (3, "done"));
    let wrong = pipe().atomic().incr("text", 1).query::<()>(redis);
    assert!(wrong.unwrap_err().to_string().contains("not an integer"));
    // The connection is as good as before.
    assert_eq!(redis.get::<_, i64>("sum")?, 3);
    Ok(())
}

/// Uses a new server in all these ways.
pub(crate) fn all_kinds(address: SocketAddr) -> RedisResult<()> {
    let mut redis = Redis::connect(address)?;
    use_commands(&mut redis)?;
    use_large_values(&mut redis)?;
    use_pipelines(&mut redis)
}

/// Runs synchronous code in a region, with a server of its own.
fn with_server(code: fn(&mut Redis) -> RedisResult<()>) {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        co.yield_from(blocking(|| code(&mut Redis::connect(address)?)))??;
        Ok(())
    });
}

#[test]
fn commands_of_all_kinds_work() {
    with_server(use_commands);
}

#[test]
fn values_that_are_larger_than_the_buffers_of_the_system_come_back() {
    with_server(use_large_values);
}

#[test]
fn pipelines_and_transactions_work() {
    with_server(use_pipelines);
}

/// Adds one to a number in a transaction, which is tried again when another one came in between. Returns how many tries
/// that took. The first try of each waits until all have read the number.
fn add_one(redis: &mut Redis, all_have_read: &Barrier) -> RedisResult<u32> {
    let mut tries = 0;
    let () = redis::transaction(redis, &["number"], |redis, pipe| {
        let number: i64 = redis.get("number")?;
        tries += 1;
        if tries == 1 {
            blocking::wait(all_have_read.wait())?;
        }
        pipe.set("number", number + 1).ignore().query(redis)
    })?;
    Ok(tries)
}

#[test]
fn transactions_of_several_tasks_watch_each_other() {
    const TASKS: usize = 10;
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        co.yield_from(blocking(|| {
            Redis::connect(address)?.set::<_, _, ()>("number", 0)
        }))??;
        let all_have_read = Barrier::new(TASKS)?;
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            let all_have_read = all_have_read.clone();
            tasks.push(create_task(blocking(move || {
                add_one(&mut Redis::connect(address)?, &all_have_read)
            })));
        }
        let mut tries = 0;
        for task in tasks {
            tries += co.yield_from(task)??;
        }
        let number = co.yield_from(blocking(|| {
            Redis::connect(address)?.get::<_, usize>("number")
        }))??;
        assert_eq!(number, TASKS);
        // Of the first tries, one was good.
        assert!(tries as usize >= 2 * TASKS - 1, "{tries}");
        Ok(())
    });
}

/// Waits until so many connections wait for a job, and gives each one.
fn push_for(address: SocketAddr, waiting: usize) -> RedisResult<()> {
    let mut redis = Redis::connect(address)?;
    let all_wait = format!("blocked_clients:{waiting}\r\n");
    let mut info = redis::cmd("INFO");
    info.arg("clients");
    while !info.query::<String>(&mut redis)?.contains(&all_wait) {}
    redis.rpush("jobs", vec!["a job"; waiting])
}

#[test]
fn blpop_waits_while_another_task_pushes() {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        let popper = create_task(blocking(move || {
            Redis::connect(address)?.blpop::<_, (String, String)>("jobs", 0.0)
        }));
        co.yield_from(blocking(|| push_for(address, 1)))??;
        assert_eq!(
            co.yield_from(popper)??,
            ("jobs".to_owned(), "a job".to_owned())
        );
        Ok(())
    });
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| -> Result<()> {
        // While all of them wait, this task and the heartbeat go on.
        let pusher = create_task(blocking(move || push_for(address, MEMBERS)));
        crowd(co, move |member| {
            let mut redis = Redis::connect(address).unwrap();
            let key = format!("member {}", member.number);
            assert_eq!(redis.get::<_, Option<String>>(&key).unwrap(), None);
            member.wait_for_the_others();
            for round in 1..=20 {
                assert_eq!(redis.incr::<_, _, u32>(&key, 1).unwrap(), round);
                member.note_answer();
            }
            let job = redis.blpop::<_, (String, String)>("jobs", 0.0);
            assert_eq!(job.unwrap().1, "a job");
        })?;
        Ok(co.yield_from(pusher)??)
    });
}
