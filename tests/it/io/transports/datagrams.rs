//! Datagram endpoints.

mod flow_control;

use std::cell::{Cell, RefCell};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::panic;
use std::rc::Rc;

use yieldfrom::net::{self, Address};
use yieldfrom::{
    Co, DatagramProtocol, DatagramTransport, Error, Event, EventLoop, Result, ValueError,
    create_datagram_endpoint, create_datagram_endpoint_on,
};

use crate::support::{Journal, failed_with, reporting_loop, run_io, run_io_on, turns, until};

#[derive(Default)]
struct Recorder {
    journal: Journal,
    transport: RefCell<Option<DatagramTransport>>,
    count: Cell<usize>,
    echo: Cell<bool>,
    misdeed: Cell<bool>,
    lost: Event,
}

impl Recorder {
    fn echo() -> Self {
        let recorder = Self::default();
        recorder.echo.set(true);
        recorder
    }

    fn note(&self, what: String) -> Result<()> {
        self.journal.note(what);
        match self.misdeed.get() {
            true => panic::resume_unwind(Box::new("misdeed")),
            false => Ok(()),
        }
    }
}

impl DatagramProtocol for Recorder {
    fn connection_made(&self, transport: &DatagramTransport) -> Result<()> {
        self.transport.replace(Some(transport.clone()));
        self.note("made".to_owned())
    }

    fn datagram_received(&self, data: &[u8], sender: &Address) -> Result<()> {
        self.count.set(self.count.get() + 1);
        if self.echo.get() {
            let transport = self.transport.borrow();
            transport.as_ref().unwrap().sendto(data, sender.clone())?;
        }
        match data.len() {
            0..20 => self.note(format!("data {}", String::from_utf8_lossy(data))),
            _ => Ok(()),
        }
    }

    fn error_received(&self, error: &Error) -> Result<()> {
        self.note(format!("error {error}"))
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        self.lost.set();
        let error = error.map_or(String::new(), |error| format!(" {error}"));
        self.note(format!("lost{error}"))
    }

    fn pause_writing(&self) -> Result<()> {
        self.note("pause".to_owned())
    }

    fn resume_writing(&self) -> Result<()> {
        self.note("resume".to_owned())
    }
}

fn any() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

type Endpoint = (DatagramTransport, Rc<Recorder>);

/// Returns a server that echoes, and a client that is connected to it.
fn pair(co: &Co) -> Result<(Endpoint, Endpoint)> {
    let server = co.yield_from(create_datagram_endpoint(Recorder::echo, any(), None))?;
    let remote = server.0.sockname().and_then(|name| name.socket_addr());
    let client = co.yield_from(create_datagram_endpoint(Recorder::default, None, remote))?;
    Ok((server, client))
}

