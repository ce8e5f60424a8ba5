//! Unix sockets: paths, and peers that come and go.

use std::io::ErrorKind;
use std::os::unix::net::UnixStream as StdStream;
use std::rc::Rc;

use yieldfrom::net::{Address, UnixListener, UnixStream};
use yieldfrom::{Co, create_task, gather};

use super::{SocketPath, both, join, kind, turns};

#[test]
fn a_listener_gives_each_connection_with_its_address() {
    both(|co| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        assert_eq!(listener.local_addr()?.as_pathname(), Some(&*path.0));
        let accepting = create_task(listener.accept());
        let one = co.yield_from(UnixStream::connect(&path.0))?;
        assert_eq!(one.peer_addr()?.as_pathname(), Some(&*path.0));
        let (other, from) = join(co, &accepting)?;
        assert!(from.is_unnamed());
        co.yield_from(one.write_all(b"abc"))?;
        co.yield_from(other.read_exact(&mut [0; 3]))?;
        assert_eq!(Address::from(from).to_string(), "(unnamed)");
        assert!(listener.take_error()?.is_none());
        Ok(())
    });
}

#[test]
fn many_connect_at_once_though_few_may_wait() {
    both(|co| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        rustix::net::listen(&listener, 3)?;
        let clients: Vec<_> = (0..50)
            .map(|_| {
                let to = path.0.clone();
                create_task(move |co: &Co| {
                    let stream = co.yield_from(UnixStream::connect(to))?;
                    co.yield_from(stream.read_exact(&mut [0; 3]))
                })
            })
            .collect();
        turns(co, 2)?;
        for _ in 0..50 {
            let (stream, _) = co.yield_from(listener.accept())?;
            co.yield_from(stream.write_all(b"abc"))?;
        }
        co.yield_from(gather(clients))?;
        Ok(())
    });
}

#[test]
fn a_peer_that_is_gone_before_it_is_accepted_has_sent_what_it_sent() {
    both(|co| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0)?;
        let mut peer = StdStream::connect(&path.0)?;
        std::io::Write::write_all(&mut peer, b"abc")?;
        drop(peer);
        let (stream, _) = co.yield_from(listener.accept())?;
        let mut all = Vec::new();
        co.yield_from(stream.read_to_end(&mut all))?;
        assert_eq!(all, b"abc");
        Ok(())
    });
}

#[test]
fn paths_that_do_not_work_are_named() {
    both(|co| {
        let path = SocketPath::new();
        let text = path.0.display().to_string();
        let missing = co.yield_from(UnixStream::connect(&path.0)).unwrap_err();
        assert!(missing.to_string().contains(&text), "{missing}");
        assert_eq!(kind::<()>(Err(missing)), ErrorKind::NotFound);

        let listener = UnixListener::bind(&path.0)?;
        let exists = UnixListener::bind(&path.0).unwrap_err();
        assert!(exists.to_string().contains(&text), "{exists}");
        assert_eq!(kind::<()>(Err(exists)), ErrorKind::AddrInUse);

        drop(listener);
        assert!(path.0.exists(), "the file stays, as that of std");
        let refused = co.yield_from(UnixStream::connect(&path.0));
        assert_eq!(kind(refused), ErrorKind::ConnectionRefused);

        let long = "x".repeat(200);
        let error = UnixListener::bind(&long).unwrap_err();
        assert!(error.to_string().contains(&long), "{error}");
        let error = co.yield_from(UnixStream::connect(&long)).unwrap_err();
        assert!(error.to_string().contains(&long), "{error}");
        Ok(())
    });
}

#[test]
fn listeners_and_streams_come_from_the_standard_library_and_go_back() {
    both(|co| {
        let path = SocketPath::new();
        let std_listener = std::os::unix::net::UnixListener::bind(&path.0)?;
        let listener = Rc::new(UnixListener::from_std(std_listener)?);
        let clone = listener.try_clone()?;
        let peer = StdStream::connect(&path.0)?;
        let (one, _) = co.yield_from(clone.accept())?;
        let other = UnixStream::from_std(peer)?;
        co.yield_from(one.write_all(b"abc"))?;
        co.yield_from(other.read_exact(&mut [0; 3]))?;
        one.into_std()?.set_nonblocking(false)?;
        assert_eq!(co.yield_from(other.read(&mut [0; 3]))?, 0);
        Ok(())
    });
}
