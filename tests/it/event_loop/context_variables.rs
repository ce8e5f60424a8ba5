//! Context variables: which values tasks and callbacks see.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::{
    Co, Context, ContextVar, Error, EventLoop, Future, Result, RuntimeError, ValueError,
    copy_context, create_task, gather, get_running_loop, open_connection, sleep, spawn,
    start_server, yield_now,
};

use crate::support::{Census, failed_with, millis, run_io, run_virtual, secs, virtual_loop};

static V: ContextVar<String> = ContextVar::new("v");
static D: ContextVar<&str> = ContextVar::with_default("d", || "none");

#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    fn note(&self, name: &str) {
        let value = V.get().unwrap_or("-".into());
        self.add(format!("{name} {value} {}", D.get().unwrap()));
    }

    fn add(&self, line: impl ToString) {
        self.0.borrow_mut().push(line.to_string());
    }

    fn noting(&self, name: &'static str) -> impl FnOnce() + 'static {
        let notes = self.clone();
        move || notes.note(name)
    }
}

fn set(value: &str) -> yieldfrom::Token<String> {
    V.set(value.to_owned())
}

fn child(notes: &Notes, n: u32) -> impl FnOnce(&Co) -> Result<()> + use<> {
    let notes = notes.clone();
    move |co: &Co| {
        notes.note(&format!("child{n}"));
        set(&format!("c{n}"));
        co.yield_from(yield_now())?;
        notes.note(&format!("child{n}"));
        Ok(())
    }
}

fn inner(notes: &Notes) -> Result<()> {
    notes.note("inner");
    set("inside");
    get_running_loop()?.call_soon(notes.noting("soon2"))?;
    create_task(child(notes, 7));
    Ok(())
}

fn program(co: &Co, notes: &Notes) -> Result<()> {
    notes.note("main");
    set("main");
    let tasks = [0, 1].map(|n| create_task(child(notes, n)));
    let event_loop = get_running_loop()?;
    event_loop.call_soon(notes.noting("soon"))?;
    event_loop.call_later(0.001, notes.noting("later"))?;
    let (future, done) = (Future::new(), notes.noting("done"));
    future.add_done_callback(|_| done());
    set("changed");
    D.set("set");
    future.set_result(())?;
    co.yield_from(gather(tasks))?;
    notes.note("main");
    let context = copy_context();
    context.run(|| inner(notes))??;
    notes.note("after");
    notes.add(format!("ctx {}", context.get(&V).unwrap()));
    if failed_with::<RuntimeError, _>(context.run(|| context.run(|| inner(notes)))?) {
        notes.add("RuntimeError");
    }
    co.yield_from(sleep(0.01))?;
    let token = set("x");
    notes.add(format!("old {}", token.old_value().unwrap()));
    V.reset(token)?;
    notes.note("reset");
    let token = set("y");
    let other = spawn(move |_| Ok(failed_with::<ValueError, _>(V.reset(token))));
    if co.yield_from(other)? {
        notes.add("ValueError");
    }
    Ok(())
}

/// What CPython 3.11 prints for the same program.
const PYTHON: &str = "main outer none\nchild0 main none\nchild1 main none\nsoon main none\n\
done main none\nchild0 c0 none\nchild1 c1 none\nmain changed set\ninner changed set\n\
after changed set\nctx inside\nRuntimeError\nsoon2 inside set\nchild7 inside set\nchild7 c7 set\n\
later main none\nold changed\nreset changed set\nValueError\nend outer none";

#[test]
fn tasks_and_callbacks_begin_with_copies_as_in_cpython() {
    let notes = Notes::default();
    set("outer");
    let inner = notes.clone();
    run_virtual(move |co: &Co| program(co, &inner)).unwrap();
    notes.note("end");
    assert_eq!(notes.0.take().join("\n"), PYTHON);
}

#[test]
fn what_was_made_before_any_variable_was_set_sees_none() {
    let event_loop = virtual_loop();
    let (seen, note) = (Rc::new(RefCell::new(Vec::new())), Notes::default());
    let log = seen.clone();
    let look = move || log.borrow_mut().push(V.get());
    let (soon, done) = (look.clone(), look.clone());
    event_loop.call_soon(soon).unwrap();
    let future = event_loop.create_future();
    future.add_done_callback(move |_| done());
    let task = event_loop.create_task(move |_: &Co| {
        look();
        Ok(())
    });
    set("later");
    future.set_result(()).unwrap();
    event_loop.run_until_complete(task).unwrap();
    assert_eq!(*seen.borrow(), [const { None }; 3]);
    note.note("thread");
    assert_eq!(*note.0.borrow(), ["thread later none"]);
}

#[test]
fn a_token_belongs_to_its_variable() {
    static OTHER: ContextVar<String> = ContextVar::new("other");
    let token = set("x");
    assert!(failed_with::<ValueError, _>(OTHER.reset(token)));
    assert_eq!(V.get().as_deref(), Some("x"));
    let token = set("y");
    let in_copy = copy_context().run(|| V.reset(token)).unwrap();
    assert!(failed_with::<ValueError, _>(in_copy));
}

