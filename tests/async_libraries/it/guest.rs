//! A whole loop inside other executors: tokio's current-thread runtime, and smol.

mod faults;
mod in_smol;
mod in_tokio;
mod quiet;
mod shared_work;
mod woken;

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use yieldfrom::bridge::Host;
use yieldfrom::{Co, Event, EventLoop, Result};
use yieldfrom_adapters::smol::SmolHost;
use yieldfrom_adapters::tokio::TokioHost;

use crate::support::Watchdog;

/// The host of one of the two.
struct AnyHost(Box<dyn Host>);

impl Host for AnyHost {
    fn poll_wait(
        &mut self,
        context: &mut Context<'_>,
        limit: Option<Duration>,
    ) -> Poll<io::Result<()>> {
        self.0.poll_wait(context, limit)
    }
}

type MakeHost = fn(&EventLoop) -> AnyHost;

/// Runs this in each of the two executors.
fn in_each_host<F: Future<Output = Result<()>>>(scenario: impl Fn(MakeHost) -> F) {
    in_tokio(scenario(|guest| {
        AnyHost(Box::new(TokioHost::new(guest).unwrap()))
    }));
    in_smol(scenario(|guest| {
        AnyHost(Box::new(SmolHost::new(guest).unwrap()))
    }));
}

fn in_tokio(future: impl Future<Output = Result<()>>) {
    let _watchdog = Watchdog::start("a guest of tokio");
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    tokio::task::LocalSet::new()
        .block_on(&runtime, future)
        .unwrap();
}

fn in_smol(future: impl Future<Output = Result<()>>) {
    let _watchdog = Watchdog::start("a guest of smol");
    smol::block_on(future).unwrap();
}

/// Runs futures until all are done. Each is polled only when it is woken.
async fn together(futures: impl IntoIterator<Item = LocalBoxFuture<'_, Result<()>>>) -> Result<()> {
    let mut futures: FuturesUnordered<_> = futures.into_iter().collect();
    while let Some(done) = futures.next().await {
        done?;
    }
    Ok(())
}

/// Counts the polls of a future.
struct Counted<F> {
    future: F,
    polls: Polls,
}

#[derive(Clone, Default)]
struct Polls(Rc<Cell<usize>>);

impl<F: Future + Unpin> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.polls.0.set(self.polls.0.get() + 1);
        Pin::new(&mut self.future).poll(context)
    }
}

impl Polls {
    /// Waits until what is counted sleeps: many rounds of the executor pass without a poll of it.
    async fn until_asleep(&self) {
        let mut quiet = 0;
        for _ in 0..1_000_000 {
            if quiet == 100 {
                return;
            }
            let before = self.0.get();
            smol::future::yield_now().await;
            quiet = if before == self.0.get() { quiet + 1 } else { 0 };
        }
        panic!("it is polled again and again");
    }
}

/// A loop that runs as a guest beside async code.
struct Guest {
    event_loop: EventLoop,
    polls: Polls,
}

impl Guest {
    /// Runs async code of the host beside a loop that does what it is given, until the code has ended.
    async fn beside<F: Future<Output = Result<()>>>(
        make: MakeHost,
        code: impl FnOnce(Self) -> F,
    ) -> Result<()> {
        let event_loop = EventLoop::new()?;
        let (polls, end) = (Polls::default(), Event::new());
        let until = end.clone();
        let running = Counted {
            future: event_loop.run_in(make(&event_loop), move |co: &Co| {
                co.yield_from(until.wait())
            }),
            polls: polls.clone(),
        };
        let guest = Self {
            event_loop: event_loop.clone(),
            polls,
        };
        let code = async {
            let done = code(guest).await;
            event_loop.call_soon(move || end.set())?;
            done
        };
        together([
            Box::pin(async { running.await.map(drop) }) as LocalBoxFuture<'_, _>,
            Box::pin(code),
        ])
        .await
    }
}
