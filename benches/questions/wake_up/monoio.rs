//! Monoio's loop, woken by the channels of tokio: it has none of its own.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Notify, mpsc};

use super::{Call, adding, answerer, flooded, measured};
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::{self, Monoio};

pub(super) fn monoio(case: &str, meter: &Meter) -> Sample {
    let runtime = runtimes::monoio();
    match case {
        super::ONE => one(runtime, case, meter),
        _ => flood(runtime, case, meter),
    }
}

fn one(mut runtime: Monoio, case: &str, meter: &Meter) -> Sample {
    let one = |count| {
        let answer = Arc::new(Notify::new());
        let theirs = Arc::clone(&answer);
        let asking = answerer(move || theirs.notify_one());
        let start = Instant::now();
        let task = async move {
            for _ in 0..count {
                asking.send(()).expect("it answers");
                answer.notified().await;
            }
        };
        runtime.block_on(async { ::monoio::spawn(task).await });
        start.elapsed()
    };
    measured(case, meter, one, |_| unreachable!("it is not asked"))
}

fn flood(mut runtime: Monoio, case: &str, meter: &Meter) -> Sample {
    let flood = |count| {
        let (sender, mut calls) = mpsc::unbounded_channel::<Call>();
        let send = move |number| {
            let sent = sender.send(Box::new(adding(number)));
            sent.expect("the task takes all");
        };
        let task = async move {
            while let Some(call) = calls.recv().await {
                call();
            }
        };
        flooded(count, send, || {
            runtime.block_on(async { ::monoio::spawn(task).await })
        })
    };
    measured(case, meter, |_| unreachable!("it is not asked"), flood)
}
