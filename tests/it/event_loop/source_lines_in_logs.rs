//! Whatever the loop runs is named by a line of the program, and not of the library: where it is slow,
//! and where it fails.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use yieldfrom::process::{SubprocessProtocol, subprocess_shell};
use yieldfrom::{
    ALL_COMPLETED, Co, Error, Event, EventLoop, Protocol, Result, StreamReader, StreamWriter,
    ThreadPoolExecutor, as_completed, connect_read_pipe, create_connection, create_connection_on,
    create_server_on, create_task, ensure_future, gather, get_running_loop, open_connection,
    shield, sleep, start_server, task_group, timeout, to_thread, wait, wait_for, wrap_future,
    yield_now,
};

use crate::support::{log_of, log_with_slow, millis};

type Scene = fn(&Co) -> Result<()>;

/// Runs this on a loop for which everything is slow, and returns the reports that do not name this
/// file.
fn unnamed(debug: bool, scene: Scene) -> Vec<String> {
    let (logged, ()) = log_with_slow(|| {
        let event_loop = EventLoop::builder().debug(debug).build().unwrap();
        event_loop.set_slow_callback_duration(Duration::ZERO);
        event_loop.run_until_complete(scene).unwrap();
    });
    let slow = logged
        .into_iter()
        .filter(|line| line.contains(" Executing "));
    let mut slow = slow.peekable();
    assert!(slow.peek().is_some(), "nothing was slow");
    let here = |line: &String| line.contains(file!());
    slow.filter(|line| !here(line) || line.contains("src/"))
        .collect()
}

fn callbacks(co: &Co) -> Result<()> {
    let event_loop = get_running_loop()?;
    event_loop.call_soon(|| ())?;
    event_loop.call_later(millis(1), || ())?;
    event_loop.call_at(event_loop.time() + millis(1), || ())?;
    let future = event_loop.create_future();
    future.add_done_callback(|_| ());
    future.set_result(())?;
    co.yield_from(sleep(millis(3)))
}

fn readers_and_writers(co: &Co) -> Result<()> {
    let event_loop = get_running_loop()?;
    let (near, mut far) = UnixStream::pair()?;
    let (read, written) = (Event::new(), Event::new());
    far.write_all(b"x")?;
    let near = Rc::new(near);
    let (inner, socket, told) = (event_loop.lend(), Rc::clone(&near), read.clone());
    event_loop.add_reader(&near, move || {
        inner.remove_reader(&socket);
        told.set();
    })?;
    let (inner, socket, told) = (event_loop.lend(), Rc::clone(&near), written.clone());
    event_loop.add_writer(&near, move || {
        inner.remove_writer(&socket);
        told.set();
    })?;
    co.yield_from(read.wait())?;
    co.yield_from(written.wait()).map(drop)
}

fn from_other_threads(co: &Co) -> Result<()> {
    let handle = get_running_loop()?.handle();
    let (told, tell) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        handle.call_soon_threadsafe(|| ()).unwrap();
        let task = handle.run_coroutine_threadsafe(|_: &Co| Ok(())).unwrap();
        let paused = handle.run_coroutine_threadsafe(|co: &Co| co.yield_from(yield_now()));
        told.send((task.result(None), paused.unwrap().result(None)))
            .unwrap();
        let endless = |co: &Co| co.yield_from(sleep(Duration::from_secs(3600)));
        handle.run_coroutine_threadsafe(endless).unwrap().cancel();
    });
    while tell.try_recv().is_err() {
        co.yield_from(sleep(millis(1)))?;
    }
    worker.join().unwrap();
    get_running_loop()?.handle().call_soon_threadsafe(|| ())?;
    co.yield_from(sleep(millis(1)))
}

fn jobs(co: &Co) -> Result<()> {
    let executor = ThreadPoolExecutor::new(1)?;
    co.yield_from(to_thread(|| ()))?;
    let job = get_running_loop()?.run_in_executor(&executor, || ());
    co.yield_from(job)?;
    let future = executor.submit(|| ());
    co.yield_from(wrap_future(future))
}

fn combined(co: &Co) -> Result<()> {
    let short = |co: &Co| co.yield_from(sleep(millis(1)));
    co.yield_from(gather([short, short]))?;
    co.yield_from(wait([short, short]).timeout(Duration::from_secs(60)))?;
    co.yield_from(wait([short]).return_when(ALL_COMPLETED))?;
    co.yield_from(wait_for(short, Duration::from_secs(60)))?;
    drop(co.yield_from(wait_for(sleep(Duration::from_secs(3600)), millis(1))));
    co.yield_from(shield(short))?;
    for next in as_completed([short, short]) {
        co.yield_from(next)?;
    }
    drop(co.yield_from(timeout(millis(1), |co: &Co| {
        co.yield_from(sleep(Duration::from_secs(3600)))
    })));
    co.yield_from(task_group(move |_, group| {
        group.create_task(short);
        Ok(())
    }))?;
    ensure_future(short);
    co.yield_from(create_task(short))
}

struct Greeter(Event);

impl Protocol for Greeter {
    fn connection_made(&self, transport: &yieldfrom::Transport) -> Result<()> {
        transport.write(b"hello")
    }

    fn data_received(&self, _: &[u8]) -> Result<()> {
        self.0.set();
        Err(Error::msg("no words"))
    }
}

