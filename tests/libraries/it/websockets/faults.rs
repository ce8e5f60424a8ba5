//! Other ends that fail.

use std::io::{Read, Write};

use tungstenite::error::ProtocolError;
use tungstenite::{Error, Message};
use yieldfrom::blocking::{TcpStream, blocking};
use yieldfrom::{Co, Panicked, create_task};

use super::{connect, echo, exchange};
use crate::support::{Host, ThreadHost, run};

#[test]
fn a_server_that_refuses_is_an_error_with_its_status() {
    let host = ThreadHost::start(1, |mut stream| {
        assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    });
    let address = host.address;
    let error = run(move |co: &Co| {
        co.yield_from(blocking(|| Ok(connect(TcpStream::connect(address)?).err())))?
    });
    assert!(
        matches!(&error, Some(Error::Http(response)) if response.status() == 403),
        "{error:?}"
    );
    host.join();
}

#[test]
fn a_server_that_vanishes_is_an_error() {
    let host = ThreadHost::start(1, |stream| {
        let mut socket = tungstenite::accept(stream).unwrap();
        assert_eq!(socket.read().unwrap(), Message::text("hello"));
    });
    let address = host.address;
    let error = run(move |co: &Co| {
        let result = co.yield_from(blocking(|| {
            let mut socket = connect(TcpStream::connect(address)?)?;
            exchange(&mut socket, Message::text("hello"))
        }))?;
        Ok(result.unwrap_err())
    });
    let expected = ProtocolError::ResetWithoutClosingHandshake;
    assert!(
        matches!(&error, Error::Protocol(error) if *error == expected),
        "{error:?}"
    );
    host.join();
}

#[test]
fn code_that_panics_fails_its_task_alone() {
    run(|co: &Co| {
        let host = Host::start(|stream| drop(echo(stream)))?;
        let address = host.address;
        let task = create_task(blocking(move || {
            let mut socket = connect(TcpStream::connect(address).unwrap()).unwrap();
            exchange(&mut socket, Message::text("hello")).unwrap();
            panic!("a defect");
        }));
        let result: yieldfrom::Result<()> = co.yield_from(task);
        assert!(result.unwrap_err().is::<Panicked>());
        Ok(())
    });
}
