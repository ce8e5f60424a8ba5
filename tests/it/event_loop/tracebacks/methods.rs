//! Errors that a method returns at once: their tracebacks begin at the line that called it.

use std::os::unix::net::UnixStream as StdStream;
use std::panic::Location;
use std::thread;

use yieldfrom::net::{UnixDatagram, UnixListener, UnixStream};
use yieldfrom::sync::{Barrier, BoundedSemaphore, Condition, Lock, Queue};
use yieldfrom::{
    Co, ContextVar, EventLoop, Future, Result, StreamReader, ThreadPoolExecutor, Timeout,
    TraceFile, copy_context, get_event_loop, get_running_loop, open_connection_on,
    record_generators, start_server,
};

use crate::support::run_io;

/// Collects the calls whose errors show another line than theirs.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    /// Notes the line of a call, which must stand in the line of this one, unless the error shows it.
    #[track_caller]
    fn of<T>(&mut self, result: Result<T>) {
        self.at(Location::caller(), result);
    }

    fn at<T>(&mut self, here: &Location<'_>, result: Result<T>) {
        let error = result.err().expect("it fails");
        let frames = error.traceback();
        let shown = frames
            .last()
            .map(|at| (at.file(), at.line(), at.is_exact()));
        if shown != Some((here.file(), here.line(), true)) {
            self.0.push(format!("{here}: {error}: {frames:?}"));
        }
    }
}

#[track_caller]
fn none(wrong: &Wrong) {
    assert!(wrong.0.is_empty(), "{}", wrong.0.join("\n"));
}

#[test]
#[rustfmt::skip]
fn of_futures_and_of_what_tasks_share() {
    let mut wrong = Wrong::default();
    let pending = Future::<u32>::new();
    wrong.of(pending.result());
    wrong.of(pending.take_result());
    wrong.of(pending.exception());
    let done = Future::new();
    done.set_result(1).unwrap();
    wrong.of(done.set_result(2));
    wrong.of(done.set_exception(std::fmt::Error));
    done.take_result().unwrap();
    wrong.of(done.result());
    wrong.of(done.take_result());

    let queue = Queue::with_maxsize(1);
    wrong.of(queue.get_nowait());
    wrong.of(queue.task_done());
    queue.put_nowait(1).unwrap();
    wrong.of(queue.put_nowait(2));
    queue.shutdown(true);
    wrong.of(queue.put_nowait(3));
    wrong.of(queue.get_nowait());

    wrong.of(Lock::new().release());
    wrong.of(BoundedSemaphore::new(1).release());
    wrong.of(Barrier::new(0));
    let condition = Condition::new();
    wrong.of(condition.release());
    wrong.of(condition.notify(1));
    wrong.of(condition.notify_all());
    wrong.of(Timeout::after(1).reschedule(None));
    none(&wrong);
}

static VARIABLE: ContextVar<u32> = ContextVar::new("variable");

#[test]
#[rustfmt::skip]
fn of_loops_and_contexts() {
    let mut wrong = Wrong::default();
    wrong.of(get_running_loop());
    let elsewhere = thread::spawn(|| {
        let mut wrong = Wrong::default();
        wrong.of(get_event_loop().map(drop));
        wrong.0
    });
    wrong.0.extend(elsewhere.join().unwrap());

    let (event_loop, handle) = (EventLoop::new().unwrap(), EventLoop::new().unwrap().handle());
    let (socket, _other) = StdStream::pair().unwrap();
    wrong.of(event_loop.stop_trace().map(drop));
    event_loop.start_trace(None).unwrap();
    wrong.of(event_loop.start_trace(None));
    wrong.of(event_loop.lend().close());
    wrong.of(event_loop.add_signal_handler(9, || {}));
    wrong.of(event_loop.remove_signal_handler(-1));
    event_loop.close().unwrap();
    wrong.of(event_loop.call_soon(|| {}));
    wrong.of(event_loop.call_later(1, || {}));
    wrong.of(event_loop.call_at(event_loop.time(), || {}));
    wrong.of(event_loop.run_forever());
    wrong.of(event_loop.turn(None));
    wrong.of(event_loop.run_until_complete(|_: &Co| Ok(())));
    wrong.of(event_loop.block_on(|_| Ok(())));
    wrong.of(event_loop.add_reader(&socket, || {}));
    wrong.of(event_loop.add_writer(&socket, || {}));
    wrong.of(event_loop.add_signal_handler(10, || {}));
    wrong.of(handle.call_soon_threadsafe(|| {}));
    wrong.of(handle.run_coroutine_threadsafe(|_: &Co| Ok(())));
    wrong.of(ThreadPoolExecutor::new(0));

    let token = copy_context().run(|| VARIABLE.set(1)).unwrap();
    wrong.of(VARIABLE.reset(token));
    let context = copy_context();
    let again = context.clone();
    context.run(|| wrong.of(again.run(|| ()))).unwrap();
    let _recording = record_generators(None).unwrap();
    wrong.of(record_generators(None));
    wrong.of(TraceFile::create("/there/is/no/such/folder.json"));
    none(&wrong);
}

#[test]
#[rustfmt::skip]
fn of_streams_transports_and_sockets() {
    run_io(|co: &Co| {
        let mut wrong = Wrong::default();
        wrong.of(StreamReader::new(0));
        let reader = StreamReader::new(1)?;
        reader.feed_eof();
        let server = co.yield_from(start_server(|_, _, _| Ok(()), "127.0.0.1:0"))?;
        server.close();
        wrong.of(server.local_addr());
        let (read_end, _write_end) = StdStream::pair()?;
        let (reader, writer) = co.yield_from(open_connection_on(read_end))?;
        wrong.of(writer.transport().set_write_buffer_limits(1, 2));
        writer.write_eof()?;
        wrong.of(writer.write(b"late"));
        wrong.of(writer.writelines(["late"]));
        wrong.of(writer.transport().write(b"late"));
        drop(reader);

        wrong.of(UnixListener::bind("/there/is/no/such/socket"));
        wrong.of(UnixDatagram::bind("/there/is/no/such/socket"));
        wrong.of(UnixDatagram::unbound()?.connect("/there/is/no/such/socket"));
        wrong.of(UnixDatagram::unbound()?.peer_addr());
        let (one, other) = (UnixStream::pair()?.0, UnixStream::pair()?.0);
        let ((one, _kept), (_also_kept, other)) = (one.into_split(), other.into_split());
        wrong.of(one.reunite(other));
        none(&wrong);
        Ok(())
    })
    .unwrap();
}
