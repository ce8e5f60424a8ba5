//! Listeners: accepting connections, alone and by several tasks.

use std::rc::Rc;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, create_task, gather};

use super::{both, join, listen};

#[test]
fn a_listener_gives_each_connection_with_its_address() {
    both(|co| {
        let listener = Rc::new(listen(co)?);
        let address = listener.local_addr()?;
        let accepting = Rc::clone(&listener);
        let accepted = create_task(move |co: &Co| {
            (0..5)
                .map(|_| co.yield_from(accepting.accept()))
                .collect::<yieldfrom::Result<Vec<_>>>()
        });
        let mut streams = Vec::new();
        for _ in 0..5 {
            streams.push(co.yield_from(TcpStream::connect(address))?);
        }
        for (stream, (peer, from)) in streams.iter().zip(join(co, &accepted)?) {
            assert_eq!(stream.local_addr()?, from);
            assert_eq!(peer.peer_addr()?, from);
        }
        Ok(())
    });
}

#[test]
fn several_tasks_accept_from_one_listener() {
    both(|co| {
        let listener = Rc::new(listen(co)?);
        let address = listener.local_addr()?;
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let listener = Rc::clone(&listener);
                create_task(move |co: &Co| {
                    let (stream, _) = co.yield_from(listener.accept())?;
                    co.yield_from(stream.write_all(b"hello"))
                })
            })
            .collect();
        for _ in 0..10 {
            let stream = co.yield_from(TcpStream::connect(address))?;
            co.yield_from(stream.read_exact(&mut [0; 5]))?;
        }
        co.yield_from(gather(tasks))?;
        Ok(())
    });
}

#[test]
fn a_listener_comes_from_the_standard_library_and_goes_back() {
    both(|co| {
        let listener = TcpListener::from_std(std::net::TcpListener::bind("127.0.0.1:0")?)?;
        let connected = TcpStream::connect(listener.local_addr()?);
        let _stream = co.yield_from(connected)?;
        co.yield_from(listener.accept())?;
        let listener = listener.into_std()?;
        assert!(
            listener
                .accept()
                .is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
        );
        Ok(())
    });
}
