//! The addresses of connections: given, chosen, and paths.

use std::net::TcpListener;
use std::os::fd::AsRawFd;

use yieldfrom::net::Address;
use yieldfrom::{Co, create_connection, create_unix_connection, create_unix_server};

use crate::support::{Recorder, run_io, turns};

#[test]
fn both_ends_know_their_addresses_also_after_the_end() {
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let (transport, recorder) = co.yield_from(create_connection(Recorder::default, address))?;
        let (peer, from) = listener.accept()?;
        let number = transport.with_fd(|fd| fd.as_raw_fd());
        assert!(number.is_some() && transport.fd() == number);
        assert!(format!("{transport:?}").starts_with("<Transport fd="));
        drop(peer);
        co.yield_from(recorder.lost.wait())?;
        turns(co, 1)?;
        assert_eq!(transport.peername(), Some(address.into()));
        assert_eq!(transport.sockname(), Some(from.into()));
        assert!(transport.fd().is_none() && transport.get_protocol().is_none());
        assert!(format!("{transport:?}").starts_with("<Transport closed"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_local_address_can_be_chosen() {
    run_io(|co: &Co| {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let connection = create_connection(Recorder::default, listener.local_addr()?);
        let (transport, _) = co.yield_from(connection.local_addr(([127, 0, 0, 2], 0)))?;
        let own = transport
            .sockname()
            .and_then(|name| name.socket_addr())
            .unwrap();
        assert_eq!(own.ip().to_string(), "127.0.0.2");
        assert_eq!(listener.accept()?.1, own);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_connection_over_a_unix_path() {
    let path = std::env::temp_dir().join(format!("yieldfrom-life-{}", std::process::id()));
    run_io(move |co: &Co| {
        let server = co.yield_from(create_unix_server(Recorder::default, &path))?;
        assert_eq!(server.sockets()[0].path(), Some(&*path));
        let (transport, _) = co.yield_from(create_unix_connection(Recorder::default, &path))?;
        assert_eq!(
            transport.peername().as_ref().and_then(Address::path),
            Some(&*path)
        );
        std::fs::remove_file(&path)?;
        let gone = co.yield_from(create_unix_connection(Recorder::default, &path));
        let error = gone.map(drop).unwrap_err();
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
        Ok(())
    })
    .unwrap();
}
