//! UDP, and Unix sockets of datagrams.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;

use yieldfrom::net::{UdpSocket, UnixDatagram};
use yieldfrom::{Co, Result, ValueError, create_task, gather};

use super::{SocketPath, both, join, kind, turns};
use crate::support::failed_with;

fn bound(co: &Co) -> Result<UdpSocket> {
    co.yield_from(UdpSocket::bind("127.0.0.1:0"))
}

#[test]
fn datagrams_keep_their_limits_and_tell_where_they_are_from() {
    both(|co| {
        let (one, other) = (bound(co)?, bound(co)?);
        for bytes in [&b"abc"[..], b"", b"defg"] {
            co.yield_from(one.send_to(bytes, other.local_addr()?))?;
        }
        let mut buffer = [0; 9];
        for n in [3, 0, 4] {
            let (got, from) = co.yield_from(other.recv_from(&mut buffer))?;
            assert_eq!((got, from), (n, one.local_addr()?));
        }
        co.yield_from(one.send_to(b"abcdef", other.local_addr()?))?;
        assert_eq!(co.yield_from(other.recv(&mut [0; 2]))?, 2);
        co.yield_from(one.send_to(b"x", other.local_addr()?))?;
        assert_eq!(
            co.yield_from(other.recv(&mut buffer))?,
            1,
            "the rest is lost"
        );
        Ok(())
    });
}

#[test]
fn a_short_datagram_does_not_hide_the_next() {
    both(|co| {
        let (one, other) = (bound(co)?, Rc::new(bound(co)?));
        let receiving = Rc::clone(&other);
        let receiver = create_task(move |co: &Co| {
            (0..20).try_for_each(|_| co.yield_from(receiving.recv(&mut [0; 99])).map(drop))
        });
        turns(co, 2)?;
        for _ in 0..20 {
            co.yield_from(one.send_to(b"abc", other.local_addr()?))?;
        }
        co.yield_from(receiver)
    });
}

#[test]
fn who_has_a_peer_receives_from_that_one_only() {
    both(|co| {
        let (one, other, third) = (bound(co)?, bound(co)?, bound(co)?);
        co.yield_from(one.connect(other.local_addr()?))?;
        assert_eq!(one.peer_addr()?, other.local_addr()?);
        co.yield_from(third.send_to(b"not me", one.local_addr()?))?;
        co.yield_from(other.send_to(b"me", one.local_addr()?))?;
        assert_eq!(co.yield_from(one.recv(&mut [0; 9]))?, 2);
        assert_eq!(co.yield_from(one.send(b"abc"))?, 3);
        assert_eq!(co.yield_from(other.recv(&mut [0; 9]))?, 3);
        Ok(())
    });
}

#[test]
fn several_tasks_share_a_socket() {
    both(|co| {
        let one = Rc::new(bound(co)?);
        let address = one.local_addr()?;
        let tasks: Vec<_> = (0..20_u8)
            .map(|n| {
                let socket = Rc::clone(&one);
                create_task(move |co: &Co| {
                    co.yield_from(socket.send_to(&[n], address))?;
                    let mut byte = [0];
                    co.yield_from(socket.recv(&mut byte))?;
                    Ok(byte[0])
                })
            })
            .collect();
        let mut bytes = co.yield_from(gather(tasks))?;
        bytes.sort_unstable();
        assert!(bytes.into_iter().eq(0..20));
        Ok(())
    });
}

#[test]
fn a_port_that_is_closed_is_an_error_of_the_next_operation() {
    both(|co| {
        let one = Rc::new(bound(co)?);
        let closed = bound(co)?.local_addr()?;
        co.yield_from(one.connect(closed))?;
        let receiving = Rc::clone(&one);
        let receiver = create_task(move |co: &Co| co.yield_from(receiving.recv(&mut [0; 9])));
        turns(co, 2)?;
        co.yield_from(one.send(b"abc"))?;
        assert_eq!(kind(co.yield_from(receiver)), ErrorKind::ConnectionRefused);
        Ok(())
    });
}

