//! Requests that are refused, and clients that misbehave.

use database::Database;

use crate::support::{Guestbook, form, post};

#[test]
fn a_bad_form_is_given_back_with_what_is_wrong() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    let long = "가".repeat(2001);
    let bad = [
        ("", "hello", "A name has"),
        (" ", "hello", "A name has"),
        (&long[..3 * 81], "hello", "A name has"),
        ("Ann", "", "A message has"),
        ("Ann", &long, "A message has"),
        ("Ann", "a\0b", "U+0000"),
        ("A\0nn", "hello", "U+0000"),
    ];
    for (name, message, complaint) in bad {
        let answer = guestbook.sign(name, message);
        assert_eq!(answer.status, 400, "{complaint}");
        assert!(answer.body.contains(complaint), "{}", answer.body);
        assert!(
            answer
                .body
                .contains(&format!("required>{message}</textarea>")),
            "{}",
            answer.body
        );
    }
    let mut visitor = guestbook.connect();
    visitor.send(&post("no form at all"));
    assert_eq!(visitor.answer().status, 400);
    assert_eq!(guestbook.names(), [""; 0]);
    // As much as there may be, in bytes.
    assert_eq!(
        guestbook
            .sign(&long[..3 * 80], &"\u{10348}".repeat(2000))
            .status,
        303
    );
}

#[test]
fn other_pages_methods_and_numbers_are_refused() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    let cases = [
        ("GET /nothing", 404, None),
        ("POST /nothing", 404, None),
        ("DELETE /", 405, Some("GET, HEAD, POST")),
        ("POST /entries.json", 405, Some("GET, HEAD")),
        ("GET /?before=x", 400, None),
        ("GET /entries.json?before=99999999999999999999", 400, None),
        ("GET /?before=1", 200, None),
        ("GET /entries.json?before=-1", 200, None),
    ];
    let mut visitor = guestbook.connect();
    for (request, status, allow) in cases {
        visitor.send(&format!("{request} HTTP/1.1\r\nHost: test\r\n\r\n"));
        let answer = visitor.answer();
        assert_eq!(
            (answer.status, answer.header("allow")),
            (status, allow),
            "{request}"
        );
    }
    visitor.send("HEAD / HTTP/1.1\r\nHost: test\r\n\r\n");
    let head = visitor.head();
    assert_eq!(head.status, 200);
    assert!(head.header("content-length").is_some());
    // It has no body: what comes next is the next answer.
    assert_eq!(visitor.get("/nothing").status, 404);
}

#[test]
fn a_form_that_is_too_large_is_refused_when_it_has_arrived() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    let mut visitor = guestbook.connect();
    let answer = visitor.sign("Ann", &"a".repeat(4 << 20));
    assert_eq!(answer.status, 413);
    // The connection is still good.
    assert_eq!(visitor.sign("Ann", "short").status, 303);
    assert_eq!(guestbook.names(), ["Ann"]);
}

#[test]
fn of_a_client_that_goes_away_in_the_middle_nothing_is_kept() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    let whole = post(&form("Ann", "a message of which half is sent"));
    for end in [whole.len() - 10, whole.find("\r\n\r\n").unwrap(), 3] {
        let mut leaving = guestbook.connect();
        leaving.send(&whole[..end]);
        leaving.end_sending();
        let rest = leaving.rest();
        assert!(!rest.contains("303"), "{rest}");
        // This one does not even wait for an answer.
        guestbook.connect().send(&whole[..end]);
    }
    assert_eq!(guestbook.names(), [""; 0]);
    assert_eq!(guestbook.sign("Bob", "hello").status, 303);
}
