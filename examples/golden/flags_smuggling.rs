//! What a server must refuse: requests that two programs could understand differently, redirects
//! that lead elsewhere, clients that never read.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use examples::http::server::Site;
use examples::http::{Faults, Files};
use yieldfrom::{Co, EventLoop, sleep};

use crate::flags_server::{folder, start, talk};

/// A second request, which must never be answered after a refusal.
const SMUGGLED: &str = "GET /sub/ HTTP/1.1\r\nHost: a\r\n\r\n";

/// Everything here is refused, and the connection closed.
const REFUSED: [&str; 44] = [
    "GET /sub/ HTTP/1.1\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nConnection: keep-alive\r\n\r\n",
    "GET http://a/sub/ HTTP/1.1\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n",
    "GET /sub/ HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a b\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: user@a\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a:x\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a:1:2\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: []\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: [::1]x\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: \t \r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\ncontent-length: 44\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length:\r\nContent-Length: 0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: ,0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: +0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: -0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0x0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0 0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0;\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: \u{a0}0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: \u{660}\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length : 0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
    "GET /sub/ HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\r\nX: one\r\n two\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\n Host: a\r\n\r\n",
    "GET /sub/ HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "GET ftp://a/sub/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://user:secret@a/sub/ HTTP/1.1\r\nHost: a\r\n\r\n",
];

#[test]
fn a_request_that_could_be_two_is_refused_and_nothing_after_it_is_taken_for_one() {
    let server = start("server_smuggling", |_| {});
    for request in REFUSED {
        let all = talk(&server, &format!("{request}{SMUGGLED}"));
        assert!(
            all.starts_with("HTTP/1.1 400 Bad Request\r\n"),
            "{request:?}: {all}"
        );
        assert!(all.contains("Connection: close\r\n"), "{request:?}: {all}");
        assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{request:?}: {all}");
    }
}

#[test]
fn what_is_right_goes_on_being_answered() {
    let server = start("server_right", |_| {});
    for request in [
        "GET /sub/ HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nHost: a-b.example:8000\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nhOST:\t127.0.0.1 \r\n\r\n",
        "GET http://else.example/sub/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "GET /sub/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    ] {
        let last = SMUGGLED.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        let all = talk(&server, &format!("{request}{last}"));
        assert_eq!(all.matches("<p>index").count(), 2, "{request:?}: {all}");
    }
}

#[test]
fn after_a_body_no_request_is_taken() {
    let server = start("server_bodies", |_| {});
    for request in [
        "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /sub/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x\r\nhello\r\n0x\r\n\r\n",
    ] {
        let all = talk(&server, &format!("{request}{SMUGGLED}"));
        assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{request:?}: {all}");
    }
}

#[test]
fn a_redirect_leads_to_the_same_server() {
    let server = start("server_redirects", |_| {});
    std::fs::create_dir_all(folder("server_redirects").join("a b\r\nX: y")).unwrap();
    for (path, location) in [
        ("/sub", "/sub/"),
        ("/sub?query", "/sub/"),
        ("//sub", "/sub/"),
        ("///sub", "/sub/"),
        ("/./sub", "/sub/"),
        ("/.//sub", "/sub/"),
        ("/%2Fsub", "/sub/"),
        ("/%2f/sub/.", "/sub/"),
        ("http://a//sub", "/sub/"),
        ("/%73ub", "/sub/"),
        ("/a%20b%0d%0aX:%20y", "/a%20b%0D%0AX%3A%20y/"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let all = talk(&server, &request);
        let (head, _) = all.split_once("\r\n\r\n").unwrap();
        let mut lines = head
            .lines()
            .filter_map(|line| line.strip_prefix("Location: "));
        assert_eq!(lines.next(), Some(location), "{path}: {all}");
        assert!(!head.contains("\r\nX:"), "{path}: {all}");
    }
    for path in [
        "/\\sub",
        "/\\/sub",
        "/%5Csub",
        "//evil.example/..",
        "//evil.example/%2e%2e",
        "//evil.example/sub",
        "//sub/../sub",
        "/\\evil.example/%2e%2e",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let all = talk(&server, &request);
        assert!(!all.contains("Location"), "{path}: {all}");
    }
}

#[test]
fn a_redirect_that_is_a_fault_leads_to_the_same_server() {
    let server = start("server_redirect_fault", |site| {
        site.faults = Faults {
            redirect_rate: 1.0,
            ..Faults::default()
        };
    });
    for path in ["//evil.example/x", "/\\evil.example/x", "/x"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
        let all = talk(&server, &request);
        let location = all.split("Location: ").nth(1).unwrap();
        assert!(location.starts_with('/'), "{all}");
        assert!(!location[1..].starts_with(['/', '\\']), "{all}");
    }
}

/// Runs a server in virtual time with a client that acts once, and returns what that gets after
/// ten minutes, and how its connection has ended.
fn after_ten_minutes(name: &str, request: &'static [u8]) -> (usize, Result<(), ErrorKind>) {
    let root = folder(name);
    let file = std::fs::File::create(root.join("endless")).unwrap();
    file.set_len(64 << 20).unwrap();
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let mut client = event_loop
        .run_until_complete(move |co: &Co| {
            let server = co.yield_from(Site::new(Files::Folder(root)).serve("127.0.0.1:0"))?;
            let mut client = TcpStream::connect(server.local_addr()?)?;
            client.write_all(request)?;
            for _ in 0..600 {
                co.yield_from(sleep(Duration::from_secs(1)))?;
            }
            Ok(client)
        })
        .unwrap();
    client
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut got = Vec::new();
    let ended = client.read_to_end(&mut got).map(drop);
    (got.len(), ended.map_err(|error| error.kind()))
}

#[test]
fn a_client_that_never_reads_is_dropped() {
    for (name, request) in [
        (
            "server_never_reads",
            &b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        ),
        ("server_never_reads_head", b"GET /endless HTTP/1.0\r\n\r\n"),
    ] {
        let (got, ended) = after_ten_minutes(name, request);
        assert!(got < 64 << 20, "{got}");
        assert_ne!(ended, Err(ErrorKind::WouldBlock), "it is still connected");
    }
}

#[test]
fn a_client_that_never_reads_short_replies_is_dropped() {
    let requests = "GET /big HTTP/1.1\r\nHost: a\r\n\r\n".repeat(10);
    let (got, ended) = after_ten_minutes("server_never_reads_many", requests.leak().as_bytes());
    assert!(got < 30_000_000, "{got}");
    assert_ne!(ended, Err(ErrorKind::WouldBlock));
}

#[test]
fn a_client_that_never_sends_is_dropped() {
    for request in [
        &b""[..],
        b"GET / HT",
        b"\r\n",
        b"GET /sub/ HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let (_, ended) = after_ten_minutes("server_never_sends", request);
        assert_ne!(ended, Err(ErrorKind::WouldBlock), "{request:?}");
    }
}
