//! The character finder, alone and as a server; the golden files hold what Python finds.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::harness::{check, stdout};
use crate::servers::Server;

const CHARFINDER: &str = "charfinder";

fn server(connections: &str) -> Server {
    Server::start(CHARFINDER, &["--port", "0", "--connections", connections])
}

fn read_up_to(stream: &mut TcpStream, end: &str) -> String {
    let (mut text, mut part) = (Vec::new(), [0; 1 << 16]);
    while !text.ends_with(end.as_bytes()) {
        match stream.read(&mut part).expect("an answer in time") {
            0 => break,
            n => text.extend_from_slice(&part[..n]),
        }
    }
    String::from_utf8(text).expect("UTF-8")
}

fn ask(stream: &mut TcpStream, line: &[u8]) -> String {
    stream.write_all(line).expect("send a query");
    read_up_to(stream, "?> ")
}

#[test]
fn words_on_the_command_line_are_looked_for() {
    check(CHARFINDER, &["cat", "face"], "charfinder_cat_face.txt");
    check(CHARFINDER, &["FACE Cat"], "charfinder_face_cat.txt");
    let none = stdout(CHARFINDER, &["jabberwocky's vest"]);
    assert_eq!(none, "(No match for \"jabberwocky's vest\")\n");
    let one = stdout(CHARFINDER, &["euro-currency"]);
    assert_eq!(
        one,
        "U+20A0 \t₠\tEURO-CURRENCY SIGN\n(1 match for 'euro-currency')\n"
    );
}

/// What a client sent for which there is a golden file.
const QUERIES: &[&[u8]] = &[
    b"domino 06 vertical\r\n",
    b"\r\n",
    b" digit nine  thai\n",
    b"jabberwocky's vest\n",
    b"say \"x\" \\ it's\n",
    "caf\u{e9} \u{2028}\u{a0}\u{ad}\u{301}x\n".as_bytes(),
    b"tab\tbell\x07\x7f\n",
    b"Roman-Numeral six\n",
    b"_\n",
    b"---\n",
    b"\xc3\x28\n", // no UTF-8, which ends it
];

#[test]
fn a_session_is_that_of_the_python_program() {
    let server = server("1");
    let mut client = server.connect();
    client.write_all(&QUERIES.concat()).unwrap();
    let session = read_up_to(&mut client, "never");
    assert_eq!(session, include_str!("charfinder_session.txt"));
    let peer = client.local_addr().unwrap().to_string();
    let printed = server.printed().replace(&peer, "CLIENT");
    let expected = include_str!("charfinder_log.txt");
    assert_eq!(printed, format!("{expected}Server shutting down.\n"));
}

#[test]
fn a_session_ends_with_the_input_a_control_character_or_an_interrupt() {
    let ends: [&[u8]; 6] = [
        b"",
        b"\x1b\n",
        b"\xff\xf4\xff\xfd\x06\r\n", // Ctrl-C in telnet
        b"\xff\xee\n",
        b"thai \xff\xff\n", // not text
        b"thai \xff\n",
    ];
    let server = server(&ends.len().to_string());
    for end in ends {
        let mut client = server.connect();
        assert_eq!(read_up_to(&mut client, "?> "), "?> ");
        client.write_all(end).unwrap();
        if end.is_empty() {
            client.shutdown(Shutdown::Write).unwrap();
        }
        assert_eq!(read_up_to(&mut client, "never"), "");
    }
    let printed = server.printed();
    assert_eq!(
        printed.matches("Close the client socket").count(),
        ends.len()
    );
}

#[test]
fn proposals_of_a_telnet_client_are_ignored() {
    let server = server("1");
    let mut client = server.connect();
    read_up_to(&mut client, "?> ");
    // WILL, an option with a value, DO, and a command of one byte, around the words.
    let query =
        b"\xff\xfb\x1fthai \xff\xfa\x1f\x00\x50\x00\x18\xff\xf0nine\xff\xfd\x03\xff\xf1\r\n";
    let answer = ask(&mut client, query);
    assert!(answer.contains("'thai nine'\r\n"), "{answer}");
    // Cut short.
    assert!(ask(&mut client, b"nine thai \xff\xfb\n").contains("1 match"));
    assert!(ask(&mut client, b"thai nine\xff\xfa\x1f\n").contains("1 match"));
    assert!(ask(&mut client, b"thai nine\n").contains("1 match"));
}

#[test]
fn a_line_that_is_too_long_ends_the_session_and_says_so() {
    let server = server("1");
    let mut client = server.connect();
    read_up_to(&mut client, "?> ");
    let just_fits = [b"x".repeat(1000).as_slice(), b"\n"].concat();
    assert!(ask(&mut client, &just_fits).starts_with("No match for 'xxx"));
    client.write_all(&b"x".repeat(2000)).unwrap();
    let answer = read_up_to(&mut client, "never");
    assert_eq!(answer, "The line is longer than 1024 bytes\r\n");
}

#[test]
fn others_are_served_while_a_client_reads_slowly() {
    let server = server("2");
    let mut slow = server.connect();
    read_up_to(&mut slow, "?> ");
    slow.write_all(b"hangul\n").unwrap();
    let mut quick = server.connect();
    read_up_to(&mut quick, "?> ");
    assert!(ask(&mut quick, b"thai nine\n").contains("THAI DIGIT NINE"));
    std::thread::sleep(Duration::from_millis(5));
    let all = read_up_to(&mut slow, "?> ");
    assert_eq!(all.lines().count(), 11_735 + 2);
    assert!(all.ends_with("\r\n11735 matches for 'hangul'\r\n?> "));
    assert!(all.starts_with("U+1100"), "{}", &all[..100]);
}
