//! The book's `flags`: one flag after the other.

use examples::http::Result;
use examples::http::blocking::Session;

use crate::codes::Code;
use crate::job::{Counter, Job, save_flag};

pub(crate) fn get_flag(session: &Session, base_url: &str, cc: Code) -> Result<Vec<u8>> {
    let url = format!("{base_url}/{cc}/{cc}.gif", cc = cc.lower());
    let mut resp = session.get(&url)?;
    resp.head.raise_for_status()?;
    let image = resp.read()?;
    Ok(image)
}

pub(crate) fn download_one(session: &Session, job: &Job, cc: Code) -> Result<()> {
    let image = get_flag(session, &job.base_url, cc)?;
    save_flag(&image, &job.path(cc))?;
    job.show(cc);
    Ok(())
}

pub(crate) fn download_many(job: &Job, cc_list: &[Code]) -> Counter {
    let session = Session::trusting(job.http, job.trust.clone());
    let mut counter = Counter::default();
    for &cc in cc_list {
        let res = download_one(&session, job, cc);
        counter.add(job, cc, res);
    }
    counter
}
