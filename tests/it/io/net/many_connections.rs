//! Crowds of connections.

use std::fs;
use std::net::{Shutdown, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use yieldfrom::net::{TcpListener, TcpStream};
use yieldfrom::{Co, Result, all_tasks, create_task, gather};

use super::{both, listen, reactors, turns};
use crate::support::{in_a_child, open_descriptors, test_path};

/// Echoes whatever comes, until the end.
fn echo(co: &Co, stream: &TcpStream) -> Result<()> {
    let mut buffer = [0; 1000];
    loop {
        match co.yield_from(stream.read(&mut buffer))? {
            0 => return stream.shutdown(Shutdown::Write),
            n => co.yield_from(stream.write_all(&buffer[..n]))?,
        }
    }
}

/// Serves so many connections, each by a task of its own; some of these fail.
fn serve(co: &Co, listener: &TcpListener, n: usize) -> Result<usize> {
    let mut tasks = Vec::with_capacity(n);
    for _ in 0..n {
        let (stream, _) = co.yield_from(listener.accept())?;
        tasks.push(create_task(move |co: &Co| Ok(echo(co, &stream).is_ok())));
    }
    let ended = co.yield_from(gather(tasks))?;
    Ok(ended.into_iter().filter(|well| *well).count())
}

/// One of many clients; each has another way to go.
fn client(co: &Co, n: usize, to: SocketAddr) -> Result<()> {
    let stream = co.yield_from(TcpStream::connect(to))?;
    let bytes = vec![n as u8; n % 3000 + 1];
    for _ in 0..n % 3 {
        co.yield_from(stream.write_all(&bytes))?;
        let mut answer = vec![0; bytes.len()];
        co.yield_from(stream.read_exact(&mut answer))?;
        assert!(answer == bytes);
    }
    match n % 4 {
        0 => stream.set_linger(Some(Duration::ZERO)),
        1 => {
            stream.shutdown(Shutdown::Write)?;
            assert_eq!(co.yield_from(stream.read(&mut [0]))?, 0);
            Ok(())
        }
        _ => Ok(()),
    }
}

#[test]
fn a_mixed_crowd_is_served() {
    both(|co| {
        // No more than may wait to be accepted: of others, the system forgets those that are reset.
        let n = if cfg!(debug_assertions) { 600 } else { 1000 };
        let listener = listen(co)?;
        let to = listener.local_addr()?;
        let server = create_task(move |co: &Co| serve(co, &listener, n));
        let clients: Vec<_> = (0..n)
            .map(|n| create_task(move |co: &Co| client(co, n, to)))
            .collect();
        co.yield_from(gather(clients))?;
        assert!(co.yield_from(server)? >= n / 2);
        Ok(())
    });
}

/// Returns how much memory this process has in use, in bytes.
fn memory() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap();
    let resident = text.split(' ').nth(1).unwrap();
    resident.parse::<usize>().unwrap() * 4096
}

/// Makes short connections one after the other; closing resets them, as ports are few.
fn churn(co: &Co, n: usize) -> Result<()> {
    let listener = Rc::new(listen(co)?);
    let to = listener.local_addr()?;
    let accepting = Rc::clone(&listener);
    let server = create_task(move |co: &Co| {
        for _ in 0..n {
            let (stream, _) = co.yield_from(accepting.accept())?;
            create_task(move |co: &Co| {
                let mut byte = [0];
                co.yield_from(stream.read_exact(&mut byte))?;
                co.yield_from(stream.write_all(&byte))?;
                let _ = co.yield_from(stream.read(&mut byte));
                Ok(())
            });
        }
        Ok(())
    });
    for _ in 0..n {
        let stream = co.yield_from(TcpStream::connect(to))?;
        stream.set_linger(Some(Duration::ZERO))?;
        co.yield_from(stream.write_all(b"a"))?;
        co.yield_from(stream.read_exact(&mut [0]))?;
    }
    co.yield_from(server)?;
    while all_tasks().len() > 1 {
        turns(co, 1)?;
    }
    Ok(())
}

#[test]
fn short_connections_leave_nothing_behind() {
    if !in_a_child(test_path!("short_connections_leave_nothing_behind")) {
        return;
    }
    let n = if cfg!(debug_assertions) { 2000 } else { 50_000 };
    let descriptors = open_descriptors();
    for (name, builder) in reactors() {
        let event_loop = builder.build().unwrap();
        let inside = open_descriptors();
        event_loop
            .run_until_complete(move |co: &Co| churn(co, n / 4))
            .unwrap();
        super::assert_nothing_left(&event_loop);
        assert_eq!(open_descriptors(), inside, "{name}");
        let before = memory();
        event_loop
            .run_until_complete(move |co: &Co| churn(co, n))
            .unwrap();
        super::assert_nothing_left(&event_loop);
        assert_eq!(open_descriptors(), inside, "{name}");
        let grown = memory().saturating_sub(before);
        assert!(
            grown < 2 << 20,
            "{grown} bytes for {n} connections ({name})"
        );
        drop(event_loop);
        assert_eq!(open_descriptors(), descriptors, "{name}");
    }
}
