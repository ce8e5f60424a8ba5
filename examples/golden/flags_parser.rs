//! HTTP without sockets: what the parsers make of bytes, in whatever pieces they come.

use examples::http::{Fault, Faults, Limits, RequestParser, ResponseHead, ResponseParser, Result};

type Parsed = (ResponseHead, Vec<u8>, bool);

/// Parses a response that comes in pieces of some size, and ends with the connection.
pub(crate) fn parse(method: &str, bytes: &[u8], size: usize, limits: Limits) -> Result<Parsed> {
    let mut parser = ResponseParser::new(method, limits);
    let mut head = None;
    for piece in bytes.chunks(size).chain([&[][..]]) {
        parser.receive(piece)?;
        head = head.or(parser.take_head());
        if let Some(body) = parser.take_body() {
            return Ok((head.expect("it comes first"), body, parser.keep_alive()));
        }
    }
    panic!("the end of the connection must end it");
}

/// Parses in pieces of several sizes, which must make no difference.
fn parse_all(method: &str, bytes: &str, limits: Limits) -> std::result::Result<Parsed, String> {
    let parsed = [usize::MAX, 1, 2, 3, 7].map(|size| {
        let size = size.min(bytes.len().max(1));
        parse(method, bytes.as_bytes(), size, limits).map_err(|error| error.to_string())
    });
    let [whole, pieces @ ..] = parsed;
    for piece in pieces {
        let (left, right) = (whole.as_ref(), piece.as_ref());
        match (left, right) {
            (Ok(left), Ok(right)) => {
                assert_eq!((left.0.status, &left.1), (right.0.status, &right.1))
            }
            (Err(_), Err(_)) => {}
            _ => panic!("{bytes:?}: {left:?} or {right:?}"),
        }
    }
    whole
}

fn body(bytes: &str) -> String {
    let (_, body, _) = parse_all("GET", bytes, Limits::default()).expect(bytes);
    String::from_utf8(body).unwrap()
}

fn error(bytes: &str) -> String {
    match parse_all("GET", bytes, Limits::default()) {
        Ok(parsed) => panic!("{bytes:?} is no response, but {parsed:?}"),
        Err(error) => error,
    }
}

#[test]
fn bodies_end_as_their_heads_say() {
    let ok = "HTTP/1.1 200 OK\r\n";
    assert_eq!(body(&format!("{ok}Content-Length: 3\r\n\r\nabc")), "abc");
    assert_eq!(body(&format!("{ok}Content-Length: 0\r\n\r\n")), "");
    assert_eq!(
        body(&format!("{ok}content-length: 3, 3\r\n\r\nabcdef")),
        "abc"
    );
    assert_eq!(body(&format!("{ok}\r\nabc")), "abc");
    assert_eq!(body("HTTP/1.0 200\n\nabc"), "abc");
    assert_eq!(
        body("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n"),
        ""
    );
    assert_eq!(
        body("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n"),
        ""
    );
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n";
    assert_eq!(
        body(&format!("{interim}{ok}Content-Length: 1\r\n\r\nx")),
        "x"
    );
}

#[test]
fn a_response_to_head_has_no_body() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    let (_, body, keep_alive) = parse_all("HEAD", head, Limits::default()).unwrap();
    assert!(body.is_empty() && keep_alive);
}

#[test]
fn chunks_become_one_body() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = "3\r\nabc\r\nA;name=\"value\"\r\n0123456789\r\n0\r\n\r\n";
    assert_eq!(body(&format!("{chunked}{chunks}")), "abc0123456789");
    assert_eq!(body(&format!("{chunked}0\r\nDigest: x\r\n\r\n")), "");
    for (chunks, message) in [
        ("x\r\n", "a chunk of size \"x\""),
        ("-1\r\n", "a chunk of size"),
        ("\r\n", "a chunk of size"),
        ("2\nab\r\n", "a chunk of size"), // lines end with both: others may see another end
        ("2\r\nab\n", "longer than announced"),
        ("fffffffffffffffff\r\n", "a chunk of size"),
        ("2\r\nabc\r\n", "longer than announced"),
        ("2\r\nab\r\n", "ended in the body, after 2 bytes"),
        ("2\r\nab\r\n0\r\n", "ended in the body"),
        ("ffffffffffff\r\n", "more than 67108864 bytes"),
    ] {
        let error = error(&format!("{chunked}{chunks}"));
        assert!(error.contains(message), "{chunks:?}: {error}");
    }
}

#[test]
fn what_is_not_http_is_named() {
    for (bytes, message) in [
        ("", "ended in the head, after 0 bytes"),
        (
            "HTTP/1.1 200 OK\r\nA: b\r\n",
            "ended in the head, after 23 bytes",
        ),
        ("garbage", "this is not HTTP: no HTTP version, in \"g"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "no HTTP version"),
        ("HTTP/2.0 200 OK\r\n\r\n", "no HTTP version"),
        ("HTTP/1.1 abc OK\r\n\r\n", "not HTTP"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "not HTTP"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            "a length of \"x\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "a length of \"-1\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n",
            "a length of \"+1\"",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "two lengths",
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "transfer encoding",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nx",
            "encoded by \"gzip\"",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "another protocol",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
            "in the body, after 3 of 9 bytes",
        ),
    ] {
        let error = error(bytes);
        assert!(error.contains(message), "{bytes:?}: {error}");
    }
}

