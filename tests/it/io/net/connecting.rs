//! Connecting: several addresses, some of which do not answer.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, Result, create_task, get_running_loop};

use super::{Full, both, both_virtually, kind, listen};
use crate::support::millis;

/// Returns an address at which nobody listens.
fn closed() -> std::io::Result<SocketAddr> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Connects, and returns how long that took by the loop's clock, and to what.
fn connect(co: &Co, addresses: Vec<SocketAddr>) -> Result<(Duration, SocketAddr)> {
    let event_loop = get_running_loop()?.lend();
    let began = event_loop.time();
    let stream = co.yield_from(TcpStream::connect(addresses))?;
    Ok((event_loop.time() - began, stream.peer_addr()?))
}

#[test]
fn an_address_that_refuses_is_left_for_the_next_at_once() {
    both_virtually(|co| {
        let listener = listen(co)?;
        let good = listener.local_addr()?;
        let all = vec![closed()?, closed()?, good, closed()?];
        assert_eq!(connect(co, all)?, (Duration::ZERO, good));
        Ok(())
    });
}

#[test]
fn an_address_that_is_silent_has_a_quarter_of_a_second() {
    both_virtually(|co| {
        let (full, listener) = (Full::new()?, listen(co)?);
        let (silent, good) = (full.listener.local_addr()?, listener.local_addr()?);
        assert_eq!(connect(co, vec![silent, good])?, (millis(250), good));
        let all = vec![silent, silent, good];
        assert_eq!(connect(co, all)?, (millis(500), good));
        let all = vec![silent, closed()?, silent, good];
        assert_eq!(connect(co, all)?, (millis(500), good));
        assert_eq!(connect(co, vec![good, silent])?, (Duration::ZERO, good));
        Ok(())
    });
}

#[test]
fn one_that_answers_late_wins_against_those_that_do_not() {
    both(|co| {
        let (full, refusing) = (Full::new()?, closed()?);
        let silent = full.listener.local_addr()?;
        // A place becomes free while there is no other address left to try.
        full.listener.set_nonblocking(true)?;
        let connecting = create_task(move |co: &Co| {
            let stream = co.yield_from(TcpStream::connect(vec![silent, refusing]))?;
            stream.peer_addr()
        });
        while !connecting.done() {
            super::turns(co, 5)?;
            let _ = full.listener.accept();
        }
        assert_eq!(co.yield_from(connecting)?, silent);
        Ok(())
    });
}

#[test]
fn families_take_turns() {
    both_virtually(|co| {
        let v6 = Ipv6Addr::LOCALHOST;
        let Ok(listener) = co.yield_from(TcpListener::bind((v6, 0))) else {
            return Ok(()); // no IPv6 here
        };
        let good = listener.local_addr()?;
        assert_eq!(connect(co, vec![good])?, (Duration::ZERO, good));
        let full = Full::new()?;
        let silent = full.listener.local_addr()?;
        let all = vec![silent, silent, silent, good];
        assert_eq!(connect(co, all)?, (millis(250), good), "it is second");
        Ok(())
    });
}

#[test]
fn a_listener_for_both_families_takes_both() {
    both(|co| {
        let v6 = Ipv6Addr::UNSPECIFIED;
        let Ok(listener) = co.yield_from(TcpListener::bind((v6, 0))) else {
            return Ok(());
        };
        let port = listener.local_addr()?.port();
        for ip in [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            Ipv6Addr::LOCALHOST.into(),
        ] {
            let _stream = co.yield_from(TcpStream::connect((ip, port)))?;
            co.yield_from(listener.accept())?;
        }
        Ok(())
    });
}

#[test]
fn errors_name_all_addresses() {
    both(|co| {
        let one = closed()?;
        let error = co.yield_from(TcpStream::connect(one)).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("connect to {one}: ")), "{text}");
        assert_eq!(kind::<()>(Err(error)), ErrorKind::ConnectionRefused);

        let other = closed()?;
        let both = co.yield_from(TcpStream::connect(vec![one, other]));
        let error = both.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(&one.to_string()) && text.contains(&other.to_string()),
            "{text}"
        );
        assert_eq!(kind::<()>(Err(error)), ErrorKind::ConnectionRefused);

        let none = co.yield_from(TcpStream::connect(Vec::new()));
        assert_eq!(kind(none), ErrorKind::InvalidInput);
        let zero = SocketAddr::from(([127, 0, 0, 1], 0));
        assert!(co.yield_from(TcpStream::connect(zero)).is_err());
        Ok(())
    });
}

#[test]
fn text_stands_for_addresses() {
    both(|co| {
        let listener = listen(co)?;
        let port = listener.local_addr()?.port();
        let (ip, text) = (Ipv4Addr::LOCALHOST, format!("127.0.0.1:{port}"));
        let connected = [
            co.yield_from(TcpStream::connect(text.clone()))?,
            co.yield_from(TcpStream::connect(&text))?,
            co.yield_from(TcpStream::connect(&*format!("localhost:{port}")))?,
            co.yield_from(TcpStream::connect(("localhost", port)))?,
            co.yield_from(TcpStream::connect(("127.0.0.1".to_owned(), port)))?,
            co.yield_from(TcpStream::connect((ip, port)))?,
            co.yield_from(TcpStream::connect((IpAddr::V4(ip), port)))?,
            co.yield_from(TcpStream::connect(([127, 0, 0, 1], port)))?,
            co.yield_from(TcpStream::connect(&[listener.local_addr()?][..]))?,
        ];
        for stream in connected {
            assert_eq!(stream.peer_addr()?, listener.local_addr()?);
        }
        Ok(())
    });
}
