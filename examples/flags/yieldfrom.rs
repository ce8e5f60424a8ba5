//! The book's `flags_asyncio`: one thread, which does something else wherever it would wait.
//!
//! These are the functions of the sequential form, with `co.yield_from(...)` where they wait.

use std::rc::Rc;

use examples::http::Session;
use yieldfrom::{Co, Coroutine, Delegate, Request, Result, coroutine, set_event_loop, wait};

use crate::codes::Code;
use crate::job::{Counter, Job, save_flag};
use crate::recording::Recording;

pub(crate) fn get_flag(
    session: &Session,
    base_url: &str,
    cc: Code,
) -> impl Delegate<Request, (), Output = Vec<u8>> {
    move |co: &Co| {
        let url = format!("{base_url}/{cc}/{cc}.gif", cc = cc.lower());
        let mut resp = co.yield_from(session.get(&url))?;
        resp.head.raise_for_status()?;
        let image = co.yield_from(resp.read())?;
        Ok(image)
    }
}

fn download_one(session: Session, job: Rc<Job>, cc: Code) -> Coroutine<()> {
    coroutine(move |co| {
        let image = co.yield_from(get_flag(&session, &job.base_url, cc))?;
        save_flag(&image, &job.path(cc))?;
        job.show(cc);
        Ok(())
    })
}

pub(crate) fn download_many(
    job: &Rc<Job>,
    cc_list: &[Code],
    recording: &mut Recording,
) -> Result<Counter> {
    let event_loop = recording.new_event_loop()?;
    set_event_loop(Some(&event_loop));
    let session = Session::with_connections(job.http, job.trust.clone(), job.concurrency);
    let to_do: Vec<_> = cc_list
        .iter()
        .map(|&cc| download_one(session.clone(), Rc::clone(job), cc))
        .collect();
    let res = event_loop.run_until_complete(wait(to_do));
    recording.take(&event_loop)?;
    let res = res?;
    let mut counter = Counter::default();
    for (&cc, task) in cc_list.iter().zip(&res.done) {
        counter.add(job, cc, task.result());
    }
    session.close();
    event_loop.close()?;
    Ok(counter)
}
