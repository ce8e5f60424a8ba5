//! What a server must not guess about a request: whom it is for, and where it ends.
//!
//! A program in between might guess otherwise. Then a part of one request would be another
//! request for one of the two, which somebody else may have made up (RFC 9112, sections 3.2 and
//! 6.3).

use super::Request;
use crate::http::error::{HttpError, Result};
use crate::http::head::{parse_length, shortened};

/// Checks that the request says once for which host it is; HTTP/1.0 need not say it.
///
/// # Errors
///
/// Fails if it does not.
pub(super) fn host(request: &Request) -> Result<()> {
    match request.headers.single("Host")? {
        Some(host) if is_host(host) => Ok(()),
        Some(host) => {
            let host = shortened(host);
            Err(HttpError::garbage(format!("a Host of {host:?}")))
        }
        None if request.minor == 0 => Ok(()),
        None => Err(HttpError::garbage("a request without Host")),
    }
}

/// Returns whether this is a name or an address, with a port or without; it may be empty.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((address, port)) => {
                let literal = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
                if address.is_empty() || !address.bytes().all(literal) {
                    return false;
                }
                ("", port)
            }
            None => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let in_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
    has_port && name.bytes().all(in_name)
}

/// Returns whether a body follows.
///
/// # Errors
///
/// Fails if that could be understood in two ways.
pub(super) fn has_body(request: &Request) -> Result<bool> {
    let length = request.headers.single("Content-Length")?;
    let length = length.map(parse_length).transpose()?;
    let Some(coding) = request.headers.single("Transfer-Encoding")? else {
        return Ok(length.is_some_and(|length| length > 0));
    };
    if length.is_some() {
        return Err(HttpError::garbage(
            "both a Content-Length and a Transfer-Encoding",
        ));
    }
    if request.minor == 0 {
        return Err(HttpError::garbage("a Transfer-Encoding in HTTP/1.0"));
    }
    if !coding.eq_ignore_ascii_case("chunked") {
        let coding = shortened(coding);
        return Err(HttpError::garbage(format!(
            "a Transfer-Encoding of {coding:?}"
        )));
    }
    Ok(true)
}
