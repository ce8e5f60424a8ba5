//! Databases that go away, come back, hang, or are not there.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use database::Database;

use crate::support::{Guestbook, failure, wait_until};

#[test]
fn while_the_database_is_away_there_is_an_error_page_and_then_all_is_well_again() {
    let Some(database) = Database::start() else {
        return;
    };
    let guestbook = Guestbook::start(&database);
    assert_eq!(guestbook.sign("Ann", "before").status, 303);
    database.stop();
    let mut visitor = guestbook.connect();
    let page = visitor.get("/");
    assert_eq!(page.status, 503);
    assert!(
        page.body.contains("The database does not answer"),
        "{}",
        page.body
    );
    assert_eq!(visitor.get("/entries.json").status, 503);
    // What a visitor has typed is not lost.
    let refused = visitor.sign("Bob", "meanwhile");
    assert_eq!(refused.status, 503);
    assert!(refused.body.contains("value=\"Bob\""), "{}", refused.body);
    assert!(
        refused.body.contains("required>meanwhile</textarea>"),
        "{}",
        refused.body
    );
    database.restart();
    wait_until("the database", || visitor.get("/").status == 200);
    assert_eq!(visitor.sign("Bob", "after").status, 303);
    assert_eq!(guestbook.names(), ["Bob", "Ann"]);
}

#[test]
fn a_connection_that_hangs_is_given_up_for_a_new_one() {
    let Some(database) = Database::start() else {
        return;
    };
    let is_cut = Arc::new(AtomicBool::new(false));
    let port = start_relay(database.port(), Arc::clone(&is_cut));
    let url = format!("postgres://{}@127.0.0.1:{port}/postgres", database.user());
    let guestbook = Guestbook::start_with(&["--patience", "15", "--database", &url]);
    assert_eq!(guestbook.get("/").status, 200);
    is_cut.store(true, Ordering::SeqCst);
    assert_eq!(guestbook.get("/").status, 503);
    wait_until("a new connection", || guestbook.get("/").status == 200);
}

/// Starts what passes on connections to a port, and returns its own port. The first connection can be made to hang.
fn start_relay(port: u16, is_cut: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own_port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut is_cut = Some(is_cut);
        for near in listener.incoming().map(Result::unwrap) {
            let far = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let is_cut = is_cut.take().unwrap_or_default();
            let back = (
                far.try_clone().unwrap(),
                near.try_clone().unwrap(),
                Arc::clone(&is_cut),
            );
            thread::spawn(move || pass_on(near, far, &is_cut));
            thread::spawn(move || pass_on(back.0, back.1, &back.2));
        }
    });
    own_port
}

/// Passes on bytes in one direction. From a connection that is cut they are taken, and lost.
fn pass_on(mut from: TcpStream, mut to: TcpStream, is_cut: &AtomicBool) {
    let mut bytes = [0; 4096];
    while let Ok(n @ 1..) = from.read(&mut bytes) {
        if !is_cut.load(Ordering::SeqCst) && to.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[test]
fn without_a_database_it_says_what_is_wrong_and_what_to_do() {
    let free = TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap();
    let said = failure(&["--database", &format!("postgres://ann@{free}/postgres")]);
    assert!(
        said.contains(&format!("connect to the database: connect to {free}: ")),
        "{said}"
    );
    assert!(said.contains("--help"), "{said}");
    let said = failure(&["--database", "mysql:"]);
    assert!(said.contains("read the URL of --database: "), "{said}");
    let Some(database) = Database::start() else {
        return;
    };
    let said = failure(&[
        "--database",
        &database.url().replace("yieldfrom@", "nobody@"),
    ]);
    assert!(said.contains("role \"nobody\" does not exist"), "{said}");
    let socket = database.socket_directory().display();
    let url = format!(
        "host={socket} port={} user=yieldfrom dbname=postgres",
        database.port()
    );
    assert_eq!(
        Guestbook::start_with(&["--patience", "15", "--database", &url])
            .get("/")
            .status,
        200
    );
}
