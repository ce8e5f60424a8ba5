//! `tower` and `moka`: layers around a service, and a cache that loads each value once.

use std::cell::Cell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use moka::future::Cache;
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::timeout::Timeout;
use tower::{Service, ServiceExt, service_fn};
use yieldfrom::{Co, EventLoop, create_task, from_std, gather, sleep, spawn_std, yield_now};
use yieldfrom_adapters::tokio::TokioHost;

use crate::support::{finished, run};

#[test]
fn a_limit_lets_so_many_requests_in_at_once() {
    run(|co: &Co| {
        let (running, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let (counts, seen) = (Rc::clone(&running), Rc::clone(&most));
        let service = service_fn(move |n: u32| {
            let (running, most) = (Rc::clone(&counts), Rc::clone(&seen));
            async move {
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                create_task(yield_now()).await?;
                running.set(running.get() - 1);
                Ok::<_, yieldfrom::Error>(2 * n)
            }
        });
        let service = ConcurrencyLimit::new(service, 3);
        let tasks = (0..50).map(|n| {
            let service = service.clone();
            create_task(move |co: &Co| {
                assert_eq!(finished(co, service.oneshot(n))?, 2 * n);
                Ok(())
            })
        });
        co.yield_from(gather(tasks.collect::<Vec<_>>()))?;
        assert_eq!((most.get(), running.get()), (3, 0));
        Ok(())
    });
}

#[test]
fn a_buffer_is_served_by_a_task_of_the_loop() {
    run(|co: &Co| {
        let service = service_fn(|n: u32| async move { Ok::<_, Infallible>(2 * n) });
        let (buffer, worker) = Buffer::pair(service, 2);
        let worker = spawn_std(worker);
        let tasks = (0..50).map(|n| {
            let mut buffer = buffer.clone();
            create_task(move |co: &Co| {
                let answer =
                    co.yield_from(from_std(async { buffer.ready().await?.call(n).await }))?;
                assert!(answer.is_ok_and(|answer| answer == 2 * n));
                Ok(())
            })
        });
        co.yield_from(gather(tasks.collect::<Vec<_>>()))?;
        drop(buffer);
        co.yield_from(worker)
    });
}

#[test]
fn a_limit_of_time_by_tokio_passes_in_a_guest_of_tokio() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let limited = runtime.block_on(async {
        let event_loop = EventLoop::new()?;
        let host = TokioHost::new(&event_loop)?;
        let work = |co: &Co| {
            let slow = service_fn(|()| async { sleep(3600).await });
            let limited = Timeout::new(slow, Duration::from_millis(1));
            let error = co.yield_from(from_std(limited.oneshot(())))?.unwrap_err();
            Ok(error.is::<tower::timeout::error::Elapsed>())
        };
        event_loop.run_in(host, work).await
    });
    assert!(limited.unwrap());
}

#[test]
fn a_cache_loads_a_value_once_for_all_who_wait() {
    run(|co: &Co| {
        let (cache, loads) = (Cache::new(100), Rc::new(Cell::new(0)));
        let tasks = (0..100).map(|n| {
            let (cache, loads) = (cache.clone(), Rc::clone(&loads));
            create_task(move |co: &Co| {
                let key = n % 10;
                let load = async {
                    loads.set(loads.get() + 1);
                    sleep(0.000_1).await.expect("it runs on the loop");
                    2 * key
                };
                assert_eq!(co.yield_from(from_std(cache.get_with(key, load)))?, 2 * key);
                Ok(())
            })
        });
        co.yield_from(gather(tasks.collect::<Vec<_>>()))?;
        assert_eq!(loads.get(), 10);
        Ok(())
    });
}

#[test]
fn a_cache_loads_again_after_who_loads_was_cancelled() {
    run(|co: &Co| {
        let cache = Cache::new(100);
        let (first, second) = (cache.clone(), cache.clone());
        let loader = create_task(move |co: &Co| {
            let load = async { std::future::pending::<i32>().await };
            co.yield_from(from_std(first.get_with(7, load)))
        });
        let waiter =
            create_task(move |co: &Co| co.yield_from(from_std(second.get_with(7, async { 42 }))));
        co.yield_from(yield_now())?;
        assert!(!waiter.done());
        loader.cancel();
        assert!(co.yield_from(loader).unwrap_err().is_cancelled());
        assert_eq!(co.yield_from(waiter)?, 42);
        Ok(())
    });
}
