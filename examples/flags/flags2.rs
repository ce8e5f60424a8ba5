//! The book's `flags2_asyncio`: limits, counts, progress, and no waiting for the disk either.

use std::fmt;
use std::rc::Rc;

use examples::http::Session;
use yieldfrom::{
    Co, Coroutine, Error, Result, Semaphore, as_completed, coroutine, get_event_loop,
    set_event_loop,
};

use crate::codes::Code;
use crate::flags_yieldfrom::get_flag;
use crate::job::{Counter, Job, Status, is_not_found, save_flag};
use crate::progress::Progress;
use crate::recording::Recording;

/// An error, and the flag that could not be got.
#[derive(Debug)]
struct FetchError {
    country_code: Code,
    cause: Error,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.country_code, self.cause)
    }
}

impl std::error::Error for FetchError {}

/// Downloads a flag, when the semaphore lets it.
fn download_one(
    cc: Code,
    session: Session,
    semaphore: Semaphore,
    job: Rc<Job>,
) -> Coroutine<(Code, Status)> {
    let attempt = move |co: &Co| {
        let permit = co.yield_from(semaphore.acquire())?;
        let image = co.yield_from(get_flag(&session, &job.base_url, cc))?;
        drop(permit);
        let path = job.path(cc);
        let save = get_event_loop()?.run_in_executor(None, move || save_flag(&image, &path));
        co.yield_from(save)??;
        if job.verbose {
            job.show(cc);
        }
        Ok((cc, Status::Ok))
    };
    coroutine(move |co| match co.yield_from(attempt) {
        Err(error) if is_not_found(&error) => Ok((cc, Status::NotFound)),
        Err(error) if error.is_cancelled() => Err(error),
        Err(cause) => Err(FetchError {
            country_code: cc,
            cause,
        }
        .into()),
        ok => ok,
    })
}

/// Downloads all flags, and counts how that went.
fn downloader_coro(job: Rc<Job>, cc_list: Vec<Code>) -> Coroutine<Counter> {
    coroutine(move |co| {
        let mut counter = Counter::default();
        let session = Session::with_connections(job.http, job.trust.clone(), usize::MAX);
        let semaphore = Semaphore::new(job.concurrency);
        let to_do = cc_list
            .iter()
            .map(|&cc| download_one(cc, session.clone(), semaphore.clone(), Rc::clone(&job)));
        let progress = Progress::start(&job, cc_list.len());
        for future in as_completed(to_do) {
            let (cc, status) = match co.yield_from(future) {
                Ok(res) => res,
                Err(error) => failed(error)?,
            };
            counter.add(&job, cc, status);
            progress.advance();
        }
        session.close();
        Ok(counter)
    })
}

/// Returns whose download it was that failed, unless the error is about something else.
fn failed(error: Error) -> Result<(Code, Status)> {
    match error.downcast_ref::<FetchError>() {
        Some(failed) => Ok((failed.country_code, Status::Error(failed.cause.to_string()))),
        None => Err(error),
    }
}

pub(crate) fn download_many(
    job: &Rc<Job>,
    cc_list: &[Code],
    recording: &mut Recording,
) -> Result<Counter> {
    let event_loop = recording.new_event_loop()?;
    set_event_loop(Some(&event_loop));
    let coro = downloader_coro(Rc::clone(job), cc_list.to_vec());
    let counts = event_loop.run_until_complete(coro);
    recording.take(&event_loop)?;
    let counts = counts?;
    event_loop.close()?;
    Ok(counts)
}
