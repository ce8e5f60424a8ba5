//! Files that are sent over sockets and transports.

use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::net::UnixStream as StdStream;
use std::path::PathBuf;

use yieldfrom::net::UnixStream;
use yieldfrom::{
    Co, Result, ValueError, create_task, gather, get_running_loop, open_connection_on, to_thread,
    yield_now,
};

use crate::support::{run_io, turns};

/// A file with these bytes, which is gone when this is dropped.
struct TestFile(File, PathBuf);

impl TestFile {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("yieldfrom-sent-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).unwrap();
        Self(File::open(&path).unwrap(), path)
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.1);
    }
}

fn bytes(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 % 251) as u8).collect()
}

fn nonblocking_pair() -> (StdStream, StdStream) {
    let (one, other) = StdStream::pair().unwrap();
    one.set_nonblocking(true).unwrap();
    other.set_nonblocking(true).unwrap();
    (one, other)
}

#[test]
fn a_file_is_sent_over_a_socket_while_the_peer_reads() {
    run_io(|co| {
        let all = bytes(3 << 20);
        let file = TestFile::new("whole", &all);
        let (one, other) = nonblocking_pair();
        let reading = create_task(move |co: &Co| {
            let mut got = Vec::new();
            co.yield_from(UnixStream::from_std(other)?.read_to_end(&mut got))?;
            Ok(got)
        });
        let sending = get_running_loop()?.sock_sendfile(&one, &file.0, 0, None);
        assert_eq!(co.yield_from(sending)?, 3 << 20);
        assert_eq!((&file.0).stream_position()?, 3 << 20);
        drop(one);
        assert!(co.yield_from(reading)? == all);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_part_of_a_file_is_sent_and_its_position_follows() {
    run_io(|co| {
        let file = TestFile::new("part", b"0123456789");
        let (one, mut other) = nonblocking_pair();
        let event_loop = get_running_loop()?;
        for (offset, count, sent) in [
            (2, Some(3), "234"),
            (7, None, "789"),
            (8, Some(99), "89"),
            (50, None, ""),
        ] {
            let n = co.yield_from(event_loop.sock_sendfile(&one, &file.0, offset, count))?;
            assert_eq!(n as usize, sent.len());
            let mut got = vec![0; sent.len()];
            other.read_exact(&mut got)?;
            assert_eq!(got, sent.as_bytes());
            assert_eq!((&file.0).stream_position()?, offset + n);
        }
        let nothing = co.yield_from(event_loop.sock_sendfile(&one, &file.0, 0, 0));
        assert!(nothing.unwrap_err().is::<ValueError>());
        let (blocks, _peer) = StdStream::pair()?;
        let refused = co.yield_from(event_loop.sock_sendfile(&blocks, &file.0, 0, None));
        assert!(
            refused
                .unwrap_err()
                .to_string()
                .contains("set_nonblocking(true)")
        );
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_the_system_cannot_send_is_read_and_sent() {
    run_io(|co| {
        // A file of /proc has no size, and may not be sent by the system.
        let file = File::open("/proc/self/stat")?;
        let (one, other) = nonblocking_pair();
        let n = co.yield_from(get_running_loop()?.sock_sendfile(&one, &file, 0, None))?;
        drop(one);
        let mut got = Vec::new();
        (&other).read_to_end(&mut got)?;
        assert!(n > 0 && got.len() as u64 == n);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_file_is_sent_over_a_transport_behind_what_was_written_before() {
    run_io(|co| {
        let all = bytes(1 << 20);
        let file = TestFile::new("transport", &all);
        let (one, mut other) = StdStream::pair()?;
        let (_reader, writer) = co.yield_from(open_connection_on(one))?;
        let reading = to_thread(move || {
            let mut got = Vec::new();
            other.read_to_end(&mut got).map(|_| got)
        });
        let (mut expected, transport) = (vec![9; 1 << 20], writer.transport().clone());
        writer.write(&expected)?;
        let sending = move |co: &Co| {
            let sent = co.yield_from(transport.sendfile(&file.0, 0, None))?;
            transport.write(b"end")?;
            transport.close();
            Ok(sent)
        };
        let (got, sent) = co.yield_from(gather((reading, sending)))?;
        expected.extend_from_slice(&all);
        expected.extend_from_slice(b"end");
        assert_eq!(sent, 1 << 20);
        assert!(got? == expected);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_transport_that_is_lost_meanwhile_is_an_error() {
    run_io(|co| {
        let file = TestFile::new("lost", &bytes(4 << 20));
        let (one, other) = StdStream::pair()?;
        let (_reader, writer) = co.yield_from(open_connection_on(one))?;
        let transport = writer.transport().clone();
        let sending = create_task(move |co: &Co| -> Result<u64> {
            co.yield_from(transport.sendfile(&file.0, 0, None))
        });
        turns(co, 5)?;
        drop(other);
        let error = co.yield_from(sending).unwrap_err();
        assert!(
            error.to_string().contains("the connection is lost"),
            "{error}"
        );
        co.yield_from(yield_now())
    })
    .unwrap();
}

#[test]
fn a_cancellation_leaves_the_position_behind_what_was_sent() {
    run_io(|co| {
        let file = TestFile::new("cancelled", &bytes(4 << 20));
        let (one, other) = nonblocking_pair();
        let theirs = file.0.try_clone()?;
        let sending = create_task(move |co: &Co| {
            let event_loop = get_running_loop()?;
            let sending = event_loop.sock_sendfile(&one, &theirs, 0, None);
            drop(event_loop);
            co.yield_from(sending)
        });
        turns(co, 3)?;
        sending.cancel();
        assert!(co.yield_from(sending).unwrap_err().is_cancelled());
        let mut got = Vec::new();
        (&other).read_to_end(&mut got)?;
        assert_eq!((&file.0).stream_position()?, got.len() as u64);
        assert!(!got.is_empty());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancellation_leaves_the_position_behind_what_the_transport_has() {
    for turns_before in 0..40 {
        run_io(move |co| {
            let all = bytes(4 << 20);
            let file = TestFile::new(&format!("transport-{turns_before}"), &all);
            let (one, other) = StdStream::pair()?;
            let (_reader, writer) = co.yield_from(open_connection_on(one))?;
            let (theirs, transport) = (file.0.try_clone()?, writer.transport().clone());
            let sending = create_task(move |co: &Co| -> Result<u64> {
                co.yield_from(transport.sendfile(&theirs, 0, None))
            });
            turns(co, turns_before)?;
            sending.cancel();
            assert!(co.yield_from(sending).unwrap_err().is_cancelled());
            writer.close();
            let mut got = Vec::new();
            other.set_nonblocking(true)?;
            co.yield_from(UnixStream::from_std(other)?.read_to_end(&mut got))?;
            assert!(all.starts_with(&got));
            assert_eq!((&file.0).stream_position()?, got.len() as u64);
            Ok(())
        })
        .unwrap();
    }
}