#[test]
fn a_task_that_suspends_in_a_context_keeps_it_to_itself() {
    run_virtual(|co: &Co| {
        set("mine");
        let context = Context::new();
        let inner = context.clone();
        let other = spawn(move |co| {
            inner.run(|| {
                set("inner");
                co.yield_from(sleep(10))?;
                assert_eq!(V.get().as_deref(), Some("inner"));
                Ok::<_, Error>(())
            })??;
            assert_eq!(V.get().as_deref(), Some("mine"));
            Ok(())
        });
        co.yield_from(sleep(5))?;
        assert_eq!(V.get().as_deref(), Some("mine"));
        assert!(failed_with::<RuntimeError, _>(context.run(|| ())));
        co.yield_from(other)?;
        context.run(|| assert_eq!(V.get().as_deref(), Some("inner")))
    })
    .unwrap();
}

#[test]
fn a_context_is_left_by_panics_and_by_tasks_that_are_destroyed() {
    let context = Context::new();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        context
            .run(|| std::panic::resume_unwind(Box::new(())))
            .map(drop::<()>)
    }));
    assert!(panicked.is_err());
    context.run(|| ()).unwrap();

    let event_loop = virtual_loop();
    let entered = context.clone();
    event_loop.create_task(move |co: &Co| entered.run(|| co.yield_from(sleep(1)))?);
    event_loop.turn(Some(secs(0))).unwrap();
    assert!(context.run(|| ()).is_err(), "the task is in it");
    event_loop.close().unwrap();
    context.run(|| ()).unwrap();
}

#[test]
fn readers_have_the_context_in_which_they_were_added() {
    let event_loop = EventLoop::new().unwrap();
    let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
    std::io::Write::write_all(&mut &other, b"x").unwrap();
    let (seen, stopper) = (Rc::new(Cell::new(false)), event_loop.clone());
    let note = seen.clone();
    set("added");
    let read = move || {
        note.set(V.get().as_deref() == Some("added"));
        stopper.stop();
    };
    event_loop.add_reader(&one, read).unwrap();
    set("changed");
    event_loop.run_forever().unwrap();
    event_loop.remove_reader(&one);
    assert!(seen.get());
}

#[test]
fn handlers_of_connections_have_copies_of_the_servers() {
    run_io(|co: &Co| {
        set("server");
        let answer = start_server(
            |_, _, writer| {
                let before = set("connection").old_value();
                writer.write(before.unwrap_or_default().as_bytes())
            },
            "127.0.0.1:0",
        );
        let server = co.yield_from(answer)?;
        set("changed");
        for _ in 0..2 {
            let (reader, _writer) = co.yield_from(open_connection(server.local_addr()?))?;
            assert_eq!(co.yield_from(reader.read(None))?, b"server");
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn values_live_as_long_as_their_tasks() {
    static COUNTED: ContextVar<Rc<()>> = ContextVar::new("counted");
    let census = Census::default();
    let value = census.one();
    run_virtual(move |co: &Co| {
        let task = spawn(move |co| {
            COUNTED.set(value);
            co.yield_from(sleep(1))?;
            Ok(COUNTED.get().is_some())
        });
        assert!(co.yield_from(task)?);
        Ok(())
    })
    .unwrap();
    assert_eq!(census.live(), 0);
}

/// Gets and sets the variable when it is cloned and dropped.
struct Meddler;

static MEDDLERS: ContextVar<Meddler> = ContextVar::new("meddlers");

impl Clone for Meddler {
    fn clone(&self) -> Self {
        set("cloned");
        Self
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        let _ = (V.get(), copy_context());
        set("dropped");
    }
}

#[test]
fn values_may_use_their_context() {
    run_virtual(|co: &Co| {
        let token = MEDDLERS.set(Meddler);
        assert!(MEDDLERS.get().is_some());
        drop(MEDDLERS.set(Meddler));
        MEDDLERS.reset(token)?;
        assert_eq!(V.get().as_deref(), Some("dropped"));
        let context = Context::new();
        context.run(|| drop(MEDDLERS.set(Meddler)))?;
        drop(context);
        spawn(|_| Ok(MEDDLERS.set(Meddler).old_value().is_none()));
        co.yield_from(sleep(millis(1)))
    })
    .unwrap();
    std::thread::spawn(|| drop(MEDDLERS.set(Meddler)))
        .join()
        .unwrap();
}

#[test]
fn tasks_that_run_in_a_given_context_share_it() {
    let context = Context::new();
    let inside = context.clone();
    run_virtual(move |co| {
        set("outside");
        let first = spawn(|co| {
            let before = V.get();
            set("first");
            create_task(|_: &Co| Ok(set("child"))); // has a copy
            co.yield_from(sleep(secs(2)))?;
            Ok((before, V.get()))
        });
        let second = spawn(|co| {
            co.yield_from(sleep(secs(1)))?;
            let before = V.get();
            set("second");
            Ok((before, V.get()))
        });
        let both = [first, second].map(|task| task.in_context(&inside));
        let [first, second] = both;
        let seen = |text: &str| Some(text.to_owned());
        assert_eq!(co.yield_from(first)?, (None, seen("second")));
        assert_eq!(co.yield_from(second)?, (seen("first"), seen("second")));
        assert_eq!(V.get(), seen("outside"));
        let soon = inside.clone();
        get_running_loop()?.call_soon(move || drop(soon.run(|| set("callback"))))?;
        co.yield_from(yield_now())
    })
    .unwrap();
    assert_eq!(context.get(&V).as_deref(), Some("callback"));
}
