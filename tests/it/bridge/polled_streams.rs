//! Streams that async code polls.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use yieldfrom::bridge::Portable;
use yieldfrom::net::{TcpListener, TcpStream, UnixStream};
use yieldfrom::streams::{PollRead, PollWrite, Read, Write, duplex, pollable};
use yieldfrom::{Co, EventLoop, Result, create_task, first, from_std, sleep, spawn_std, yield_now};

use crate::support::{in_a_child, open_descriptors, run_io, run_virtual, test_path, turns};

async fn read(stream: &impl PollRead, buffer: &mut [u8]) -> io::Result<usize> {
    poll_fn(|context| stream.poll_read(context, buffer)).await
}

async fn write_all(stream: &impl PollWrite, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = poll_fn(|context| stream.poll_write(context, bytes)).await?;
        bytes = &bytes[n..];
    }
    poll_fn(|context| stream.poll_flush(context)).await
}

async fn read_to_end(stream: &impl PollRead) -> io::Result<Vec<u8>> {
    let (mut all, mut block) = (Vec::new(), [0; 4096]);
    loop {
        match read(stream, &mut block).await? {
            0 => return Ok(all),
            n => all.extend_from_slice(&block[..n]),
        }
    }
}

/// Sends back what comes, up to the end.
async fn echo(stream: impl PollRead + PollWrite) -> io::Result<usize> {
    let (mut block, mut total) = ([0; 4096], 0);
    loop {
        match read(&stream, &mut block).await? {
            0 => break,
            n => {
                write_all(&stream, &block[..n]).await?;
                total += n;
            }
        }
    }
    poll_fn(|context| stream.poll_close_writing(context)).await?;
    Ok(total)
}

/// Sends a megabyte through an echo, and reads it meanwhile.
fn round_trip(
    co: &Co,
    near: impl PollRead + PollWrite + 'static,
    far: impl PollRead + PollWrite + 'static,
) -> Result<()> {
    let bytes: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let echoing = spawn_std(echo(far));
    let (near, sent) = (Rc::new(near), bytes.clone());
    let writer = Rc::clone(&near);
    let writing = spawn_std(async move {
        write_all(&writer, &sent).await?;
        poll_fn(|context| writer.poll_close_writing(context)).await
    });
    let back = co.yield_from(from_std(read_to_end(&near)))??;
    co.yield_from(writing)??;
    assert_eq!(co.yield_from(echoing)??, bytes.len());
    assert!(back == bytes);
    Ok(())
}

fn tcp_pair(co: &Co) -> Result<(TcpStream, TcpStream)> {
    let listener = co.yield_from(TcpListener::bind("127.0.0.1:0"))?;
    let near = co.yield_from(TcpStream::connect(listener.local_addr()?))?;
    let (far, _) = co.yield_from(listener.accept())?;
    Ok((near, far))
}

#[test]
fn sockets_go_round() {
    run_io(|co| {
        let (near, far) = tcp_pair(co)?;
        round_trip(co, near, far)?;
        let (near, far) = UnixStream::pair()?;
        round_trip(co, near, far)
    })
    .unwrap();
}

#[test]
fn streams_in_memory_and_any_other_stream_go_round() {
    run_virtual(|co| {
        let (near, far) = duplex(1000);
        round_trip(co, near, far)?;
        let (near, far) = duplex(1000);
        round_trip(co, pollable(near), pollable(far))
    })
    .unwrap();
}

#[test]
fn portable_streams_go_round() {
    run_io(|co| {
        let (near, far) = UnixStream::pair()?;
        round_trip(co, Portable::new(near), Portable::new(far))
    })
    .unwrap();
}

