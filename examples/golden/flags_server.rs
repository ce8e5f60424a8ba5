//! The server of files, spoken to byte by byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use examples::http::server::{Background, Site};
use examples::http::{Files, Framing, HttpError, Options, blocking};

use crate::harness::{command, scratch};

/// Makes a folder of files for a server.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    let root = folder.join("root");
    std::fs::create_dir_all(root.join("sub")).unwrap();
    std::fs::write(folder.join("secret.txt"), "secret").unwrap();
    std::fs::write(root.join("a b.txt"), "hello").unwrap();
    std::fs::write(root.join("big"), big()).unwrap();
    std::fs::write(root.join("sub/index.html"), "<p>index").unwrap();
    root
}

/// A file that is sent piece by piece.
fn big() -> Vec<u8> {
    (0..3_000_000_u32).map(|i| (i / 7) as u8).collect()
}

pub(crate) fn start(name: &str, change: impl FnOnce(&mut Site)) -> Background {
    let mut site = Site::new(Files::Folder(folder(name)));
    change(&mut site);
    Background::start(site).expect("start the server")
}

/// Connects to a server.
pub(crate) fn connect(server: &Background) -> TcpStream {
    let url = server.url();
    let stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

/// Sends some bytes, and returns all that comes back until the server closes.
pub(crate) fn talk(server: &Background, bytes: &str) -> String {
    let mut stream = connect(server);
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Asks for a path, and returns the status line and the body.
fn get(server: &Background, path: &str) -> (String, String) {
    let answer = talk(
        server,
        &format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"),
    );
    let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn files_are_found_and_nothing_else() {
    let server = start("server_files", |_| {});
    let root = scratch("server_files").join("root");
    let pipe = root.join("pipe");
    let _ = std::process::Command::new("mkfifo").arg(&pipe).status();
    for (path, status, body) in [
        ("/a%20b.txt", "200 OK", "hello"),
        ("/a%20b.txt?query", "200 OK", "hello"),
        ("//./a%20b.txt", "200 OK", "hello"),
        ("/sub/", "200 OK", "<p>index"),
        ("/sub/index.html", "200 OK", "<p>index"),
        ("/sub", "301 Moved Permanently", "301"),
        ("/", "404 Not Found", "404"),
        ("/pipe", "404 Not Found", "404"),
        ("/a%20b.txt/", "404 Not Found", "404"),
        ("/a%20b.txt/x", "404 Not Found", "404"),
        ("/a%00b", "404 Not Found", "404"),
        ("/a%ffb", "404 Not Found", "404"),
        ("/../secret.txt", "404 Not Found", "404"),
        ("/sub/../../secret.txt", "404 Not Found", "404"),
        ("/%2e%2e/secret.txt", "404 Not Found", "404"),
        ("/..%2fsecret.txt", "404 Not Found", "404"),
        ("/..\\secret.txt", "404 Not Found", "404"),
    ] {
        let (line, text) = get(&server, path);
        assert_eq!(line, format!("HTTP/1.1 {status}"), "{path}");
        assert!(text.starts_with(body), "{path}: {text}");
    }
    let long = format!("/{}", "x".repeat(1000));
    assert_eq!(get(&server, &long).0, "HTTP/1.1 404 Not Found");
}

#[test]
fn a_connection_serves_several_requests_that_may_come_at_once() {
    let server = start("server_pipeline", |_| {});
    let requests = "GET /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n\
        HEAD /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n\
        GET /sub/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /sub/ HTTP/1.0\r\n\r\n\
        GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let answer = talk(&server, requests);
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 4, "{answer}");
    assert_eq!(answer.matches("hello").count(), 1, "{answer}");
    assert_eq!(
        answer.matches("Content-Length: 5\r\n").count(),
        2,
        "{answer}"
    );
    assert_eq!(answer.matches("<p>index").count(), 2, "{answer}");
    assert_eq!(
        answer.matches("Connection: keep-alive\r\n").count(),
        3,
        "{answer}"
    );
    assert_eq!(
        answer.matches("Connection: close\r\n").count(),
        1,
        "{answer}"
    );
    assert!(
        answer.ends_with("<p>index"),
        "what comes after the last is not answered: {answer}"
    );
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_reason() {
    let server = start("server_refusals", |site| {
        site.patience = Duration::from_millis(50)
    });
    for (request, answer) in [
        ("nonsense\r\n\r\n", "400 Bad Request: this is not HTTP"),
        (
            "\u{16}\u{3}\u{1}",
            "400 Bad Request: this is not HTTP: no method",
        ),
        ("GET / HTTP/3.0\r\n\r\n", "400 Bad Request"),
        ("GET x HTTP/1.1\r\nHost: a\r\n\r\n", "a request for \"x\""),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "400 Bad Request: this is not HTTP: a length",
        ),
        ("GET / HTTP/1.1\r\n", "408 Request Timeout"),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "405 Method Not Allowed",
        ),
        (
            "GET /sub/ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
            "<p>index",
        ),
    ] {
        let all = talk(&server, request);
        assert!(all.contains(answer), "{request:?}: {all}");
        let expected = if all.contains(" 200 ") {
            "close"
        } else {
            "Connection: close"
        };
        assert!(all.contains(expected), "{request:?}: {all}");
    }
    let line = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000));
    assert!(talk(&server, &line).contains("431 Request Header Fields Too Large"));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(101));
    assert!(talk(&server, &many).contains("431 Request Header Fields Too Large"));
    assert_eq!(
        talk(&server, ""),
        "",
        "a client that says nothing is sent away without a word"
    );
}

