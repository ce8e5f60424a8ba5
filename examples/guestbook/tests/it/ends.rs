//! The end of the program.

use std::fs;

use database::Database;

use crate::support::{Guestbook, form, post};

/// Returns whether these tests, and so what they start, ignore Ctrl-C: in the background of a script.
fn ignores_ctrl_c() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let is_ignored = mask.is_some_and(|mask| mask & 0b10 != 0);
    if is_ignored {
        eprintln!("skipped: Ctrl-C is ignored here");
    }
    is_ignored
}

#[test]
fn ctrl_c_ends_idle_connections_at_once_and_others_after_their_answer() {
    let Some(database) = Database::start() else {
        return;
    };
    if ignores_ctrl_c() {
        return;
    }
    let guestbook = Guestbook::start(&database);
    let silent = guestbook.connect();
    let mut idle = guestbook.connect();
    assert_eq!(idle.get("/").status, 200);
    let mut busy = guestbook.connect();
    let request = post(&form("Ann", "the last word"));
    let request = request.replace("Host:", "Expect: 100-continue\r\nHost:");
    let (first, second) = request.split_at(request.len() - 10);
    busy.send(first);
    assert_eq!(busy.head().status, 100, "the program reads the form");
    guestbook.signal("INT");
    assert_eq!(silent.rest() + &idle.rest(), "");
    busy.send(second);
    assert_eq!(busy.answer().status, 303);
    assert_eq!(busy.rest(), "");
    assert_eq!(guestbook.said(), "");
    // The entry is in the database, for the next time.
    assert_eq!(Guestbook::start(&database).names(), ["Ann"]);
}

#[test]
fn a_client_that_does_not_end_is_cut() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    let mut slow = guestbook.connect();
    slow.send(
        "POST / HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    );
    assert_eq!(slow.head().status, 100);
    guestbook.signal("TERM");
    assert_eq!(slow.rest(), "");
    let said = guestbook.said();
    assert!(
        said.contains("some connections did not end within 5 seconds"),
        "{said}"
    );
}

#[test]
fn without_a_url_it_starts_a_database_of_its_own() {
    if Database::start().is_none() || ignores_ctrl_c() {
        return;
    }
    let guestbook = Guestbook::start_with(&["--patience", "100"]);
    assert!(
        guestbook.greeting.contains("lost when this program ends"),
        "{}",
        guestbook.greeting
    );
    assert_eq!(guestbook.sign("Ann", "hello").status, 303);
    assert_eq!(guestbook.names(), ["Ann"]);
    guestbook.signal("INT");
    assert_eq!(guestbook.said(), "");
}
