//! Following redirects, and noticing when they lead nowhere.

use std::collections::HashSet;

use url::Url;

use super::error::{HttpError, Result};
use super::response::ResponseHead;

/// Where a request goes, and where it has been.
#[derive(Debug)]
pub struct Redirects {
    url: Url,
    seen: HashSet<String>,
    limit: usize,
}

impl Redirects {
    /// Begins with a URL; it may be followed by this many others.
    ///
    /// # Errors
    ///
    /// Fails if the URL is not one of HTTP.
    pub fn new(url: &str, limit: usize) -> Result<Self> {
        let parsed = Url::parse(url).map_err(|error| bad_url(url, error))?;
        let url = check(parsed)?;
        Ok(Self {
            seen: HashSet::from([place(&url)]),
            url,
            limit,
        })
    }

    /// Returns where the request goes next.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Goes where a response sends it, and returns whether it does send it anywhere.
    ///
    /// # Errors
    ///
    /// Fails if that is a bad URL, if it has been there before, or if this was one too many.
    pub fn follow(&mut self, head: &ResponseHead) -> Result<bool> {
        let location = match head.status {
            301 | 302 | 303 | 307 | 308 => head.headers.get("location"),
            _ => None,
        };
        let Some(location) = location else {
            return Ok(false);
        };
        // It may be relative to where the request was.
        let next = self.url.join(location);
        self.url = check(next.map_err(|error| bad_url(location, error))?)?;
        if !self.seen.insert(place(&self.url)) {
            return Err(HttpError::RedirectLoop(self.url.to_string()));
        }
        if self.seen.len() > self.limit + 1 {
            return Err(HttpError::TooManyRedirects(self.limit));
        }
        Ok(true)
    }
}

/// Returns what of a URL the server sees.
fn place(url: &Url) -> String {
    url[..url::Position::AfterQuery].to_owned()
}

fn check(url: Url) -> Result<Url> {
    let supported = match cfg!(feature = "tls") {
        true => &["http", "https"][..],
        false => &["http"],
    };
    if !supported.contains(&url.scheme()) {
        let why = match url.scheme() {
            "https" => "only http is supported, not https; build with --features tls".to_owned(),
            other => format!("only http is supported, not {other}"),
        };
        return Err(bad_url(url.as_str(), why));
    }
    if url.username() != "" || url.password().is_some() {
        return Err(bad_url(url.as_str(), "passwords are not supported"));
    }
    if url.port_or_known_default() == Some(0) {
        return Err(bad_url(url.as_str(), "there is no port 0"));
    }
    Ok(url)
}

fn bad_url(url: &str, why: impl ToString) -> HttpError {
    HttpError::BadUrl {
        url: url.to_owned(),
        why: why.to_string(),
    }
}