#[test]
fn requests_come_in_pieces_and_clients_may_stop_sending() {
    let server = start("server_pieces", |_| {});
    let mut stream = connect(&server);
    stream.set_nodelay(true).unwrap();
    for byte in b"GET /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n" {
        stream.write_all(&[*byte]).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}

#[test]
fn a_big_file_comes_in_each_framing_and_as_fast_as_the_client_likes() {
    for framing in [Framing::Length, Framing::Chunked, Framing::UntilClose] {
        let server = start(&format!("server_big_{framing:?}"), |site| {
            site.framing = framing
        });
        let session = blocking::Session::new(Options::default());
        let mut response = session.get(&format!("{}/big", server.url())).unwrap();
        assert!(response.read().unwrap() == big(), "{framing:?}");
        // One who does not read is no reason not to serve others.
        let mut idle = connect(&server);
        idle.write_all(b"GET /big HTTP/1.0\r\n\r\n").unwrap();
        let mut response = session.get(&format!("{}/big", server.url())).unwrap();
        assert!(response.read().unwrap() == big(), "{framing:?}");
        let mut late = Vec::new();
        idle.read_to_end(&mut late).unwrap();
        assert!(late.ends_with(&big()), "{framing:?}");
    }
}

#[test]
fn clients_that_go_away_leave_the_server_alive() {
    let server = start("server_gone", |site| site.delay = Duration::from_millis(5));
    for request in [
        "",
        "GET /a",
        "GET /big HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%20b.txt HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        for _ in 0..20 {
            let mut stream = connect(&server);
            stream.write_all(request.as_bytes()).unwrap();
        }
    }
    assert_eq!(get(&server, "/a%20b.txt").1, "hello");
}

#[test]
fn a_server_stops_at_once_though_clients_are_there() {
    let server = start("server_stops", |_| {});
    let mut stream = connect(&server);
    stream
        .write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).unwrap();
    let session = blocking::Session::new(Options::default());
    let url = format!("{}/sub/", server.url());
    assert_eq!(session.get(&url).unwrap().read().unwrap(), b"<p>index");
    let start = Instant::now();
    drop(server);
    assert!(start.elapsed() < Duration::from_secs(60));
    let error = session.get(&url).unwrap_err();
    assert!(matches!(error, HttpError::Io { .. }), "{error}");
}

/// The program, which is ended with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_serves_a_folder() {
    let root = folder("server_program");
    let mut command = command("http_server");
    command.args([
        "--port",
        "0",
        "--delay",
        "1",
        "--root",
        root.to_str().unwrap(),
    ]);
    let mut program = Program(command.stdout(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    let mut lines = BufReader::new(program.0.stdout.take().unwrap());
    lines.read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("serving at ").expect(&line);
    let session = blocking::Session::new(Options::default());
    let mut response = session.get(&format!("{url}sub")).unwrap();
    assert_eq!(response.read().unwrap(), b"<p>index", "by a redirect");
}

#[test]
fn the_program_says_what_is_wrong() {
    let folder = scratch("no such folder");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let used = port.local_addr().unwrap().port().to_string();
    for (args, message) in [
        (
            ["--root", folder.to_str().unwrap()],
            "http_server: read the folder",
        ),
        (["--port", used.as_str()], "in use"),
        (
            ["--host", "does-not-exist.invalid"],
            "does-not-exist.invalid",
        ),
    ] {
        let output = command("http_server").args(args).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(message), "{args:?}: {errors}");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
    }
}
