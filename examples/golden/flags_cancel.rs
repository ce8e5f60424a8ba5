//! Downloads that are cut off in the middle, by a timeout or by cancelling: nothing is left over.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use examples::http::{Options, Session, Trust};
use yieldfrom::{Co, TimeoutError, create_task, run, sleep, timeout, wait_for};

use crate::flags_servers::{options, request};

const SOON: Duration = Duration::from_millis(20);

/// Starts a server that sends the first part of an answer, and then waits for the client to close
/// the connection. Returns its URL, and where it says that this has happened.
fn stalling(part: &'static str) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (closed, is_closed) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let closed = closed.clone();
            thread::spawn(move || stall(stream, part, &closed));
        }
    });
    (url, is_closed)
}

fn stall(mut stream: TcpStream, part: &str, closed: &mpsc::Sender<()>) {
    request(&mut stream);
    let _ = stream.write_all(part.as_bytes());
    let _ = stream.read_to_end(&mut Vec::new());
    let _ = closed.send(());
}

const PARTS: [&str; 4] = [
    "",
    "HTTP/1.1 200",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n",
];

/// Downloads a URL.
fn download(session: Session, url: String) -> impl FnOnce(&Co) -> yieldfrom::Result<Vec<u8>> {
    move |co: &Co| {
        let mut resp = co.yield_from(session.get(&url))?;
        co.yield_from(resp.read())
    }
}

fn wait_until_closed(closed: &mpsc::Receiver<()>) {
    let waited = closed.recv_timeout(Duration::from_secs(60));
    waited.expect("the client closes the connection");
}

#[test]
fn a_timeout_around_a_download_closes_its_connection() {
    for part in PARTS {
        let (url, closed) = stalling(part);
        run(move |co: &Co| {
            let session = Session::new(options());
            let limited = timeout(SOON, |co| {
                co.yield_from(download(session.clone(), url.clone()))
            });
            assert!(co.yield_from(limited).unwrap_err().is::<TimeoutError>());
            let limited = wait_for(download(session, url), SOON);
            assert!(co.yield_from(limited).unwrap_err().is::<TimeoutError>());
            // The loop goes on: it is not its end that closes them.
            co.yield_from(sleep(SOON))?;
            wait_until_closed(&closed);
            wait_until_closed(&closed);
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn a_download_that_is_cancelled_closes_its_connection() {
    for part in PARTS {
        let (url, closed) = stalling(part);
        run(move |co: &Co| {
            let task = create_task(download(Session::new(options()), url));
            co.yield_from(sleep(SOON))?;
            task.cancel();
            assert!(co.yield_from(&task).unwrap_err().is_cancelled());
            co.yield_from(sleep(SOON))?;
            wait_until_closed(&closed);
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn who_waits_for_a_connection_can_give_up_and_the_next_gets_it() {
    let (url, closed) = stalling("");
    run(move |co: &Co| {
        let session = Session::with_connections(options(), Trust::default(), 1);
        let download = || download(session.clone(), url.clone());
        let first = create_task(download());
        co.yield_from(sleep(SOON))?;
        let second = create_task(download());
        let impatient = wait_for(download(), SOON);
        assert!(co.yield_from(impatient).unwrap_err().is::<TimeoutError>());
        first.cancel();
        co.yield_from(sleep(SOON))?;
        wait_until_closed(&closed);
        assert!(!second.done(), "it has the connection now");
        second.cancel();
        co.yield_from(sleep(SOON))?;
        wait_until_closed(&closed);
        assert!(
            closed.try_recv().is_err(),
            "there were two connections in all"
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_response_that_is_dropped_closes_its_connection() {
    let (url, closed) = stalling(PARTS[2]);
    run(move |co: &Co| {
        let keep_alive = Options {
            keep_alive: true,
            ..options()
        };
        let session = Session::with_connections(keep_alive, Trust::default(), 1);
        for _ in 0..3 {
            // The next one could not begin if this one still had its place.
            let resp = co.yield_from(session.get(&url))?;
            assert_eq!(resp.head.status, 200);
            drop(resp);
            co.yield_from(sleep(Duration::ZERO))?;
            co.yield_from(sleep(Duration::from_millis(1)))?;
            wait_until_closed(&closed);
        }
        Ok(())
    })
    .unwrap();
}