fn protocols(co: &Co) -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let factory = || Greeter(Event::new());
    let server = co.yield_from(create_server_on(factory, listener))?;
    let socket = std::net::TcpStream::connect(address)?;
    let (transport, greeter) = co.yield_from(create_connection_on(factory, socket))?;
    co.yield_from(greeter.0.wait())?;
    transport.close();
    server.close();
    co.yield_from(sleep(millis(5)))
}

fn pipes(co: &Co) -> Result<()> {
    let (reader, mut writer) = std::io::pipe()?;
    writer.write_all(b"x")?;
    let factory = || Greeter(Event::new());
    let (transport, greeter) = co.yield_from(connect_read_pipe(factory, reader))?;
    co.yield_from(greeter.0.wait())?;
    transport.close();
    co.yield_from(sleep(millis(1)))
}

fn streams(co: &Co) -> Result<()> {
    let answer = |co: &Co, _: StreamReader, writer: StreamWriter| {
        writer.write(b"x")?;
        co.yield_from(writer.drain())?;
        writer.close();
        Ok(())
    };
    let server = co.yield_from(start_server(answer, "127.0.0.1:0"))?;
    let address = server.sockets()[0].clone();
    let port = address.to_string();
    let (reader, writer) = co.yield_from(open_connection(port))?;
    assert_eq!(co.yield_from(reader.read(None))?, b"x");
    writer.close();
    server.close();
    co.yield_from(sleep(millis(5)))
}

#[derive(Default)]
struct Exited(Event);

impl SubprocessProtocol for Exited {
    fn process_exited(&self) -> Result<()> {
        self.0.set();
        Ok(())
    }
}

fn processes(co: &Co) -> Result<()> {
    let (_transport, exited) = co.yield_from(subprocess_shell(Exited::default, "exit 0"))?;
    co.yield_from(exited.0.wait())?;
    co.yield_from(sleep(millis(1)))
}

/// Operations that became tasks: the line that a protocol is named by is the task's.
fn operations_as_tasks(co: &Co) -> Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let factory = || Greeter(Event::new());
    let server = co.yield_from(create_task(create_server_on(factory, listener)))?;
    let connecting = [(); 2].map(|()| create_connection(factory, address));
    let jobs = create_task(to_thread(|| ()));
    for (transport, greeter) in co.yield_from(gather(connecting))? {
        co.yield_from(greeter.0.wait())?;
        transport.close();
    }
    co.yield_from(jobs)?;
    server.close();
    co.yield_from(sleep(millis(5)))
}

const SCENES: [(&str, Scene); 10] = [
    ("callbacks", callbacks),
    ("readers_and_writers", readers_and_writers),
    ("from_other_threads", from_other_threads),
    ("jobs", jobs),
    ("combined", combined),
    ("protocols", protocols),
    ("pipes", pipes),
    ("streams", streams),
    ("processes", processes),
    ("operations_as_tasks", operations_as_tasks),
];

#[test]
fn what_is_slow_is_named_by_a_line_of_the_program() {
    let mut all = Vec::new();
    for (name, scene) in SCENES {
        for debug in [false, true] {
            let unnamed = unnamed(debug, scene);
            all.extend(unnamed.into_iter().map(|line| format!("{name}: {line}")));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_line_is_the_one_of_the_call() {
    let (logged, lines) = log_with_slow(|| {
        let event_loop = EventLoop::new().unwrap();
        event_loop.set_slow_callback_duration(Duration::ZERO);
        let handle = event_loop.handle();
        let lines = std::thread::spawn(move || {
            handle.call_soon_threadsafe(|| ()).unwrap();
            let sent = handle.run_coroutine_threadsafe(|_: &Co| Ok(()));
            drop(sent.unwrap());
            [line!() - 3, line!() - 2]
        });
        let lines = lines.join().unwrap();
        let rest = |co: &Co| co.yield_from(sleep(millis(1)));
        event_loop.run_until_complete(rest).unwrap();
        lines
    });
    for line in lines {
        let at = format!("{}:{line}", file!());
        assert!(
            logged.iter().any(|slow| slow.contains(&at)),
            "{line}: {logged:?}"
        );
    }
}

#[test]
fn what_fails_is_named_by_a_line_of_the_program() {
    let (logged, ()) = log_of(|| {
        let event_loop = EventLoop::new().unwrap();
        let handle = event_loop.handle();
        handle.call_soon_threadsafe(|| panic!("sent")).unwrap();
        let sender = std::thread::spawn(move || {
            handle.call_soon_threadsafe(|| panic!("sent")).unwrap();
        });
        sender.join().unwrap();
        let failing = ThreadPoolExecutor::new(1).unwrap();
        let future = failing.submit(|| ());
        future.add_done_callback(|| ());
        event_loop.run_until_complete(protocols).unwrap();
    });
    assert!(logged.len() >= 3, "{logged:?}");
    for line in logged.iter().filter(|line| line.starts_with("ERROR")) {
        assert!(line.contains(file!()) && !line.contains("src/"), "{line}");
    }
}

#[test]
fn a_handler_that_panics_is_named_by_the_line_where_it_was_set() {
    let (logged, line) = log_of(|| {
        let event_loop = EventLoop::new().unwrap();
        event_loop.set_exception_handler(Some(Box::new(|_, _| panic!("handler"))));
        let line = line!() - 1;
        event_loop.call_soon(|| panic!("callback")).unwrap();
        event_loop.run_until_complete(|_: &Co| Ok(())).unwrap();
        line
    });
    let at = format!("set at {}:{line}:", file!());
    assert!(logged[0].contains(&at), "{logged:?}");
}
