//! Entries that are written and read.

use std::sync::Barrier;
use std::thread;

use database::Database;

use crate::support::Guestbook;

#[test]
fn an_entry_is_on_the_page_to_which_its_writer_is_sent() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    // One connection for all, as browsers have.
    let mut visitor = guestbook.connect();
    let empty = visitor.get("/");
    assert_eq!(empty.status, 200);
    assert_eq!(
        empty.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(
        empty.body.contains("<form method=\"post\" action=\"/\">"),
        "{}",
        empty.body
    );
    assert!(
        empty.body.contains("Nobody has written anything"),
        "{}",
        empty.body
    );
    let signed = visitor.sign("김철수", "안녕하세요\r\n👋");
    assert_eq!((signed.status, signed.header("location")), (303, Some("/")));
    let page = visitor.get("/").body;
    assert!(
        page.contains("<strong dir=\"auto\">김철수</strong>"),
        "{page}"
    );
    assert!(
        page.contains("<p dir=\"auto\">안녕하세요\n👋</p>"),
        "{page}"
    );
    let json = visitor.get("/entries.json").json();
    assert_eq!(json["entries"][0]["message"], "안녕하세요\n👋");
    assert!(json["older"].is_null());
    let time = json["entries"][0]["written"].as_str().unwrap();
    assert!(
        page.contains(&format!("<time datetime=\"{time}\">")),
        "{page}"
    );
}

#[test]
fn what_visitors_type_is_shown_as_text() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    guestbook.sign("<b>Ann</b> & Bob", "<script>alert('hello')</script>");
    let page = guestbook.get("/").body;
    assert!(page.contains("&lt;b&gt;Ann&lt;/b&gt; &amp; Bob"), "{page}");
    assert!(page.contains("&lt;script&gt;alert"), "{page}");
    assert!(
        !page.contains("<script>") && !page.contains("<b>"),
        "{page}"
    );
    // In an attribute, and in the field for the message.
    let refused = guestbook.sign("\"><b>", &"</textarea>".repeat(200)).body;
    assert!(
        refused.contains("value=\"&quot;&gt;&lt;b&gt;\""),
        "{refused}"
    );
    assert_eq!(refused.matches("</textarea>").count(), 1, "{refused}");
}

#[test]
fn twenty_visitors_sign_at_once_and_older_entries_have_a_page_of_their_own() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    guestbook.sign("the first", "hello");
    let start = Barrier::new(20);
    thread::scope(|scope| {
        for i in 0..20 {
            let (guestbook, start) = (&guestbook, &start);
            scope.spawn(move || {
                let mut visitor = guestbook.connect();
                start.wait();
                assert_eq!(
                    visitor.sign(&format!("visitor {i:02}"), "hello").status,
                    303
                );
            });
        }
    });
    let newest = guestbook.get("/entries.json").json();
    let numbers = newest["entries"].as_array().unwrap().iter();
    let numbers: Vec<_> = numbers.map(|entry| entry["id"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a > b), "{numbers:?}");
    let mut names = guestbook.names();
    names.sort();
    let all: Vec<_> = (0..20).map(|i| format!("visitor {i:02}")).collect();
    assert_eq!(names, all);
    let older = format!("/?before={}", newest["older"]);
    assert!(
        guestbook
            .get("/")
            .body
            .contains(&format!("<a href=\"{older}\">"))
    );
    let page = guestbook.get(&older).body;
    assert!(
        page.contains("the first") && !page.contains("visitor"),
        "{page}"
    );
    assert!(!page.contains("Older entries"), "{page}");
}
