//! A server that vanishes.

use redis::{Commands, ConnectionLike, RedisResult};
use yieldfrom::Co;
use yieldfrom::blocking::blocking;

use super::{Redis, run, server_or_skip};

#[test]
fn a_server_that_is_killed_between_two_commands_is_an_error() {
    let mut server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        co.yield_from(blocking(|| -> RedisResult<()> {
            let mut redis = Redis::connect(address)?;
            let () = redis.set("key", 1)?;
            server.kill();
            let error = redis.get::<_, i32>("key").unwrap_err();
            assert!(
                error.is_unrecoverable_error() && error.is_connection_dropped(),
                "{error:?}"
            );
            assert!(!redis.is_open());
            let refused = Redis::connect(address).err().expect("nobody listens");
            assert!(refused.is_connection_refusal(), "{refused:?}");
            Ok(())
        }))??;
        Ok(())
    });
}

#[test]
fn a_server_that_is_killed_while_a_task_waits_is_an_error() {
    let mut server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        let waits = yieldfrom::create_task(blocking(move || {
            Redis::connect(address)?.blpop::<_, (String, String)>("jobs", 0.0)
        }));
        co.yield_from(yieldfrom::yield_now())?;
        server.kill();
        let error = co.yield_from(waits)?.unwrap_err();
        assert!(error.is_io_error(), "{error:?}");
        Ok(())
    });
}
