//! The library's own TLS: over any stream, for connections and servers, and for a connection that is open already.

mod attacks;
mod faults;
mod interrupted_transports;
mod transports;

use yieldfrom::streams::{self, BufReader, Read, Write, duplex};
use yieldfrom::tls::{self, ClientContext, ServerContext, TlsStream};
use yieldfrom::{
    Co, EventLoop, Result, StreamReader, StreamWriter, create_task, gather, open_connection,
    start_server, wait_for, yield_now,
};

use crate::support::run;
use crate::tls::certificates::Authority;

/// Returns the contexts of both sides, for a server of the name `localhost`.
fn contexts() -> (ClientContext, ServerContext) {
    let authority = Authority::new();
    (
        authority.client().into(),
        authority.server("localhost").into(),
    )
}

/// Runs this in virtual time.
fn run_virtual(body: impl FnOnce(&Co) -> Result<()> + 'static) {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    event_loop.run_until_complete(wait_for(body, 3600)).unwrap();
}

fn turns(co: &Co, n: usize) -> Result<()> {
    (0..n).try_for_each(|_| co.yield_from(yield_now()))
}

/// Connects both sides in memory.
fn pair<S: Read + Write + 'static>(
    co: &Co,
    near: S,
    far: S,
) -> Result<(TlsStream<S>, TlsStream<S>)> {
    let (client, server) = contexts();
    let connect = tls::connect(near, &client, "localhost");
    co.yield_from(gather((connect, tls::accept(far, &server))))
}

#[test]
fn both_sides_talk_over_a_connection_in_memory() {
    for capacity in [64, 1000, 1 << 16] {
        run(move |co| {
            let (near, far) = duplex(capacity);
            let (client, server) = contexts();
            let answering = create_task(move |co: &Co| {
                let other = co.yield_from(tls::accept(far, &server))?;
                let heard = co.yield_from(other.read_to_string())?;
                co.yield_from(other.write_all(heard.to_uppercase().as_bytes()))?;
                co.yield_from(other.close_writing())
            });
            let one = co.yield_from(tls::connect(near, &client, "localhost"))?;
            co.yield_from(one.write_all(b"hello"))?;
            co.yield_from(one.close_writing())?;
            assert_eq!(co.yield_from(one.read_to_string())?, "HELLO");
            assert_eq!(
                co.yield_from(one.read(&mut [0; 9]))?,
                0,
                "the end stays the end"
            );
            let version = one.with_connection(|connection| connection.protocol_version());
            assert_eq!(version, Some(tls::rustls::ProtocolVersion::TLSv1_3));
            co.yield_from(answering)
        });
    }
}

#[test]
fn much_goes_in_both_directions_at_once() {
    run(|co| {
        let (near, far) = duplex(10_000);
        let (one, other) = pair(co, near, far)?;
        let bytes: Vec<u8> = (0..1_u64 << 20).map(|n| (n * n % 251) as u8).collect();
        let (here, there) = (bytes.clone(), bytes.clone());
        let (one, other) = (std::rc::Rc::new(one), std::rc::Rc::new(other));
        let (one_reads, other_reads) = (one.clone(), other.clone());
        let send = |stream: std::rc::Rc<TlsStream<_>>, bytes: Vec<u8>| {
            move |co: &Co| {
                co.yield_from(stream.write_all(&bytes))?;
                co.yield_from(stream.close_writing())
            }
        };
        let receive = |stream: std::rc::Rc<TlsStream<_>>| {
            move |co: &Co| {
                let mut all = Vec::new();
                co.yield_from(stream.read_to_end(&mut all))?;
                Ok(all)
            }
        };
        let all = gather((
            send(one, here),
            send(other, there),
            receive(one_reads),
            receive(other_reads),
        ));
        let ((), (), first, second) = co.yield_from(all)?;
        assert!(first == bytes && second == bytes);
        Ok(())
    });
}

fn shout(co: &Co, reader: StreamReader, writer: StreamWriter) -> Result<()> {
    while let Some(line) = co.yield_from(reader.line())? {
        writer.write(format!("{}\n", line.to_uppercase()).as_bytes())?;
        co.yield_from(writer.drain())?;
    }
    Ok(())
}

#[test]
fn connections_and_servers_have_it_as_an_option() {
    run(|co| {
        let (client, server) = contexts();
        let server = co.yield_from(start_server(shout, "127.0.0.1:0").tls(&server))?;
        let port = server.local_addr()?.port();
        let by_name = open_connection(("localhost", port)).tls(&client);
        let by_address = open_connection(("127.0.0.1", port)).tls_with_name(&client, "localhost");
        for connection in [by_name, by_address] {
            let (reader, writer) = co.yield_from(connection)?;
            for word in ["taxi", "flag"] {
                writer.write(format!("{word}\n").as_bytes())?;
                let line = co.yield_from(reader.line())?;
                assert_eq!(line, Some(word.to_uppercase()));
            }
            writer.write_eof()?;
            assert_eq!(co.yield_from(reader.line())?, None);
            writer.close();
            co.yield_from(writer.wait_closed())?;
        }
        server.close();
        co.yield_from(server.wait_closed())
    });
}