#[test]
fn several_buffers_are_written_at_once() {
    run_io(|co| {
        let (near, far) = UnixStream::pair()?;
        assert!(near.is_write_vectored());
        let buffers = [
            IoSlice::new(b"taxi "),
            IoSlice::new(b""),
            IoSlice::new(b"7"),
        ];
        let n = co.yield_from(from_std(poll_fn(|context| {
            near.poll_write_vectored(context, &buffers)
        })))??;
        assert_eq!(n, 6);
        drop(near);
        assert_eq!(co.yield_from(far.read_to_string())?, "taxi 7");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_coroutine_and_a_future_use_one_stream() {
    run_io(|co| {
        let (near, far) = UnixStream::pair()?;
        let (near, reader) = (Rc::new(near), Rc::new(far));
        let polled = Rc::clone(&reader);
        let waiting = spawn_std(async move {
            let mut buffer = [0; 4];
            read(&polled, &mut buffer)
                .await
                .map(|n| buffer[..n].to_vec())
        });
        co.yield_from(yield_now())?;
        co.yield_from(near.write_all(b"one"))?;
        assert_eq!(co.yield_from(waiting)??, b"one");
        let mut buffer = [0; 4];
        let late = Rc::clone(&near);
        create_task(move |co: &Co| {
            turns(co, 3)?;
            co.yield_from(late.write_all(b"two"))
        });
        assert_eq!(co.yield_from(reader.read(&mut buffer))?, 3);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_stream_that_is_dropped_while_it_is_polled_leaves_nothing() {
    if !in_a_child(test_path!(
        "a_stream_that_is_dropped_while_it_is_polled_leaves_nothing"
    )) {
        return;
    }
    let event_loop = EventLoop::new().unwrap();
    let before = open_descriptors();
    for _ in 0..50 {
        event_loop
            .run_until_complete(|co: &Co| {
                let (_near, far) = UnixStream::pair()?;
                let waiting = spawn_std(async move { read(&far, &mut [0; 4]).await });
                turns(co, 2)?;
                waiting.cancel();
                assert!(co.yield_from(waiting).unwrap_err().is_cancelled());
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(open_descriptors(), before);
    // Nothing is waited for any more, so this run ends by a report.
    let dead = event_loop.run_until_complete(from_std(std::future::pending::<()>()));
    assert!(dead.unwrap_err().is::<yieldfrom::DeadlockError>());
}

#[test]
fn a_poll_outside_of_a_loop_is_an_error_and_keeps_the_stream() {
    let (near, far) = UnixStream::pair().unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let polled = near.poll_read(&mut context, &mut [0; 4]);
    let Poll::Ready(Err(error)) = polled else {
        panic!("{polled:?}")
    };
    assert!(
        error.to_string().contains("no event loop that runs"),
        "{error}"
    );
    run_io(move |co| {
        co.yield_from(far.write_all(b"BR"))?;
        drop(far);
        assert_eq!(co.yield_from(near.read_to_string())?, "BR");
        Ok(())
    })
    .unwrap();
}

#[test]
fn errors_of_a_stream_come_through_pollable() {
    struct Broken;
    impl Read for Broken {
        fn read_with(&self, co: &Co, _: &mut [u8]) -> Result<usize> {
            co.yield_from(sleep(1))?;
            Err(io::Error::other("the line is cut").into())
        }
    }
    impl Write for Broken {
        fn write_with(&self, _: &Co, _: &[u8]) -> Result<usize> {
            Ok(1)
        }
        fn close_writing_with(&self, _: &Co) -> Result<()> {
            Ok(())
        }
    }
    let error = run_virtual(|co| {
        let stream = pollable(Broken);
        Ok(co.yield_from(from_std(read_to_end(&stream)))??)
    });
    assert!(error.unwrap_err().to_string().contains("the line is cut"));
}

#[test]
fn a_pollable_that_is_dropped_has_sent_all_and_drops_the_stream() {
    run_virtual(|co| {
        let (near, far) = duplex(10);
        let stream = pollable(near);
        let written = poll_fn(|context| stream.poll_write(context, &[7; 1000]));
        assert_eq!(co.yield_from(from_std(written))??, 1000);
        drop(stream);
        let mut all = Vec::new();
        co.yield_from(far.read_to_end(&mut all))?;
        assert_eq!(all, [7; 1000]);
        // The far end never ends its half, and the task ends all the same.
        turns(co, 5)?;
        assert_eq!(yieldfrom::all_tasks().len(), 1);
        assert!(co.yield_from(far.write_all(b"x")).is_err());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_busy_stream_lets_others_run() {
    run_io(|co| {
        let (near, far) = UnixStream::pair()?;
        let flood = spawn_std(async move {
            loop {
                write_all(&near, b"x").await?;
                read(&far, &mut [0; 1]).await?;
            }
            #[allow(unreachable_code, reason = "it says what the future's output is")]
            io::Result::Ok(())
        });
        let (_, done) = co.yield_from(first((flood, |co: &Co| turns(co, 20))))?;
        assert!(done.is_some());
        Ok(())
    })
    .unwrap();
}
