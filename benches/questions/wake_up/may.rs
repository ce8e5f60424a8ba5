//! May's scheduler, on a thread of its own, woken by its channels.

use std::time::Instant;

use ::may::sync::mpsc::channel;

use super::{Call, SUM, adding, answerer, flooded, measured};
use crate::measuring::meter::{Meter, Sample};
use crate::peers::runtimes::May;

pub(super) fn may(case: &str, meter: &Meter) -> Sample {
    let may = May::start();
    measured(
        case,
        meter,
        |count| {
            let (sender, answers) = channel();
            let asking = answerer(move || sender.send(()).expect("one waits"));
            let start = Instant::now();
            may.run(move || {
                for _ in 0..count {
                    asking.send(()).expect("it answers");
                    answers.recv().expect("it answers");
                }
            });
            start.elapsed()
        },
        |count| {
            let (sender, calls) = channel::<Call>();
            let send = move |number| {
                let sent = sender.send(Box::new(adding(number)));
                sent.expect("the coroutine takes all");
            };
            let sum = move || {
                SUM.set(0);
                calls.iter().for_each(|call| call());
                SUM.get()
            };
            // The calls are made on the scheduler's thread, which has a sum of its own.
            flooded(count, send, || SUM.set(may.run(sum)))
        },
    )
}
