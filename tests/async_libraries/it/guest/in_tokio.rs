//! A guest beside tokio's own tasks, timers and sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{spawn_blocking, spawn_local, yield_now};
use yieldfrom::net::TcpStream;
use yieldfrom::streams::Read;
use yieldfrom::{Co, EventLoop, Result, from_std, sleep, wait_for};
use yieldfrom_adapters::tokio::TokioHost;

use super::in_tokio;

/// Runs a coroutine in a loop that is a guest, as a task of tokio's.
fn with_guest<T: 'static>(body: impl FnOnce(&Co) -> Result<T> + 'static) {
    in_tokio(async {
        let event_loop = EventLoop::new()?;
        let host = TokioHost::new(&event_loop)?;
        let running = spawn_local(async move { event_loop.run_in(host, body).await });
        running.await.expect("it does not panic").map(drop)
    });
}

#[test]
fn tasks_of_tokio_await_tasks_of_the_loop() {
    in_tokio(async {
        let event_loop = EventLoop::new()?;
        let end = event_loop.create_future();
        let running = spawn_local(event_loop.run_in(TokioHost::new(&event_loop)?, end.clone()));
        let mut visitors = Vec::new();
        for n in 0..50 {
            let event_loop = event_loop.clone();
            visitors.push(spawn_local(async move {
                tokio::time::sleep(Duration::from_micros(100)).await;
                let task = event_loop.create_task(move |co: &Co| {
                    co.yield_from(sleep(0.000_1 * f64::from(n)))?;
                    Ok(n)
                });
                assert_eq!(task.await?, n);
                Ok::<_, yieldfrom::Error>(())
            }));
        }
        for visitor in visitors {
            visitor.await.expect("it does not panic")?;
        }
        end.set_result(())?;
        running.await.expect("it does not panic")
    });
}

#[test]
fn a_task_of_tokio_is_aborted_while_it_awaits_one_of_the_loop() {
    in_tokio(async {
        let event_loop = EventLoop::new()?;
        let end = event_loop.create_future();
        let running = spawn_local(event_loop.run_in(TokioHost::new(&event_loop)?, end.clone()));
        let task = event_loop.create_task(sleep(3600));
        let waits = task.clone();
        let waiting = spawn_local(async move { waits.await });
        yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        // Nobody waits for it any more, but it is there.
        assert!(!task.done());
        assert!(task.cancel());
        assert!(task.await.unwrap_err().is_cancelled());
        end.set_result(())?;
        running.await.expect("it does not panic")
    });
}

#[test]
fn coroutines_use_timers_and_threads_of_tokio() {
    with_guest(|co: &Co| {
        co.yield_from(from_std(tokio::time::sleep(Duration::from_millis(1))))?;
        let answer = co.yield_from(from_std(spawn_blocking(|| 6 * 7)))??;
        assert_eq!(answer, 42);
        let never = tokio::time::timeout(Duration::from_millis(1), std::future::pending::<()>());
        assert!(co.yield_from(from_std(never))?.is_err());
        let long = from_std(tokio::time::sleep(Duration::from_secs(3600)));
        let limited = wait_for(long, 0.001);
        assert!(
            co.yield_from(limited)
                .unwrap_err()
                .is::<yieldfrom::TimeoutError>()
        );
        let local = co.yield_from(from_std(spawn_local(async { yield_now().await })))?;
        local.map_err(Into::into)
    });
}

#[test]
fn a_coroutine_with_a_socket_of_the_loop_talks_to_a_task_of_tokio_with_one_of_tokio() {
    with_guest(|co: &Co| -> Result<()> {
        let listener = co.yield_from(from_std(tokio::net::TcpListener::bind("127.0.0.1:0")))??;
        let address = listener.local_addr()?;
        let echo = spawn_local(async move {
            let (mut stream, _) = listener.accept().await?;
            let (mut reader, mut writer) = stream.split();
            tokio::io::copy(&mut reader, &mut writer).await
        });
        let stream = co.yield_from(TcpStream::connect(address))?;
        for n in 0..200_u32 {
            co.yield_from(stream.write_all(&n.to_be_bytes()))?;
            let mut answer = [0; 4];
            co.yield_from(stream.read_exact(&mut answer))?;
            assert_eq!(u32::from_be_bytes(answer), n);
        }
        drop(stream);
        assert_eq!(co.yield_from(from_std(echo))???, 800);
        Ok(())
    });
}

#[test]
fn a_coroutine_uses_a_socket_of_tokio() {
    with_guest(|co: &Co| -> Result<()> {
        let listener = co.yield_from(yieldfrom::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let server = yieldfrom::create_task(move |co: &Co| {
            let (stream, _) = co.yield_from(listener.accept())?;
            let text = co.yield_from(Read::read_to_string(&stream))?;
            co.yield_from(stream.write_all(text.to_uppercase().as_bytes()))
        });
        let mut stream = co.yield_from(from_std(tokio::net::TcpStream::connect(address)))??;
        co.yield_from(from_std(stream.write_all(b"taxi")))??;
        co.yield_from(from_std(stream.shutdown()))??;
        let mut answer = String::new();
        co.yield_from(from_std(stream.read_to_string(&mut answer)))??;
        assert_eq!(answer, "TAXI");
        co.yield_from(server)
    });
}