#[test]
fn what_is_too_long_is_refused_before_it_is_there() {
    let limits = Limits {
        head: 200,
        headers: 3,
        body: 10,
    };
    let error = |bytes: &str| parse_all("GET", bytes, limits).unwrap_err();
    let ok = "HTTP/1.1 200 OK\r\n";
    let endless = format!("{ok}A: {}", "x".repeat(300));
    assert_eq!(error(&endless), "the head is too long: more than 200 bytes");
    assert_eq!(
        error(&format!("{endless}\r\n\r\n")),
        "the head is too long: more than 200 bytes"
    );
    let many = format!("{ok}{}\r\n", "A: b\r\n".repeat(4));
    assert_eq!(error(&many), "the head is too long: more than 3 headers");
    let big = format!("{ok}Content-Length: 11\r\n\r\n");
    assert_eq!(error(&big), "the body has more than 10 bytes");
    assert_eq!(
        error(&format!("{ok}\r\n{}", "x".repeat(11))),
        "the body has more than 10 bytes"
    );
    let chunked = format!("{ok}Transfer-Encoding: chunked\r\n\r\n");
    let chunks = "6\r\n012345\r\n6\r\n012345\r\n";
    assert_eq!(
        error(&format!("{chunked}{chunks}")),
        "the body has more than 10 bytes"
    );
    let line = format!("{chunked}5;{}", "x".repeat(300));
    assert!(error(&line).contains("a line among the chunks of more than 200 bytes"));
    let trailers = format!("{chunked}0\r\n{}", "A: b\r\n".repeat(100));
    assert!(error(&trailers).contains("more than 200 bytes after the last chunk"));
}

#[test]
fn a_connection_is_used_again_only_where_both_know_where_the_body_ends() {
    let keeps = |head: &str| {
        let response = format!("{head}\r\n\r\n");
        parse_all("GET", &response, Limits::default()).unwrap().2
    };
    assert!(keeps("HTTP/1.1 200 OK\r\nContent-Length: 0"));
    assert!(keeps(
        "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0"
    ));
    assert!(keeps(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0"
    ));
    assert!(!keeps(
        "HTTP/1.1 200 OK\r\nConnection: te, Close\r\nContent-Length: 0"
    ));
    assert!(!keeps("HTTP/1.0 200 OK\r\nContent-Length: 0"));
    assert!(!keeps("HTTP/1.1 200 OK"));
    let both = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0";
    assert!(!keeps(both));
    // A server that sends more than it was asked for.
    let more = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    let whole = parse("GET", more.as_bytes(), more.len(), Limits::default());
    assert!(!whole.unwrap().2);
}

#[test]
fn requests_come_one_after_the_other_in_any_pieces() {
    let bytes = b"\r\nGET /a?b HTTP/1.1\r\nHost: x\r\n\r\nHEAD http://x/c HTTP/1.0\r\n\r\n\
        POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
    for size in 1..=bytes.len() {
        let mut parser = RequestParser::new(Limits::default());
        let mut requests = Vec::new();
        for piece in bytes.chunks(size) {
            parser.receive(piece);
            while let Some(request) = parser.take_request().unwrap() {
                let path = request.path().to_owned();
                requests.push((request.method, path, request.keep_alive, request.has_body));
            }
        }
        let expected = [
            ("GET", "/a", true, false),
            ("HEAD", "/c", false, false),
            ("POST", "/", true, true),
        ]
        .map(|(method, path, alive, body)| (method.to_owned(), path.to_owned(), alive, body));
        assert_eq!(requests, expected);
        assert!(parser.is_idle());
    }
}

#[test]
fn faults_hit_the_same_paths_each_time_and_as_many_as_their_rates_say() {
    let faults = Faults {
        error_rate: 0.25,
        slow_rate: 0.5,
        ..Faults::default()
    };
    let hits: Vec<_> = (0..1000).map(|i| faults.of(&format!("/{i}"))).collect();
    assert_eq!(
        hits,
        (0..1000)
            .map(|i| faults.of(&format!("/{i}")))
            .collect::<Vec<_>>()
    );
    let count = |fault| hits.iter().filter(|hit| **hit == fault).count();
    assert!((180..320).contains(&count(Some(Fault::Error))));
    assert!((420..580).contains(&count(Some(Fault::Slow))));
    assert!((180..320).contains(&count(None)));
    let always = Faults {
        reset_rate: 1.0,
        ..Faults::default()
    };
    assert!((0..100).all(|i| always.of(&format!("/{i}")) == Some(Fault::Reset)));
}
