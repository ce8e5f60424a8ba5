//! `imap`: sessions with a server of our own, which is a real one's in small.

mod server;

use std::io::{Read, Write};
use std::net::SocketAddr;

use imap::{Client, Error, Session};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Event, TimeoutError, create_task, timeout};

use crate::support::{
    Host, SilentHost, ThreadHost, assert_cannot_be_swallowed, cancel_later_and_later, crowd,
    in_a_child, run, test_path,
};
pub(crate) use server::serve;

fn log_in<S: Read + Write>(stream: S) -> Result<Session<S>, Error> {
    let mut client = Client::new(stream);
    client.read_greeting()?;
    client.login("user", "secret").map_err(|(error, _)| error)
}

/// Reads all messages of a mailbox.
pub(crate) fn visit(stream: impl Read + Write) -> Result<(), Error> {
    let mut session = log_in(stream)?;
    assert_eq!(session.select("INBOX")?.exists, 3);
    for number in 1..=3 {
        let messages = session.fetch(number.to_string(), "RFC822")?;
        let body = messages.iter().next().and_then(|message| message.body());
        assert!(body == Some(&server::message(number)), "message {number}");
    }
    session.logout()
}

fn visit_at(address: SocketAddr) -> Result<(), Error> {
    visit(TcpStream::connect(address)?)
}

#[test]
fn a_session_runs_with_a_server_on_its_own_loop() {
    run(|co: &Co| {
        let host = Host::start(|stream| serve(stream, || ()).unwrap())?;
        let address = host.address;
        Ok(co.yield_from(blocking(|| visit_at(address)))??)
    });
}

#[test]
fn a_session_runs_with_a_server_in_a_thread() {
    let host = ThreadHost::start(1, |stream| serve(stream, || ()).unwrap());
    let address = host.address;
    run(move |co: &Co| Ok(co.yield_from(blocking(|| visit_at(address)))??));
    host.join();
}

#[test]
fn a_wrong_password_is_an_error_with_the_words_of_the_server() {
    run(|co: &Co| {
        let host = Host::start(|stream| drop(serve(stream, || ())))?;
        let address = host.address;
        let error = co.yield_from(blocking(|| {
            let mut client = Client::new(TcpStream::connect(address).unwrap());
            client.read_greeting().unwrap();
            client.login("user", "wrong").err().unwrap().0
        }))?;
        assert!(error.to_string().contains("not that one"), "{error}");
        Ok(())
    });
}

#[test]
fn idle_waits_while_another_task_brings_mail() {
    run(|co: &Co| {
        let (waits, mail) = (Event::new(), Event::new());
        let (tell, comes) = (waits.clone(), mail.clone());
        let host = Host::start(move |stream| {
            let until_mail = || {
                tell.set();
                yieldfrom::blocking::wait(comes.wait()).unwrap();
            };
            serve(stream, until_mail).unwrap();
        })?;
        let address = host.address;
        let task = create_task(blocking(move || {
            let mut session = log_in(TcpStream::connect(address)?)?;
            session.select("INBOX")?;
            session.idle()?.wait()?;
            session.logout()
        }));
        co.yield_from(waits.wait())?;
        assert!(!task.done());
        mail.set();
        Ok(co.yield_from(task)??)
    });
}

#[test]
fn a_hundred_connections_share_a_thread_with_a_heartbeat() {
    if !in_a_child(test_path!(
        "a_hundred_connections_share_a_thread_with_a_heartbeat"
    )) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| serve(stream, || ()).unwrap())?;
        let address = host.address;
        crowd(co, move |member| {
            let mut session = log_in(TcpStream::connect(address).unwrap()).unwrap();
            member.wait_for_the_others();
            for _ in 0..5 {
                assert_eq!(session.select("INBOX").unwrap().exists, 3);
                member.note_answer();
            }
            session.logout().unwrap();
        })
    });
}

#[test]
fn a_session_can_be_cancelled_at_any_turn() {
    if !in_a_child(test_path!("a_session_can_be_cancelled_at_any_turn")) {
        return;
    }
    run(|co: &Co| {
        let host = Host::start(|stream| drop(serve(stream, || ())))?;
        let address = host.address;
        let cancelled = cancel_later_and_later(co, || {
            create_task(move |co: &Co| Ok(co.yield_from(blocking(|| visit_at(address)))??))
        })?;
        assert!(cancelled > 8, "there are that many waits: {cancelled}");
        Ok(())
    });
}

#[test]
fn no_code_around_a_session_can_swallow_a_cancellation() {
    run(|co: &Co| {
        let host = SilentHost::start();
        let address = host.address;
        assert_cannot_be_swallowed(co, move || log_in(TcpStream::connect(address)?))?;
        let reads = blocking(move || log_in(TcpStream::connect(address)?).map(drop));
        let error = co.yield_from(timeout(0.01, |co: &Co| co.yield_from(reads)));
        assert!(error.unwrap_err().is::<TimeoutError>());
        Ok(())
    });
}

#[test]
fn a_server_that_vanishes_is_an_error() {
    let host = ThreadHost::start(1, |mut stream| stream.write_all(b"* OK ready\r\n").unwrap());
    let address = host.address;
    let error = run(move |co: &Co| {
        let result = co.yield_from(blocking(|| log_in(TcpStream::connect(address)?).map(drop)))?;
        Ok(result.unwrap_err())
    });
    assert!(
        matches!(error, Error::ConnectionLost | Error::Io(_)),
        "{error:?}"
    );
    host.join();
}
