//! Regions, in which synchronous code suspends its coroutine.

mod attacks;
mod ended;
mod interrupted;
mod late_code;
mod lent_streams;
mod other_places;
mod stacks;
mod timeouts;

use std::cell::Cell;
use std::fs;
use std::io::{self, Read, Write};
use std::rc::Rc;

use yieldfrom::blocking::{self, TcpStream, UnixStream, blocking};
use yieldfrom::net::TcpListener;
use yieldfrom::{
    Co, Event, Queue, Result, Task, create_task, gather, get_running_loop, sleep, wait_for,
    yield_now,
};

use crate::support::{in_a_child, run_io, run_virtual, secs, test_path};

/// Makes a task in a region that waits for a byte, and returns it with the other end of its stream.
fn reader() -> Result<(Task<io::Result<u8>>, UnixStream)> {
    let (mut one, other) = UnixStream::pair()?;
    let task = create_task(blocking(move || {
        let mut byte = [0];
        one.read_exact(&mut byte)?;
        Ok(byte[0])
    }));
    Ok((task, other))
}

/// Returns how many threads this process has: of use in a process of its own only.
fn threads() -> usize {
    fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[test]
fn a_read_suspends_the_task_and_not_the_thread() {
    run_io(|co| {
        let (task, mut other) = reader()?;
        let beats = Rc::new(Cell::new(0));
        let counted = Rc::clone(&beats);
        let heart = create_task(move |co: &Co| -> Result<()> {
            loop {
                counted.set(counted.get() + 1);
                co.yield_from(yield_now())?;
            }
        });
        while beats.get() < 100 {
            co.yield_from(yield_now())?;
        }
        assert!(!task.done());
        other.write_all(&[7])?;
        assert_eq!(co.yield_from(task)??, 7);
        heart.cancel();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_region_may_borrow_and_returns_whatever_its_closure_returns() {
    run_io(|co| {
        let mut text = String::from("flags");
        let length = co.yield_from(blocking(|| {
            text.push('!');
            blocking::wait(yield_now()).unwrap();
            text.len()
        }))?;
        assert_eq!((length, &*text), (6, "flags!"));
        let not_send = co.yield_from(blocking(|| Rc::new(1)))?;
        assert_eq!(*not_send, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn streams_connect_to_servers_by_name_and_by_address() {
    run_io(|co| {
        let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let server = create_task(move |co: &Co| {
            for _ in 0..2 {
                let (stream, _) = co.yield_from(listener.accept())?;
                let mut stream = TcpStream::try_from(stream)?;
                co.yield_from(blocking(|| io::copy(&mut stream.try_clone()?, &mut stream)))??;
            }
            Ok(())
        });
        for text in [address.to_string(), format!("localhost:{}", address.port())] {
            let answer = co.yield_from(blocking(|| {
                let mut stream = TcpStream::connect(&text)?;
                stream.set_nodelay(true)?;
                assert_eq!(stream.peer_addr()?.port(), address.port());
                stream.write_all(text.as_bytes())?;
                stream.shutdown(std::net::Shutdown::Write)?;
                io::read_to_string(stream)
            }))??;
            assert_eq!(answer, text);
        }
        co.yield_from(server)
    })
    .unwrap();
}

#[test]
fn more_than_the_system_takes_is_written_while_the_peer_reads() {
    run_io(|co| {
        let (one, other) = UnixStream::pair()?;
        let bytes: Vec<u8> = (0..1 << 20).map(|n| (n % 251) as u8).collect();
        let sent = bytes.clone();
        let writer = blocking(move || (&one).write_all(&sent));
        let reader = blocking(move || {
            let mut got = Vec::new();
            (&other).read_to_end(&mut got).map(|_| got)
        });
        let (written, read) = co.yield_from(gather((writer, reader)))?;
        written?;
        assert!(read? == bytes);
        Ok(())
    })
    .unwrap();
}

#[test]
fn whatever_a_coroutine_waits_for_can_be_waited_for() {
    run_virtual(|co| {
        let (queue, event) = (Queue::new(), Event::new());
        let (items, set) = (queue.clone(), event.clone());
        create_task(move |co: &Co| {
            co.yield_from(sleep(secs(5)))?;
            co.yield_from(items.put(3))?;
            set.set();
            Ok(())
        });
        let item = co.yield_from(blocking(|| {
            blocking::wait(sleep(secs(1)))?;
            blocking::wait(event.wait())?;
            blocking::wait(|co: &Co| co.yield_from(queue.get()))
        }))??;
        assert_eq!(item, 3);
        assert_eq!(get_running_loop()?.time(), secs(5));
        Ok(())
    })
    .unwrap();
}

#[test]
fn errors_of_what_is_waited_for_do_not_end_the_region() {
    run_virtual(|co| {
        co.yield_from(blocking(|| {
            let refused = blocking::wait(|_: &Co| -> Result<()> {
                Err(io::Error::new(io::ErrorKind::AddrInUse, "taken").into())
            });
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::AddrInUse);
            let late = blocking::wait(wait_for(|co: &Co| co.yield_from(sleep(secs(9))), 1));
            assert_eq!(late.unwrap_err().kind(), io::ErrorKind::TimedOut);
            let wrong = blocking::wait(|_: &Co| -> Result<()> { yieldfrom::bail!("no fuel") });
            assert_eq!(wrong.unwrap_err().to_string(), "no fuel");
            blocking::wait(sleep(secs(1))).unwrap();
        }))
    })
    .unwrap();
}

#[test]
fn a_hundred_connections_take_turns_on_one_thread() {
    if !in_a_child(test_path!("a_hundred_connections_take_turns_on_one_thread")) {
        return;
    }
    run_io(|co| {
        let threads = threads();
        let (mut ends, mut tasks) = (Vec::new(), Vec::new());
        for _ in 0..100 {
            let (task, end) = reader()?;
            tasks.push(task);
            ends.push(end);
        }
        co.yield_from(yield_now())?;
        for (n, end) in ends.iter().enumerate().rev() {
            let mut end = end;
            end.write_all(&[n as u8])?;
        }
        for (n, task) in tasks.into_iter().enumerate() {
            assert_eq!(usize::from(co.yield_from(task)??), n);
        }
        assert_eq!(threads, self::threads());
        Ok(())
    })
    .unwrap();
}
