//! A guest beside smol's own tasks, timers and sockets.

use std::rc::Rc;
use std::time::Duration;

use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::{LocalExecutor, Timer, unblock};
use yieldfrom::net::TcpStream;
use yieldfrom::streams::Read;
use yieldfrom::{Co, EventLoop, Result, from_std, sleep};
use yieldfrom_adapters::smol::SmolHost;

use super::in_smol;

/// Runs a coroutine in a loop that is a guest, as a task of smol's.
fn with_guest<T: 'static>(
    body: impl FnOnce(&Co, Rc<LocalExecutor<'static>>) -> Result<T> + 'static,
) {
    let executor = Rc::new(LocalExecutor::new());
    let given = Rc::clone(&executor);
    in_smol(executor.run(async {
        let event_loop = EventLoop::new()?;
        let host = SmolHost::new(&event_loop)?;
        let running = event_loop.run_in(host, move |co: &Co| body(co, given));
        executor.spawn(async { running.await.map(drop) }).await
    }));
}

#[test]
fn tasks_of_smol_await_tasks_of_the_loop() {
    with_guest(|co: &Co, executor| -> Result<()> {
        let visitors = (0..50).map(|n| {
            let task = yieldfrom::create_task(move |co: &Co| {
                co.yield_from(sleep(0.000_1 * f64::from(n)))?;
                Ok(n)
            });
            executor.spawn(async move {
                Timer::after(Duration::from_micros(100)).await;
                task.await
            })
        });
        for (n, visitor) in visitors.collect::<Vec<_>>().into_iter().enumerate() {
            assert_eq!(co.yield_from(from_std(visitor))?? as usize, n);
        }
        Ok(())
    });
}

#[test]
fn coroutines_use_timers_threads_and_tasks_of_smol() {
    with_guest(|co: &Co, executor| {
        co.yield_from(from_std(Timer::after(Duration::from_millis(1))))?;
        assert_eq!(co.yield_from(from_std(unblock(|| 6 * 7)))?, 42);
        let task = executor.spawn(async {
            smol::future::yield_now().await;
            7
        });
        assert_eq!(co.yield_from(from_std(task))?, 7);
        Ok(())
    });
}

#[test]
fn a_coroutine_with_a_socket_of_the_loop_talks_to_a_task_of_smol_with_one_of_smol() {
    with_guest(|co: &Co, executor| -> Result<()> {
        let listener = co.yield_from(from_std(async_net::TcpListener::bind("127.0.0.1:0")))??;
        let address = listener.local_addr()?;
        let echo = executor.spawn(async move {
            let (mut stream, _) = listener.accept().await?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            stream.write_all(text.to_uppercase().as_bytes()).await
        });
        let stream = co.yield_from(TcpStream::connect(address))?;
        co.yield_from(stream.write_all(b"taxi"))?;
        stream.shutdown(std::net::Shutdown::Write)?;
        assert_eq!(co.yield_from(Read::read_to_string(&stream))?, "TAXI");
        Ok(co.yield_from(from_std(echo))??)
    });
}
