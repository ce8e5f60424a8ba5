//! What the system does only now and then: reads that end early though there is more, sends that
//! are refused though there is room.

use std::io::{IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};
use std::rc::Rc;
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, send, sendmsg, sockopt};
use yieldfrom::net::{TcpStream, UnixDatagram};
use yieldfrom::{Co, Result, Task, create_task, timeout};

use super::{SocketPath, both, reactors, std_pair, turns, unix_pair};
use crate::support::{log_of, millis};

/// Returns a task that reads `n` bytes, in pieces as they come, and waits for that now.
fn reads(co: &Co, stream: TcpStream, n: usize) -> Result<Task<Vec<u8>>> {
    let task = create_task(move |co: &Co| {
        let (mut all, mut buffer) = (Vec::new(), [0; 100]);
        while all.len() < n {
            let n = co.yield_from(stream.read(&mut buffer))?;
            all.extend_from_slice(&buffer[..n]);
        }
        Ok(all)
    });
    turns(co, 2)?;
    Ok(task)
}

/// Ends with the task's result, or with an error if it hangs.
fn soon<T: Clone + 'static>(co: &Co, task: Task<T>) -> Result<T> {
    co.yield_from(timeout(millis(500), |co| co.yield_from(task)))
}

#[test]
fn what_comes_after_urgent_data_is_read() {
    both(|co| {
        let (one, mut other) = std_pair()?;
        let reader = reads(co, TcpStream::from_std(one)?, 6)?;
        // A read ends before the urgent byte, and skips it.
        other.write_all(b"abc")?;
        send(&other, b"!", SendFlags::OOB)?;
        other.write_all(b"def")?;
        assert_eq!(soon(co, reader)?, b"abcdef");
        Ok(())
    });
}

#[test]
fn urgent_data_can_be_in_line() {
    both(|co| {
        let (one, mut other) = std_pair()?;
        sockopt::set_socket_oobinline(&one, true)?;
        let reader = reads(co, TcpStream::from_std(one)?, 7)?;
        other.write_all(b"abc")?;
        send(&other, b"!", SendFlags::OOB)?;
        other.write_all(b"def")?;
        assert_eq!(soon(co, reader)?, b"abc!def");
        Ok(())
    });
}

/// Sends bytes together with a descriptor.
fn send_with(socket: &impl AsFd, bytes: &[u8], fd: BorrowedFd<'_>) -> Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let fds = [fd];
    assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
    sendmsg(
        socket,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::empty(),
    )?;
    Ok(())
}

#[test]
fn what_comes_after_a_passed_descriptor_is_read() {
    both(|co| {
        let (one, other) = unix_pair()?;
        let reader = reads(co, one, 9)?;
        // A read ends after the bytes that a descriptor came with.
        send_with(&other, b"abc", other.as_fd())?;
        send_with(&other, b"def", other.as_fd())?;
        co.yield_from(other.write_all(b"ghi"))?;
        assert_eq!(soon(co, reader)?, b"abcdefghi");
        Ok(())
    });
}

#[test]
fn who_waits_for_a_full_queue_does_not_try_all_the_time() {
    for (name, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let path = SocketPath::new();
        let _receiver = UnixDatagram::bind(&path.0).unwrap();
        let to = path.0.clone();
        let sender = event_loop.create_task(move |co: &Co| {
            let sending = UnixDatagram::unbound()?;
            (0..1000).try_for_each(|_| co.yield_from(sending.send_to(b"x", &to)).map(drop))
        });
        event_loop.turn(Some(millis(2))).unwrap();
        let began = Instant::now();
        for _ in 0..20 {
            event_loop.turn(Some(millis(2))).unwrap();
        }
        let took = began.elapsed();
        assert!(took > millis(15), "20 turns in {took:?} ({name} reactor)");
        assert!(!sender.done());
        log_of(|| drop(event_loop));
    }
}

#[test]
fn room_in_a_receivers_queue_is_noticed_though_others_filled_it() {
    both(|co| {
        let path = SocketPath::new();
        let receiver = UnixDatagram::bind(&path.0)?;
        let (filling, sending) = (UnixDatagram::unbound()?, UnixDatagram::unbound()?);
        let full = |co: &Co| -> Result<()> {
            loop {
                co.yield_from(filling.send_to(b"x", &path.0))?;
            }
        };
        let mut filled = co.yield_from(timeout(millis(2), full));
        assert!(filled.is_err_and(|error| error.is::<yieldfrom::TimeoutError>()));
        let to = path.0.clone();
        let sender = create_task(move |co: &Co| co.yield_from(sending.send_to(b"y", &to)));
        turns(co, 2)?;
        assert!(!sender.done());
        let (mut buffer, mut got) = ([0; 9], 0);
        filled = Ok(());
        while filled.is_ok() {
            filled = co.yield_from(timeout(millis(1), |co| {
                got += co.yield_from(receiver.recv(&mut buffer))?;
                Ok(())
            }));
        }
        assert!(got > 1);
        assert_eq!(soon(co, sender)?, 1);
        Ok(())
    });
}

#[test]
fn room_in_a_connected_receivers_queue_is_noticed() {
    both(|co| {
        let path = SocketPath::new();
        let receiver = Rc::new(UnixDatagram::bind(&path.0)?);
        let (filling, sending) = (UnixDatagram::unbound()?, UnixDatagram::unbound()?);
        filling.connect(&path.0)?;
        sending.connect(&path.0)?;
        let senders = [filling, sending].map(|socket| {
            create_task(move |co: &Co| {
                (0..50).try_for_each(|_| co.yield_from(socket.send(b"x")).map(drop))
            })
        });
        turns(co, 2)?;
        for _ in 0..100 {
            co.yield_from(receiver.recv(&mut [0; 9]))?;
        }
        let [one, other] = senders;
        soon(co, one)?;
        soon(co, other)
    });
}

#[test]
fn more_buffers_than_the_system_takes_at_once_are_filled_and_written_one_call_after_the_other() {
    both(|co| {
        let (one, other) = std_pair()?;
        let (one, other) = (TcpStream::from_std(one)?, TcpStream::from_std(other)?);
        let reader = create_task(move |co: &Co| {
            let mut bytes = [0; 3000];
            let mut filled = 0;
            // It waits first, so that the loop knows the socket.
            while filled < bytes.len() {
                let mut buffers: Vec<_> =
                    bytes[filled..].chunks_mut(1).map(IoSliceMut::new).collect();
                filled += co.yield_from(other.read_vectored(&mut buffers))?;
            }
            Ok(bytes.to_vec())
        });
        turns(co, 2)?;
        let writer = create_task(move |co: &Co| {
            let (bytes, mut written) = ([7; 3000], 0);
            // The loop knows this one as well.
            let _ = co.yield_from(timeout(millis(1), |co| co.yield_from(one.read(&mut [0]))));
            while written < bytes.len() {
                let buffers: Vec<_> = bytes[written..].chunks(1).map(IoSlice::new).collect();
                written += co.yield_from(one.write_vectored(&buffers))?;
            }
            Ok(())
        });
        soon(co, writer)?;
        assert_eq!(soon(co, reader)?, [7; 3000]);
        Ok(())
    });
}
