//! What both clients do when servers do what they should not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use examples::http::{HttpError, Options};

use crate::flags_servers::{ask, ask_blocking, ask_loop, options, reply, request, server};

fn errors(url: &str, options: Options) -> [HttpError; 2] {
    ask(url, options).map(|answer| match answer {
        Ok((status, _)) => panic!("{url}: {status}"),
        Err(error) => error,
    })
}

/// Checks what both clients say when a server answers with some bytes, and closes.
fn check_reply(handle: fn(TcpStream), message: &str) {
    for error in errors(&server(handle), options()) {
        let error = error.to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn answers_are_read_however_they_end() {
    let url = server(|mut stream| match request(&mut stream).as_deref() {
        Some("GET /length HTTP/1.1") => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc, and more");
        }
        Some("GET /chunks HTTP/1.1") => {
            let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
            let _ = stream.write_all(head);
            let _ = stream.write_all(b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n");
        }
        _ => _ = stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nabc"),
    });
    for path in ["length", "chunks", "close"] {
        for answer in ask(&format!("{url}/{path}"), options()) {
            assert_eq!(answer.unwrap(), (200, b"abc".to_vec()), "{path}");
        }
    }
}

#[test]
fn a_server_that_refuses_is_named() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for error in errors(&format!("http://{address}/"), options()) {
        let error = error.to_string();
        assert!(error.contains(&address.to_string()), "{error}");
        assert!(error.contains("refused"), "{error}");
    }
}

#[test]
fn a_host_that_does_not_exist_is_named() {
    for error in errors("http://does-not-exist.invalid/", options()) {
        let error = error.to_string();
        assert!(error.contains("does-not-exist.invalid"), "{error}");
    }
}

#[test]
fn garbage_is_no_answer() {
    check_reply(|mut s| reply(&mut s, "PARDON?"), "this is not HTTP");
    check_reply(
        |mut s| reply(&mut s, "HTTP/1.1 OK\r\n\r\n"),
        "this is not HTTP",
    );
}

#[test]
fn an_answer_that_ends_early_is_no_answer() {
    check_reply(
        |mut s| reply(&mut s, ""),
        "ended in the head, after 0 bytes",
    );
    check_reply(
        |mut s| reply(&mut s, "HTTP/1.1 200"),
        "ended in the head, after 12 bytes",
    );
    let short = |mut s: TcpStream| reply(&mut s, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    check_reply(short, "ended in the body, after 3 of 5 bytes");
}

#[test]
fn a_reset_in_the_middle_is_an_error() {
    let url = server(|mut stream| {
        // With a request that has not been read, closing is a reset.
        let _ = stream.read(&mut [0]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    });
    for error in errors(&url, options()) {
        assert!(error.to_string().contains("reset"), "{error}");
    }
}

#[test]
fn endless_heads_are_left_soon() {
    let url = server(|mut stream| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream
            .write_all(b"X-Filler: and so on and so on\r\n")
            .is_ok()
        {}
    });
    for error in errors(&url, options()) {
        assert!(error.to_string().contains("head is too long"), "{error}");
    }
    let url = server(|mut stream| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nX-Filler: ");
        while stream.write_all(&[b'x'; 1000]).is_ok() {}
    });
    for error in errors(&url, options()) {
        let error = error.to_string();
        assert!(
            error.contains("head is too long: more than 65536 bytes"),
            "{error}"
        );
    }
}

#[test]
fn redirects_are_followed_but_not_in_a_circle() {
    let url = server(|mut stream| {
        let line = request(&mut stream).unwrap_or_default();
        let path = line.split(' ').nth(1).unwrap_or_default();
        let location = match path {
            "/start" => "step/1",
            "/step/1" => "/end",
            "/circle" => "/circle2",
            "/circle2" => "circle",
            "/away" => "https://example.com/",
            "/end" => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nend");
                return;
            }
            // Ever deeper.
            _ => &format!("{path}/deeper"),
        };
        let head =
            format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let _ = stream.write_all(head.as_bytes());
    });
    for answer in ask(&format!("{url}/start"), options()) {
        assert_eq!(answer.unwrap(), (200, b"end".to_vec()));
    }
    for (path, message) in [
        ("circle", "redirected in a circle"),
        ("deep", "more than 10 redirects"),
        ("away", "only http is supported"),
    ] {
        for error in errors(&format!("{url}/{path}"), options()) {
            assert!(error.to_string().contains(message), "{error}");
        }
    }
}

#[test]
fn a_status_is_an_answer() {
    let url = server(|mut s| {
        reply(
            &mut s,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
        )
    });
    for answer in ask(&url, options()) {
        assert_eq!(answer.unwrap(), (404, b"no".to_vec()));
    }
}

#[test]
fn time_is_limited_wherever_a_server_stops() {
    const LIMIT: Duration = Duration::from_millis(60);
    let options = Options {
        timeout: LIMIT,
        ..options()
    };
    let silent = server(|mut stream| _ = stream.read_to_end(&mut Vec::new()));
    let stalled = server(|mut stream| {
        reply(
            &mut stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        );
        let _ = stream.read_to_end(&mut Vec::new());
    });
    // Never silent for long, so that only the limit for the whole ends it.
    let trickling = server(|mut stream| {
        reply(
            &mut stream,
            "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n",
        );
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    });
    for url in [silent, stalled, trickling] {
        let start = Instant::now();
        for error in errors(&url, options) {
            assert!(error.is_timeout(), "{error}");
            assert!(
                error.to_string().contains("not done within 60ms"),
                "{error}"
            );
        }
        assert!(start.elapsed() >= 2 * LIMIT);
        assert!(start.elapsed() < Duration::from_secs(60));
    }
}

/// Counts the connections of the next test.
static CONNECTIONS: [AtomicUsize; 2] = [AtomicUsize::new(0), AtomicUsize::new(0)];

#[test]
fn connections_are_kept_alive_if_that_is_wanted() {
    fn keep(mut stream: TcpStream, connections: &AtomicUsize) {
        connections.fetch_add(1, Ordering::Relaxed);
        // Three requests, and then it closes without a word.
        for _ in 0..3 {
            reply(
                &mut stream,
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            );
        }
    }
    let kept = server(|stream| keep(stream, &CONNECTIONS[0]));
    let closed = server(|stream| keep(stream, &CONNECTIONS[1]));
    let keep_alive = Options {
        keep_alive: true,
        ..options()
    };
    for ask in [ask_blocking, ask_loop] {
        for (url, options) in [(&kept, keep_alive), (&closed, options())] {
            for answer in ask(&[url.as_str(); 7], options) {
                assert_eq!(answer.unwrap(), (200, b"abc".to_vec()));
            }
        }
    }
    let counts = CONNECTIONS
        .each_ref()
        .map(|count| count.load(Ordering::Relaxed));
    assert_eq!(
        counts,
        [2 * 3, 2 * 7],
        "seven requests of each of two clients"
    );
}
