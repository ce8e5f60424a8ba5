//! Cancellations in the middle of a command, and timeouts.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use redis::{Commands, ConnectionLike, RedisResult, pipe};
use yieldfrom::blocking::blocking;
use yieldfrom::{Co, Result, TimeoutError, create_task, timeout};

use super::{Redis, server_or_skip, until};
use crate::support::{assert_cannot_be_swallowed, cancel_at_random, in_a_child, run, test_path};

fn work(address: SocketAddr) -> RedisResult<()> {
    let mut redis = Redis::connect(address)?;
    let () = redis.set("large", vec![7_u8; 1_000_000])?;
    let _: Vec<u8> = redis.get("large")?;
    pipe()
        .atomic()
        .incr("count", 1)
        .get("large")
        .exec(&mut redis)
}

#[test]
fn commands_can_be_cancelled_at_random() {
    if !in_a_child(test_path!("commands_can_be_cancelled_at_random")) {
        return;
    }
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        let cancelled = cancel_at_random(co, 200, || {
            create_task(move |co: &Co| Ok(co.yield_from(blocking(|| work(address)))??))
        })?;
        assert!(cancelled > 0);
        Ok(())
    });
}

#[test]
fn no_code_around_a_command_can_swallow_a_cancellation() {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        assert_cannot_be_swallowed(co, move || {
            Redis::connect(address)?.blpop::<_, (String, String)>("nothing", 0.0)
        })
    });
}

/// Connections that are kept for the next one: those that are good.
#[derive(Clone, Default)]
struct Pool(Rc<RefCell<Vec<Redis>>>);

impl Pool {
    fn with<T>(
        &self,
        address: SocketAddr,
        work: impl FnOnce(&mut Redis) -> RedisResult<T>,
    ) -> RedisResult<T> {
        let kept = self.0.borrow_mut().pop();
        let mut redis = kept.map_or_else(|| Redis::connect(address), Ok)?;
        let result = work(&mut redis);
        if redis.is_open() {
            self.0.borrow_mut().push(redis);
        }
        result
    }

    fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

#[test]
fn a_connection_whose_command_was_cancelled_is_not_used_again() {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| -> Result<()> {
        let pool = Pool::default();
        co.yield_from(blocking(|| {
            pool.with(address, |redis| redis.set::<_, _, ()>("key", "value"))
        }))??;
        assert_eq!(pool.len(), 1);
        let waiting = pool.clone();
        let task = create_task(blocking(move || {
            waiting.with(address, |redis| {
                redis.blpop::<_, (String, String)>("jobs", 0.0)
            })
        }));
        until(co, || pool.len() == 0)?;
        task.cancel();
        assert!(co.yield_from(task).unwrap_err().is_cancelled());
        assert_eq!(pool.len(), 0);
        let value = blocking(|| {
            pool.with(address, |redis| {
                // The server would send this to the one that waited, if that connection were left.
                let () = redis.rpush("jobs", "a job")?;
                redis.get::<_, String>("key")
            })
        });
        assert_eq!(co.yield_from(value)??, "value");
        Ok(())
    });
}

#[test]
fn a_timeout_of_the_loop_ends_a_command() {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        let waits =
            blocking(move || Redis::connect(address)?.blpop::<_, (String, String)>("jobs", 0.0));
        let error = co
            .yield_from(timeout(0.01, |co: &Co| co.yield_from(waits)))
            .unwrap_err();
        assert!(error.is::<TimeoutError>(), "{error:?}");
        Ok(())
    });
}

#[test]
fn a_timeout_of_the_stream_is_a_timeout_for_the_crate() {
    let server = server_or_skip!();
    let address = server.address;
    run(move |co: &Co| {
        let error = co.yield_from(blocking(|| {
            let mut redis = Redis::connect(address)?;
            redis
                .stream()
                .set_read_timeout(Some(Duration::from_millis(10)))?;
            let error = redis.blpop::<_, (String, String)>("jobs", 0.0).unwrap_err();
            assert!(!redis.is_open());
            RedisResult::Ok(error)
        }))??;
        assert!(error.is_timeout(), "{error:?}");
        Ok(())
    });
}