#[test]
fn datagrams_go_there_and_back() {
    run_io(|co: &Co| {
        let ((server, theirs), (client, ours)) = pair(co)?;
        assert_eq!(client.peername(), server.sockname());
        assert!(server.peername().is_none());
        client.sendto(b"one", None)?;
        client.sendto(b"", None)?;
        client.sendto(b"two", server.sockname())?;
        until(co, || ours.count.get() == 3)?;
        assert_eq!(
            ours.journal.take(),
            ["made", "data one", "data ", "data two"]
        );
        client.close();
        assert!(client.is_closing() && ours.journal.take().is_empty());
        server.close();
        co.yield_from(theirs.lost.wait())?;
        co.yield_from(ours.lost.wait())?;
        assert_eq!(
            theirs.journal.take(),
            ["made", "data one", "data ", "data two", "lost"]
        );
        turns(co, 1)?;
        assert!(client.fd().is_none() && client.get_protocol().is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn many_datagrams_are_all_received() {
    run_io(|co: &Co| {
        let ((_server, theirs), (client, ours)) = pair(co)?;
        for _ in 0..100 {
            client.sendto(&[7; 100], None)?;
        }
        until(co, || ours.count.get() == 100)?;
        assert_eq!(theirs.count.get(), 100);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wrong_address_and_none_are_misuse() {
    run_io(|co: &Co| {
        let ((server, _), (client, _)) = pair(co)?;
        let other = Address::from(SocketAddr::from(([127, 0, 0, 1], 9)));
        assert!(failed_with::<ValueError, _>(client.sendto(b"x", other)));
        assert!(failed_with::<ValueError, _>(server.sendto(b"x", None)));
        let nowhere = create_datagram_endpoint(Recorder::default, None, None);
        assert!(failed_with::<ValueError, _>(co.yield_from(nowhere)));
        let six = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 0));
        let mixed = create_datagram_endpoint(Recorder::default, any(), six);
        assert!(failed_with::<ValueError, _>(co.yield_from(mixed)));
        Ok(())
    })
    .unwrap();
}

#[test]
fn an_address_in_use_is_named() {
    run_io(|co: &Co| {
        let holder = UdpSocket::bind(any())?;
        let taken = holder.local_addr()?;
        let refused = create_datagram_endpoint(Recorder::default, taken, None);
        let error = co.yield_from(refused).map(drop).unwrap_err();
        assert!(error.to_string().contains(&taken.to_string()), "{error}");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_refused_datagram_is_an_error_for_the_protocol_and_no_end() {
    run_io(|co: &Co| {
        let gone = UdpSocket::bind(any())?.local_addr()?;
        let endpoint = create_datagram_endpoint(Recorder::default, None, gone);
        let (transport, recorder) = co.yield_from(endpoint)?;
        assert_eq!(recorder.journal.take(), ["made"]);
        transport.sendto(b"anybody?", None)?;
        until(co, || {
            let told = recorder.journal.take();
            told.iter().any(|it| it.contains("Connection refused"))
        })?;
        assert!(!transport.is_closing());
        let peer = UdpSocket::bind(gone)?;
        transport.sendto(b"now", None)?;
        assert_eq!(peer.recv(&mut [0; 10])?, 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_datagram_of_no_bytes_is_a_datagram() {
    run_io(|co: &Co| {
        let receiver = create_datagram_endpoint(Recorder::default, any(), None);
        let (receiver, theirs) = co.yield_from(receiver)?;
        let to = receiver.sockname().unwrap();
        let connected = create_datagram_endpoint(Recorder::default, None, to.socket_addr());
        let (connected, _) = co.yield_from(connected)?;
        connected.sendto(b"", None)?;
        connected.sendto(b"", to.clone())?;
        let free = create_datagram_endpoint(Recorder::default, any(), None);
        let (free, _) = co.yield_from(free)?;
        free.sendto(b"", to)?;
        until(co, || theirs.count.get() == 3)?;
        assert_eq!(theirs.journal.take(), ["made", "data ", "data ", "data "]);
        let (ours, other) = UnixDatagram::pair()?;
        let (ours, _) = co.yield_from(create_datagram_endpoint_on(Recorder::default, ours))?;
        ours.sendto(b"", None)?;
        let (_other, theirs) =
            co.yield_from(create_datagram_endpoint_on(Recorder::default, other))?;
        until(co, || theirs.count.get() == 1)
    })
    .unwrap();
}

#[test]
fn errors_of_the_protocol_are_reported_and_it_goes_on() {
    let (event_loop, reports) = reporting_loop();
    run_io_on(&event_loop, |co: &Co| {
        let ((server, theirs), (client, ours)) = pair(co)?;
        ours.misdeed.set(true);
        client.sendto(b"one", None)?;
        client.sendto(b"two", None)?;
        until(co, || ours.count.get() == 2)?;
        client.close();
        server.close();
        co.yield_from(theirs.lost.wait())?;
        co.yield_from(ours.lost.wait())
    })
    .unwrap();
    let reports = reports.take();
    assert_eq!(reports.len(), 3);
    let received = "protocol.datagram_received() call failed.: panicked: misdeed";
    let lost = "protocol.connection_lost() call failed.: panicked: misdeed";
    assert_eq!(reports, [received, received, lost]);
}

#[test]
fn sockets_that_are_there_become_endpoints() {
    run_io(|co: &Co| {
        let socket = co.yield_from(net::UdpSocket::bind(any()))?;
        let at = socket.local_addr()?;
        let endpoint = create_datagram_endpoint_on(Recorder::echo, socket);
        let (server, _) = co.yield_from(endpoint)?;
        assert_eq!(server.sockname(), Some(at.into()));
        let client = create_datagram_endpoint(Recorder::default, any(), at).reuse_port(true);
        let (client, ours) = co.yield_from(client)?;
        client.sendto(b"hello", None)?;
        until(co, || ours.count.get() == 1)
    })
    .unwrap();
}

#[test]
fn with_broadcast_it_receives_from_everywhere() {
    run_io(|co: &Co| {
        let everybody = SocketAddr::from(([127, 255, 255, 255], 9));
        let endpoint = create_datagram_endpoint(Recorder::default, any(), everybody);
        let (transport, recorder) = co.yield_from(endpoint.allow_broadcast(true))?;
        assert!(transport.peername().is_none());
        transport.sendto(b"hello, everybody", None)?;
        let at = transport
            .sockname()
            .and_then(|name| name.socket_addr())
            .unwrap();
        UdpSocket::bind(any())?.send_to(b"hello, you", at)?;
        until(co, || recorder.count.get() == 1)
    })
    .unwrap();
}

#[test]
fn an_endpoint_ends_with_its_loop() {
    let event_loop = EventLoop::new().unwrap();
    let made = run_io_on(&event_loop, |co: &Co| {
        let endpoint = create_datagram_endpoint(Recorder::default, any(), None);
        co.yield_from(endpoint)
    });
    let (transport, recorder) = made.unwrap();
    let at = transport
        .sockname()
        .and_then(|name| name.socket_addr())
        .unwrap();
    assert!(UdpSocket::bind(at).is_err());
    event_loop.close().unwrap();
    UdpSocket::bind(at).unwrap();
    transport.close();
    assert_eq!(recorder.journal.take(), ["made"]);
}
