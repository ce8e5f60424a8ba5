//! The service and what a client asks, for threads: synchronous code.

use std::io::{Read, Write};

use anyhow::Result;

use super::{first, summary};
use crate::questions::services::serve_by_hand;
use crate::servers::http::{path, whole};

pub(super) fn answer(stream: impl Read + Write) {
    // A client that does not get its answer says so itself.
    _ = serve_by_hand(stream);
}

pub(super) fn get(
    mut service: impl Read + Write,
    client: usize,
    requests: usize,
) -> Result<String> {
    let mut bodies = Vec::with_capacity(requests);
    for item in first(client)..first(client) + requests {
        let request = format!("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(item));
        service.write_all(request.as_bytes())?;
        bodies.push(body(&mut service)?);
    }
    Ok(summary(client, &bodies))
}

/// Receives an answer, and returns its body.
fn body(mut service: impl Read) -> Result<String> {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        if let Some((_, body)) = whole(&received)? {
            return Ok(String::from_utf8(body.to_vec())?);
        }
        let size = service.read(&mut buffer)?;
        anyhow::ensure!(size > 0, "the service is gone");
        received.extend_from_slice(&buffer[..size]);
    }
}