#[test]
fn what_is_too_long_or_has_no_receiver_is_refused() {
    both(|co| {
        let one = bound(co)?;
        let to = one.local_addr()?;
        let error = co.yield_from(one.send_to(&[0; 70_000], to)).unwrap_err();
        assert!(error.to_string().starts_with("send_to: "), "{error}");
        let error = co.yield_from(one.send(b"abc")).unwrap_err();
        assert!(error.to_string().starts_with("send: "), "{error}");
        let named = co.yield_from(one.send_to(b"abc", "localhost:1"));
        assert!(failed_with::<ValueError, _>(named));
        let nowhere = co.yield_from(one.send_to(b"abc", Vec::<SocketAddr>::new()));
        assert!(failed_with::<ValueError, _>(nowhere));
        Ok(())
    });
}

#[test]
fn options_are_those_of_the_system() {
    both(|co| {
        let one = bound(co)?;
        one.set_broadcast(true)?;
        one.set_ttl(7)?;
        one.set_multicast_loop_v4(false)?;
        one.set_multicast_ttl_v4(3)?;
        assert!(one.broadcast()? && !one.multicast_loop_v4()?);
        assert_eq!((one.ttl()?, one.multicast_ttl_v4()?), (7, 3));
        let group = Ipv4Addr::new(224, 0, 0, 250);
        if one.join_multicast_v4(&group, &Ipv4Addr::LOCALHOST).is_ok() {
            one.leave_multicast_v4(&group, &Ipv4Addr::LOCALHOST)?;
        }
        assert!(
            one.leave_multicast_v4(&group, &Ipv4Addr::LOCALHOST)
                .is_err()
        );
        assert!(one.take_error()?.is_none());
        let again = UdpSocket::from_std(one.into_std()?)?;
        let clone = again.try_clone()?;
        assert_eq!(clone.local_addr()?, again.local_addr()?);
        Ok(())
    });
}

#[test]
fn binding_can_be_a_task() {
    both(|co| {
        let one = join(co, &create_task(UdpSocket::bind("127.0.0.1:0")))?;
        let connected = create_task(one.connect(one.local_addr()?));
        co.yield_from(connected)?;
        co.yield_from(one.send(b"abc"))?;
        assert_eq!(co.yield_from(one.recv(&mut [0; 9]))?, 3);
        Ok(())
    });
}

#[test]
fn unix_datagrams_have_paths_for_addresses() {
    both(|co| {
        let paths = [SocketPath::new(), SocketPath::new()];
        let one = UnixDatagram::bind(&paths[0].0)?;
        let other = UnixDatagram::bind(&paths[1].0)?;
        assert_eq!(one.local_addr()?.as_pathname(), Some(&*paths[0].0));
        co.yield_from(one.send_to(b"abc", &paths[1].0))?;
        let (n, from) = co.yield_from(other.recv_from(&mut [0; 9]))?;
        assert_eq!((n, from.as_pathname()), (3, Some(&*paths[0].0)));
        other.connect(&paths[0].0)?;
        co.yield_from(other.send(b"defg"))?;
        assert_eq!(co.yield_from(one.recv(&mut [0; 9]))?, 4);
        Ok(())
    });
}

#[test]
fn a_pair_of_unix_datagrams_waits_for_room() {
    both(|co| {
        let (one, other) = UnixDatagram::pair()?;
        let sender = create_task(move |co: &Co| {
            (0..2000).try_for_each(|_| co.yield_from(one.send(&[0; 500])).map(drop))
        });
        turns(co, 2)?;
        assert!(!sender.done());
        for _ in 0..2000 {
            assert_eq!(co.yield_from(other.recv(&mut [0; 999]))?, 500);
        }
        co.yield_from(sender)
    });
}

#[test]
fn errors_of_unix_datagrams_name_the_path() {
    both(|co| {
        let (path, one) = (SocketPath::new(), UnixDatagram::unbound()?);
        let text = path.0.display().to_string();
        let missing = one.connect(&path.0).unwrap_err();
        assert!(missing.to_string().contains(&text), "{missing}");
        let missing = co.yield_from(one.send_to(b"abc", &path.0));
        assert_eq!(kind(missing), ErrorKind::NotFound);
        let _bound = UnixDatagram::bind(&path.0)?;
        let error = UnixDatagram::bind(&path.0).unwrap_err();
        assert!(error.to_string().contains(&text), "{error}");
        assert_eq!(kind::<()>(Err(error)), ErrorKind::AddrInUse);
        let long = co.yield_from(one.send_to(b"abc", "x".repeat(200)));
        assert_eq!(kind(long), ErrorKind::InvalidInput);
        Ok(())
    });
}
