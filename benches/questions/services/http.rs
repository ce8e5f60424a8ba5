//! HTTP by hyper, both ends on one thread.

use std::mem;

use hyper::client::conn::http1::handshake;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use yieldfrom::{Co, EventLoop, from_std, gather, spawn_std};
use yieldfrom_adapters::hyper::Io;

use super::items::{answer, ask};
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes;
use crate::questions::libraries::{ours, processor, tokio as tokio_ends};
use crate::questions::{Case, Contestant, Question, number};

pub(crate) const QUESTION: Question = Question {
    name: "services-http",
    about: "requests for items of some 50 bytes of JSON over HTTP/1.1, connections kept alive, by hyper at both ends, which \
            are on one thread; yieldfrom: on our loop by the bridge, a task without a stack for each end; tokio: a task for \
            each end; the processor's ns for each request with its answer",
    cases: &[
        Case::new("connections=1", "CPU ns").long(),
        Case::new("connections=32", "CPU ns"),
    ],
    contestants: &[
        Contestant::rust("yieldfrom", yieldfrom),
        Contestant::rust("tokio", tokio),
    ],
    repetitions: usize::MAX,
    seconds: 0.2,
};

fn yieldfrom(case: &str, meter: &Meter) -> Sample {
    let (event_loop, connections) = (EventLoop::new().expect("the loop starts"), number(case));
    let connect = |co: &Co| {
        let (near, far) = ours::pair(co)?;
        spawn_std(http1::Builder::new().serve_connection(Io::new(far), service_fn(answer)));
        let (asking, connection) = co.yield_from(from_std(handshake(Io::new(near))))??;
        spawn_std(connection);
        Ok(asking)
    };
    let connect = move |co: &Co| (0..connections).map(|_| connect(co)).collect();
    let all: yieldfrom::Result<Vec<_>> = event_loop.run_until_complete(connect);
    let mut all = all.expect("both ends are here");
    processor(meter, connections, |each| {
        let asks = mem::take(&mut all).into_iter();
        let asks = asks.map(move |asking| from_std(ask(asking, each)));
        let asked = event_loop.run_until_complete(move |co: &Co| co.yield_from(gather(asks)));
        let asked = asked.expect("all tasks end").into_iter();
        all = asked
            .map(|asking| asking.expect("all answers come"))
            .collect();
    })
}

fn tokio(case: &str, meter: &Meter) -> Sample {
    let (runtime, connections) = (runtimes::tokio(), number(case));
    let connect = async || {
        let (near, far) = tokio_ends::pair().await.expect("both ends are here");
        let builder = http1::Builder::new();
        tokio::spawn(builder.serve_connection(TokioIo::new(far), service_fn(answer)));
        let ends = handshake(TokioIo::new(near)).await;
        let (asking, connection) = ends.expect("both ends are here");
        tokio::spawn(connection);
        asking
    };
    let mut all = runtime.block_on(async {
        let mut all = Vec::with_capacity(connections);
        for _ in 0..connections {
            all.push(connect().await);
        }
        all
    });
    processor(meter, connections, |each| {
        runtime.block_on(async {
            let asks = mem::take(&mut all).into_iter();
            let asks: Vec<_> = asks.map(|asking| tokio::spawn(ask(asking, each))).collect();
            for ask in asks {
                let asking = ask.await.expect("it does not panic");
                all.push(asking.expect("all answers come"));
            }
        });
    })
}
