//! The chat server: what its clients hear, and how they leave.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Shutdown, TcpStream};

use crate::servers::{Server, ignores_ctrl_c};

struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects, and gives a name; returns when the server has let it in.
    fn join(server: &mut Server, name: &str) -> Self {
        let mut client = Self(BufReader::new(server.connect()));
        client.say(name);
        assert_eq!(server.line(), format!("{name} joined\n"));
        client.0.read_exact_text("Your name? ");
        client
    }

    fn say(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.0.get_mut().write_all(line.as_bytes()).expect("say it");
    }

    /// Returns the next line that it hears; nothing at the end.
    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("hear it in time");
        line
    }
}

trait ReadText {
    fn read_exact_text(&mut self, expected: &str);
}

impl<R: BufRead> ReadText for R {
    fn read_exact_text(&mut self, expected: &str) {
        let mut read = vec![0; expected.len()];
        self.read_exact(&mut read).expect("read it in time");
        assert_eq!(String::from_utf8_lossy(&read), expected);
    }
}

fn server() -> Server {
    Server::start("chat", &["--port", "0"])
}

#[test]
fn clients_hear_each_other_and_who_comes_and_goes() {
    let mut server = server();
    let mut ann = Client::join(&mut server, "ann");
    let mut bob = Client::join(&mut server, "bob");
    assert_eq!(ann.hear(), "* bob joined\n");
    ann.say("hello");
    bob.say("Grüße");
    assert_eq!(bob.hear(), "ann: hello\n");
    assert_eq!(ann.hear(), "bob: Grüße\n");
    bob.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.line(), "bob left\n");
    assert_eq!(ann.hear(), "* bob left\n");
    assert_eq!(bob.hear(), "");
}

#[test]
fn a_name_that_is_taken_is_asked_for_again() {
    let mut server = server();
    let _ann = Client::join(&mut server, "ann");
    let mut other = Client(BufReader::new(server.connect()));
    for name in ["ann", "", "eve"] {
        other.0.read_exact_text("Your name? ");
        other.say(name);
    }
    assert_eq!(server.line(), "eve joined\n");
}

#[test]
fn a_client_that_is_reset_or_talks_nonsense_leaves_with_the_reason() {
    let mut server = server();
    let mut ann = Client::join(&mut server, "ann");
    let bob = Client::join(&mut server, "bob");
    assert_eq!(ann.hear(), "* bob joined\n");
    ann.say("unread");
    // Closed with that unread: a reset.
    bob.0.get_ref().peek(&mut [0]).unwrap();
    drop(bob);
    let left = server.line();
    assert!(
        left.starts_with("bob left: ") && left.contains("reset"),
        "{left}"
    );
    assert_eq!(ann.hear(), "* bob left\n");

    let mut eve = Client::join(&mut server, "eve");
    eve.0.get_mut().write_all(b"\xff\n").unwrap();
    let left = server.line();
    assert!(
        left.starts_with("eve left: ") && left.contains("UTF-8"),
        "{left}"
    );
}

#[test]
fn a_client_that_does_not_read_is_put_out_and_stops_nobody() {
    let mut server = server();
    let mut slow = Client::join(&mut server, "slow");
    let mut ann = Client::join(&mut server, "ann");
    let mut bob = Client::join(&mut server, "bob");
    assert_eq!(ann.hear(), "* bob joined\n");
    let line = "x".repeat(60_000);
    // Until its socket, its buffer and its lines are full.
    for _ in 0..2_000 {
        ann.say(&line);
        let heard = bob.hear();
        if heard == "* slow left\n" {
            break;
        }
        assert_eq!(heard.len(), line.len() + "ann: \n".len());
    }
    assert_eq!(server.line(), "slow left: too slow\n");
    ann.say("still here");
    while !bob.hear().ends_with("still here\n") {}
    // What was on its way may come, and then the end.
    let end = loop {
        match slow.0.fill_buf().map(<[u8]>::len) {
            Ok(0) => break None,
            Ok(n) => slow.0.consume(n),
            Err(error) => break Some(error.kind()),
        }
    };
    assert!(
        matches!(end, None | Some(ErrorKind::ConnectionReset)),
        "{end:?}"
    );
}

#[test]
fn ctrl_c_has_a_last_word() {
    if ignores_ctrl_c() {
        return eprintln!("Ctrl-C is ignored here");
    }
    let mut server = server();
    let mut clients = ["ann", "bob"].map(|name| Client::join(&mut server, name));
    let nameless = server.connect();
    assert_eq!(clients[0].hear(), "* bob joined\n");
    server.interrupt();
    for client in &mut clients {
        assert_eq!(client.hear(), "* the server ends: goodbye\n");
    }
    for client in &mut clients {
        client.0.get_ref().shutdown(Shutdown::Write).unwrap();
    }
    drop(nameless);
    server.printed();
}

/// What is said after the last word puts nobody out.
#[test]
fn ctrl_c_has_a_last_word_while_others_talk() {
    if ignores_ctrl_c() {
        return eprintln!("Ctrl-C is ignored here");
    }
    let mut server = server();
    let mut bob = Client::join(&mut server, "bob");
    let mut ann = Client::join(&mut server, "ann");
    assert_eq!(bob.hear(), "* ann joined\n");
    (0..32).for_each(|_| ann.say("what I was about to say"));
    let mut talks = true;
    for n in 0.. {
        if n == 200 {
            server.interrupt();
        }
        let heard = bob.hear();
        if heard == "* the server ends: goodbye\n" {
            break;
        }
        assert_eq!(heard, "ann: what I was about to say\n");
        // The server may have closed her connection.
        talks = talks
            && ann
                .0
                .get_mut()
                .write_all(b"what I was about to say\n")
                .is_ok();
    }
    assert_eq!(bob.hear(), "");
    let printed = server.printed();
    assert!(!printed.contains("too slow"), "{printed}");
}
