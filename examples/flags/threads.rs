//! The book's `flags_threadpool`: the functions of the sequential form, in a pool of threads.

use std::sync::Arc;

use examples::http::blocking::Session;
use yieldfrom::{Result, ThreadPoolExecutor};

use crate::codes::Code;
use crate::job::{Counter, Job};
use crate::sequential::download_one;

pub(crate) fn download_many(job: Job, cc_list: &[Code]) -> Result<Counter> {
    let shared = Arc::new((Session::trusting(job.http, job.trust.clone()), job));
    let executor = ThreadPoolExecutor::new(shared.1.concurrency)?;
    let to_do: Vec<_> = cc_list
        .iter()
        .map(|&cc| {
            let shared = Arc::clone(&shared);
            executor.submit(move || download_one(&shared.0, &shared.1, cc))
        })
        .collect();
    let mut counter = Counter::default();
    for (&cc, future) in cc_list.iter().zip(to_do) {
        let res = future.result(None)?;
        counter.add(&shared.1, cc, res);
    }
    executor.shutdown();
    Ok(counter)
}
