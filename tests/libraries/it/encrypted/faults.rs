//! Certificates that are not good, peers that do not do their part, and cancellations.

use std::io::Write as _;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::streams::{Read, Write, copy_bidirectional, duplex};
use yieldfrom::tls::{self, ServerContext};
use yieldfrom::{
    Co, EventLoop, Result, StreamReader, StreamWriter, create_task, open_connection, start_server,
    yield_now,
};

use super::{contexts, pair, shout};
use crate::support::{SilentHost, ThreadHost, cancel_later_and_later, in_a_child, run, test_path};
use crate::tls::certificates::{Authority, self_signed_server};

/// Returns what both kinds of clients say of a server with this context.
fn refusals(authority: &Authority, server: ServerContext) -> [String; 2] {
    let client = authority.client().into();
    run(move |co| {
        let server = co.yield_from(start_server(shout, "127.0.0.1:0").tls(&server))?;
        let port = server.local_addr()?.port();
        let stream = co.yield_from(TcpStream::connect(("127.0.0.1", port)))?;
        let one = co
            .yield_from(tls::connect(stream, &client, "localhost"))
            .unwrap_err();
        let other = co
            .yield_from(open_connection(("localhost", port)).tls(&client))
            .unwrap_err();
        Ok([one.to_string(), other.to_string()])
    })
}

#[test]
fn an_error_says_what_is_wrong_with_a_certificate_and_whose_it_is() {
    let authority = Authority::new();
    for said in refusals(&authority, authority.expired_server("localhost").into()) {
        assert!(
            said.starts_with("tls: the certificate of localhost is not accepted: it has expired"),
            "{said}"
        );
    }
    for said in refusals(&authority, self_signed_server("localhost").into()) {
        assert!(
            said.contains("its issuer is not trusted; if it is self-signed"),
            "{said}"
        );
    }
    for said in refusals(&authority, authority.server("elsewhere.example").into()) {
        assert!(
            said.contains("\"localhost\"") && said.contains("elsewhere.example"),
            "{said}"
        );
    }
}

#[test]
fn a_name_that_is_none_is_refused_before_anything_is_sent() {
    run(|co| {
        let (client, _) = contexts();
        let (near, far) = duplex(100);
        let error = co
            .yield_from(tls::connect(near, &client, "no name"))
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("\"no name\" is no name of a server"),
            "{error}"
        );
        assert_eq!(co.yield_from(far.read(&mut [0]))?, 0);
        Ok(())
    });
}

#[test]
fn several_addresses_need_the_name_of_their_server() {
    run(|co| {
        let (client, _) = contexts();
        let addresses = vec!["127.0.0.1:1".parse().unwrap(), "[::1]:1".parse().unwrap()];
        let error = co
            .yield_from(open_connection(addresses).tls(&client))
            .unwrap_err();
        assert!(error.to_string().contains("call tls_with_name"), "{error}");
        Ok(())
    });
}

#[test]
fn a_peer_that_goes_in_the_handshake_is_an_error() {
    let host = ThreadHost::start(2, |mut stream| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 4096]);
        let _ = stream.write_all(&[22, 3, 3, 0, 100, 2]);
    });
    let address = host.address;
    run(move |co| {
        let (client, _) = contexts();
        let stream = co.yield_from(TcpStream::connect(address))?;
        let one = co
            .yield_from(tls::connect(stream, &client, "localhost"))
            .unwrap_err();
        let other = open_connection(address).tls_with_name(&client, "localhost");
        let other = co.yield_from(other).unwrap_err();
        for error in [one, other] {
            let said = error.to_string();
            assert_eq!(
                said,
                "tls: localhost has closed the connection in the handshake"
            );
        }
        Ok(())
    });
    host.join();
}

#[test]
fn a_peer_that_says_nothing_is_given_up_after_a_minute() {
    let host = SilentHost::start();
    let address = host.address;
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let error = event_loop.run_until_complete(move |co: &Co| {
        let (client, _) = contexts();
        co.yield_from(open_connection(address).tls_with_name(&client, "localhost"))
    });
    let said = error.unwrap_err().to_string();
    assert_eq!(said, "tls: the handshake has taken more than 60s");
    assert_eq!(event_loop.time().as_secs(), 60);
}