#[test]
fn a_megabyte_passes_a_server_whose_client_reads_late() {
    run(|co| {
        let (client, server) = contexts();
        let serve = start_server(
            |co, _reader, writer| {
                for _ in 0..64 {
                    writer.write(&[7; 16 << 10])?;
                    co.yield_from(writer.drain())?;
                }
                writer.close();
                Ok(())
            },
            "127.0.0.1:0",
        );
        let server = co.yield_from(serve.tls(&server))?;
        let port = server.local_addr()?.port();
        let (reader, _writer) = co.yield_from(open_connection(("localhost", port)).tls(&client))?;
        let all = co.yield_from(reader.read(None))?;
        assert!(all.len() == 1 << 20 && all.iter().all(|byte| *byte == 7));
        Ok(())
    });
}

#[test]
fn a_connection_that_is_open_can_begin_it() {
    run(|co| {
        let (client, context) = contexts();
        let serve = start_server(
            move |co, reader, writer| {
                assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("STARTTLS"));
                writer.write(b"go ahead\n")?;
                co.yield_from(writer.drain())?;
                co.yield_from(writer.accept_tls(&context))?;
                shout(co, reader, writer)
            },
            "127.0.0.1:0",
        );
        let server = co.yield_from(serve)?;
        let (reader, writer) = co.yield_from(open_connection(server.local_addr()?))?;
        writer.write(b"STARTTLS\n")?;
        assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("go ahead"));
        co.yield_from(writer.start_tls(&client, "localhost"))?;
        writer.write(b"secret\n")?;
        assert_eq!(co.yield_from(reader.line())?.as_deref(), Some("SECRET"));
        let again = co.yield_from(writer.start_tls(&client, "localhost"));
        assert!(again.unwrap_err().to_string().contains("has TLS already"));
        writer.close();
        co.yield_from(writer.wait_closed())
    });
}

/// A protocol, over whatever carries bytes.
fn answer(co: &Co, stream: &(impl Read + Write)) -> Result<()> {
    let lines = BufReader::new(stream);
    while let Some(line) = co.yield_from(lines.line())? {
        co.yield_from(stream.write_all(format!("{}\n", line.len()).as_bytes()))?;
    }
    co.yield_from(stream.close_writing())
}

#[test]
fn a_protocol_is_written_once() {
    run(|co| {
        let (client, context) = contexts();
        let serve = start_server(
            |co, reader, writer| answer(co, &(reader, writer)),
            "127.0.0.1:0",
        );
        let server = co.yield_from(serve.tls(&context))?;
        let port = server.local_addr()?.port();
        let over_tls = co.yield_from(open_connection(("localhost", port)).tls(&client))?;
        let (near, far) = duplex(64);
        create_task(move |co: &Co| answer(co, &far));
        ask(co, &over_tls)?;
        ask(co, &near)?;
        // Synchronous code asks as well.
        let over_tls = co.yield_from(open_connection(("localhost", port)).tls(&client))?;
        let mut lent = streams::with(&over_tls, co);
        std::io::Write::write_all(&mut lent, b"flag\n")?;
        let mut said = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(&mut lent), &mut said)?;
        assert_eq!(said, "4\n");
        lent.finish()
    });
}

fn ask(co: &Co, stream: &(impl Read + Write)) -> Result<()> {
    co.yield_from(stream.write_all(b"taxi\nflag day\n"))?;
    co.yield_from(stream.close_writing())?;
    assert_eq!(co.yield_from(stream.read_to_string())?, "4\n8\n");
    Ok(())
}

#[test]
fn contexts_are_made_of_pem_texts() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (key.cert.pem(), key.signing_key.serialize_pem());
    let server = ServerContext::from_pem(&certificate, &key).unwrap();
    let client = ClientContext::from_pem(&certificate).unwrap();
    run(move |co| {
        let (near, far) = duplex(1 << 16);
        let connect = tls::connect(near, &client, "localhost");
        let (one, other) = co.yield_from(gather((connect, tls::accept(far, &server))))?;
        co.yield_from(one.write_all(b"x"))?;
        co.yield_from(other.read_exact(&mut [0]))
    });
    for (chain, key) in [("", &*key), (&*certificate, ""), ("nothing", "nothing")] {
        let error = ServerContext::from_pem(chain, key).unwrap_err();
        assert!(
            error.to_string().starts_with("ServerContext::from_pem: "),
            "{error}"
        );
    }
    assert!(ClientContext::from_pem("").is_err());
}

#[test]
fn the_roots_of_browsers_trust_nobody_here() {
    let (_, server) = contexts();
    let event_loop = EventLoop::new().unwrap();
    let refused = event_loop.run_until_complete(move |co: &Co| {
        let (near, far) = duplex(1 << 16);
        let accepting = create_task(tls::accept(far, &server));
        let refused = co.yield_from(tls::connect(near, &ClientContext::new(), "localhost"));
        assert!(
            co.yield_from(accepting)
                .unwrap_err()
                .to_string()
                .contains("does not trust")
        );
        Ok(refused.unwrap_err().to_string())
    });
    let said = refused.unwrap();
    assert!(said.contains("its issuer is not trusted"), "{said}");
}
