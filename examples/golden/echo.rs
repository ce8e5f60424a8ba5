//! The echo server and its client.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::process::{Output, Stdio};
use std::thread;

use crate::harness::{command, run, scratch, stdout};
use crate::servers::Server;

fn server(args: &[&str]) -> Server {
    Server::start("echo_server", &[&["--port", "0"], args].concat())
}

/// Runs the client with this standard input.
fn client_with_input(port: &str, input: &[u8]) -> Output {
    let mut client = command("echo_client")
        .args(["--port", port])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start the client");
    let mut stdin = client.stdin.take().expect("it is piped");
    let input = input.to_owned();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = client.wait_with_output().expect("run the client");
    writer.join().unwrap().expect("the client takes its input");
    output
}

#[test]
fn the_client_prints_what_the_server_sends_back() {
    let server = server(&["--connections", "2"]);
    let args = ["--port", &server.port(), "hello", "", "Grüße\tan alle"];
    assert_eq!(stdout("echo_client", &args), "hello\n\nGrüße\tan alle\n");
    let input: Vec<u8> = (0..400_000_u32).flat_map(u32::to_le_bytes).collect();
    let output = client_with_input(&server.port(), &input);
    assert!(output.status.success() && output.stdout == input);
    let printed = server.printed();
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 4, "{printed}");
    assert!(lines[1].ends_with(": closed after 23 bytes"), "{printed}");
    assert!(
        lines[3].ends_with(": closed after 1600000 bytes"),
        "{printed}"
    );
}

#[test]
fn a_client_that_does_not_read_stops_nobody_but_itself() {
    let server = server(&["--connections", "1"]);
    let mut stuffed = server.connect();
    stuffed.set_nonblocking(true).unwrap();
    let pause = std::time::Duration::from_millis(20);
    // Until nobody takes any more for a while.
    let mut full = 0;
    while full < 5 {
        full += 1;
        while stuffed.write(&[b'x'; 1 << 16]).is_ok_and(|taken| taken > 0) {
            full = 0;
        }
        thread::sleep(pause);
    }
    let mut other = server.connect();
    other.write_all(b"hello").unwrap();
    other.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "hello");
    // It ends although the first one is still there.
    assert!(server.printed().contains(": closed after 5 bytes"));
}

#[test]
fn a_connection_that_is_reset_is_reported_and_the_server_goes_on() {
    let server = server(&["--connections", "2"]);
    let mut reset = server.connect();
    reset.write_all(b"hello").unwrap();
    // Closed with the answer unread: that is a reset.
    reset.peek(&mut [0]).unwrap();
    drop(reset);
    assert_eq!(
        stdout("echo_client", &["--port", &server.port(), "hi"]),
        "hi\n"
    );
    let printed = server.printed();
    assert!(printed.contains(": lost: "), "{printed}");
    assert!(printed.contains(": closed after 3 bytes"), "{printed}");
}

#[test]
fn they_talk_over_a_unix_socket() {
    let path = scratch("echo.socket");
    let path = path.to_str().expect("a plain path");
    let server = Server::start("echo_server", &["--unix", path, "--connections", "1"]);
    assert_eq!(server.address, path);
    assert_eq!(stdout("echo_client", &["--unix", path, "hello"]), "hello\n");
    server.printed();
    assert!(!std::path::Path::new(path).exists());
}

/// Runs a client that must fail, and returns what it says.
fn complaint(args: &[&str]) -> String {
    let output = run("echo_client", args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    let complaint = text.strip_prefix("echo_client: ").expect(&text);
    complaint.trim_end().to_owned()
}

#[test]
fn the_client_says_what_is_wrong() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let refused = complaint(&["--port", &address.port().to_string(), "hello"]);
    assert!(refused.contains(&address.to_string()), "{refused}");
    assert!(refused.contains("refused"), "{refused}");
    let unknown = complaint(&["--host", "nowhere.invalid", "hello"]);
    assert!(unknown.contains("nowhere.invalid"), "{unknown}");
    let missing = complaint(&["--unix", "/nowhere/at/all", "hello"]);
    assert!(missing.contains("/nowhere/at/all"), "{missing}");
}

#[test]
fn the_client_tells_an_answer_that_is_cut_short_from_none_and_from_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let server = thread::spawn(move || {
        let (mut short, _) = listener.accept().unwrap();
        short.read_exact(&mut [0; 6]).unwrap();
        short.write_all(b"hel").unwrap();
        drop(short);
        let (reset, _) = listener.accept().unwrap();
        reset.peek(&mut [0; 6]).unwrap();
        drop(reset);
        listener.accept().unwrap()
    });
    let args = ["--port", &port, "hello"];
    let short = complaint(&args);
    assert_eq!(
        short,
        "the server closed the connection: 3 of 6 bytes came back"
    );
    let reset = complaint(&args);
    assert!(reset.contains("reset by peer"), "{reset}");
    let none = complaint(&["--timeout", "1", "--port", &port, "hello"]);
    assert_eq!(none, "the server has not answered for 1s");
    server.join().unwrap();
}