#[test]
fn a_server_goes_on_after_clients_that_speak_no_tls() {
    run(|co| {
        let (client, server) = contexts();
        let server = co.yield_from(start_server(shout, "127.0.0.1:0").tls(&server))?;
        let port = server.local_addr()?.port();
        for text in ["GET / HTTP/1.0\r\n\r\n", ""] {
            let plain = co.yield_from(TcpStream::connect(("127.0.0.1", port)))?;
            co.yield_from(plain.write_all(text.as_bytes()))?;
            plain.shutdown(std::net::Shutdown::Write)?;
            // An alert may come, and then the end.
            let _ = co.yield_from(plain.read_to_end(&mut Vec::new()));
        }
        let (reader, writer) = co.yield_from(open_connection(("localhost", port)).tls(&client))?;
        writer.write(b"still there\n")?;
        assert_eq!(
            co.yield_from(reader.line())?.as_deref(),
            Some("STILL THERE")
        );
        Ok(())
    });
}

#[test]
fn a_peer_that_has_ended_and_is_gone_is_no_error_when_this_side_ends() {
    run(|co| {
        for _ in 0..20 {
            let (client, server) = contexts();
            let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
            let address = listener.local_addr()?;
            let serving = create_task(move |co: &Co| {
                let (stream, _) = co.yield_from(listener.accept())?;
                let stream = co.yield_from(tls::accept(stream, &server))?;
                co.yield_from(stream.write_all(b"goodbye"))?;
                co.yield_from(stream.close_writing())
            });
            let stream = co.yield_from(TcpStream::connect(address))?;
            let stream = co.yield_from(tls::connect(stream, &client, "localhost"))?;
            assert_eq!(co.yield_from(stream.read_to_string())?, "goodbye");
            co.yield_from(serving)?;
            co.yield_from(stream.close_writing())?;
        }
        Ok(())
    });
}

#[test]
fn a_proxy_to_a_server_that_ends_first_counts_what_it_has_passed() {
    run(|co| {
        let (client, server) = contexts();
        let goodbye = start_server(
            |_, _, writer| {
                writer.write(b"goodbye")?;
                writer.close();
                Ok(())
            },
            "127.0.0.1:0",
        );
        let server = co.yield_from(goodbye.tls(&server))?;
        let stream = co.yield_from(TcpStream::connect(server.local_addr()?))?;
        let stream = co.yield_from(tls::connect(stream, &client, "localhost"))?;
        let (near, far) = duplex(1024);
        let proxy = create_task(copy_bidirectional(far, stream));
        assert_eq!(co.yield_from(near.read_to_string())?, "goodbye");
        drop(near);
        assert_eq!(co.yield_from(proxy)?, (0, 7));
        Ok(())
    });
}

#[test]
fn data_that_may_be_cut_off_is_an_error() {
    run(|co| {
        let (near, far) = duplex(1 << 16);
        let (one, other) = pair(co, near, far)?;
        co.yield_from(other.write_all(b"half of it"))?;
        drop(other);
        let mut all = Vec::new();
        let error = co.yield_from(one.read_to_end(&mut all)).unwrap_err();
        assert_eq!(all, b"half of it");
        assert!(
            error.to_string().contains("without close_notify"),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn the_reader_of_a_connection_that_was_cut_off_gets_an_error() {
    run(|co| {
        let (client, server) = contexts();
        let cut: fn(&Co, StreamReader, StreamWriter) -> Result<()> = |co, reader, writer| {
            co.yield_from(reader.line())?;
            writer.write(b"half")?;
            co.yield_from(writer.drain())?;
            writer.transport().abort();
            Ok(())
        };
        let server = co.yield_from(start_server(cut, "127.0.0.1:0").tls(&server))?;
        let port = server.local_addr()?.port();
        let (reader, writer) = co.yield_from(open_connection(("localhost", port)).tls(&client))?;
        writer.write(b"go\n")?;
        assert_eq!(co.yield_from(reader.read(4))?, b"half");
        let error = co.yield_from(reader.read(4)).unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("close_notify") || said.contains("reset"),
            "{said}"
        );
        Ok(())
    });
}

#[test]
fn a_cancellation_at_any_moment_leaves_no_descriptor() {
    if !in_a_child(test_path!(
        "a_cancellation_at_any_moment_leaves_no_descriptor"
    )) {
        return;
    }
    run(|co| {
        let (client, context) = contexts();
        let server = co.yield_from(start_server(shout, "127.0.0.1:0").tls(&context))?;
        let port = server.local_addr()?.port();
        let cancelled = cancel_later_and_later(co, || {
            let client = client.clone();
            create_task(move |co: &Co| {
                let connection = open_connection(("localhost", port)).tls(&client);
                let (reader, writer) = co.yield_from(connection)?;
                writer.write(b"hello\n")?;
                assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("HELLO"));
                Ok(())
            })
        })?;
        assert!(cancelled > 3, "{cancelled}");
        co.yield_from(yield_now())
    });
}
