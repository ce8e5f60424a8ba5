//! Children by callbacks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yieldfrom::process::{
    DEVNULL, ProcessLookupError, STDOUT, StartSubprocess, SubprocessProtocol, SubprocessTransport,
    subprocess_exec, subprocess_shell,
};
use yieldfrom::{Co, Error, Event, EventLoop, Result};

use super::{a_while, each, state, until};
use crate::support::{Journal, failed_with, settle};

/// Notes what it is told.
#[derive(Default)]
struct Recorder {
    journal: Journal,
    data: RefCell<[Vec<u8>; 3]>,
    lost: Event,
    exited: Event,
    fails: Cell<bool>,
}

impl Recorder {
    fn note(&self, what: &str) -> Result<()> {
        self.journal.note(what);
        if self.fails.get() {
            Err(Error::msg("misdeed"))
        } else {
            Ok(())
        }
    }

    fn text(&self, fd: usize) -> String {
        String::from_utf8(self.data.borrow()[fd].clone()).unwrap()
    }
}

impl SubprocessProtocol for Recorder {
    fn connection_made(&self, transport: &SubprocessTransport) -> Result<()> {
        assert!(transport.get_pid() > 1);
        self.note("made")
    }

    fn pipe_data_received(&self, fd: i32, data: &[u8]) -> Result<()> {
        self.data.borrow_mut()[fd as usize].extend_from_slice(data);
        Ok(())
    }

    fn pipe_connection_lost(&self, fd: i32, error: Option<&Error>) -> Result<()> {
        let how = if error.is_some() { " by an error" } else { "" };
        self.note(&format!("pipe {fd} lost{how}"))
    }

    fn process_exited(&self) -> Result<()> {
        self.exited.set();
        self.note("exited")
    }

    fn connection_lost(&self, error: Option<&Error>) -> Result<()> {
        assert!(error.is_none());
        self.lost.set();
        self.note("lost")
    }

    fn pause_writing(&self) -> Result<()> {
        self.note("pause")
    }

    fn resume_writing(&self) -> Result<()> {
        self.note("resume")
    }
}

type Started = (SubprocessTransport, Rc<Recorder>);

fn shell(co: &Co, how: super::How, command: &str) -> Result<Started> {
    start(co, how, subprocess_shell(Recorder::default, command))
}

fn start<F>(co: &Co, how: super::How, start: StartSubprocess<F>) -> Result<Started>
where
    F: FnOnce() -> Recorder,
{
    co.yield_from(start.options(|create| how.set(create)))
}

#[test]
fn a_conversation_and_its_end() {
    each(|co, how| {
        let cat = subprocess_exec(Recorder::default, "cat", &[]);
        let (transport, recorder) = start(co, how, cat)?;
        assert_eq!(recorder.journal.take(), ["made"], "before it returns");
        assert!(format!("{transport:?}").ends_with(" running>"));
        let stdin = transport.get_pipe_transport(0).unwrap();
        for (text, all) in [("Python ", "Python "), ("The Winner", "Python The Winner")] {
            stdin.write(text.as_bytes())?;
            until(co, || recorder.text(1) == all)?;
        }
        stdin.close();
        co.yield_from(recorder.lost.wait())?;
        let mut journal = recorder.journal.take();
        assert_eq!(journal.pop().as_deref(), Some("lost"));
        journal.sort();
        assert_eq!(
            journal,
            ["exited", "pipe 0 lost", "pipe 1 lost", "pipe 2 lost"]
        );
        assert_eq!(transport.get_returncode(), Some(0));
        assert!(transport.is_closing());
        for fd in [-1, 3, i32::MAX] {
            assert!(transport.get_pipe_transport(fd).is_none());
        }
        Ok(())
    });
}

#[test]
fn statuses_and_signals() {
    each(|co, how| {
        let (transport, recorder) = shell(co, how, "exit 7")?;
        co.yield_from(recorder.exited.wait())?;
        assert_eq!(transport.get_returncode(), Some(7));
        for (signum, send) in [
            (
                9,
                (|it| it.kill()) as fn(&SubprocessTransport) -> Result<()>,
            ),
            (15, |it| it.terminate()),
            (1, |it| it.send_signal(1)),
        ] {
            let (transport, recorder) = shell(co, how, "exec sleep 1000")?;
            send(&transport)?;
            co.yield_from(recorder.lost.wait())?;
            assert_eq!(transport.get_returncode(), Some(-signum));
            assert!(failed_with::<ProcessLookupError, _>(send(&transport)));
        }
        Ok(())
    });
}

#[test]
fn standard_error_is_separate_merged_or_nowhere() {
    each(|co, how| {
        let command = "echo out; echo err >&2";
        let (_, recorder) = shell(co, how, command)?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(
            (recorder.text(1), recorder.text(2)),
            ("out\n".into(), "err\n".into())
        );
        let merged = subprocess_shell(Recorder::default, command);
        let (transport, recorder) = start(co, how, merged.options(|it| it.stderr(STDOUT)))?;
        assert!(transport.get_pipe_transport(2).is_none());
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(
            (recorder.text(1), recorder.text(2)),
            ("out\nerr\n".into(), String::new())
        );
        let nowhere = subprocess_shell(Recorder::default, command);
        let nowhere = nowhere.options(|it| it.stdin(DEVNULL).stdout(DEVNULL).stderr(DEVNULL));
        let (_, recorder) = start(co, how, nowhere)?;
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.journal.take(), ["made", "exited", "lost"]);
        Ok(())
    });
}

#[test]
fn a_client_that_closes_its_output_breaks_the_pipe_of_the_child() {
    each(|co, how| {
        // More than once: a child that another thread starts has our end too, for a moment.
        let script = "read x; while echo $x; do :; done; echo broken >&2";
        let (transport, recorder) = shell(co, how, script)?;
        transport.get_pipe_transport(1).unwrap().close();
        until(co, || {
            recorder.journal.take().contains(&"pipe 1 lost".to_owned())
        })?;
        let stdin = transport.get_pipe_transport(0).unwrap();
        stdin.write(b"xxx\n")?;
        co.yield_from(recorder.lost.wait())?;
        // A shell dies by the signal, or says that the write failed.
        assert!(transport.get_returncode() == Some(-13) || recorder.text(2).contains("broken"));
        assert_eq!(recorder.text(1), "");
        Ok(())
    });
}

#[test]
fn writing_is_paused() {
    each(|co, how| {
        let (transport, recorder) = shell(co, how, "read x; wc -c")?;
        let stdin = transport.get_pipe_transport(0).unwrap();
        stdin.write(&vec![b'x'; 1 << 20])?;
        assert_eq!(recorder.journal.take(), ["made", "pause"]);
        stdin.write(b"\n12345")?;
        until(co, || recorder.journal.take() == ["resume"])?;
        stdin.close();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(recorder.text(1).trim(), "5");
        Ok(())
    });
}

#[test]
fn close_kills_and_tells() {
    each(|co, how| {
        let (transport, recorder) = shell(co, how, "exec sleep 1000")?;
        transport.close();
        transport.close();
        co.yield_from(recorder.lost.wait())?;
        assert_eq!(transport.get_returncode(), Some(-9));
        let journal = recorder.journal.take();
        assert_eq!(
            (journal.len(), journal.last().unwrap().as_str()),
            (6, "lost")
        );
        Ok(())
    });
}

#[test]
fn it_goes_on_without_its_transport() {
    each(|co, how| {
        let (transport, recorder) = shell(co, how, "read x; exit 5")?;
        let stdin = transport.get_pipe_transport(0).unwrap();
        drop(transport);
        a_while(co)?;
        stdin.write(b"x\n")?;
        co.yield_from(recorder.lost.wait())
    });
}

#[test]
fn a_start_that_fails_tells_nothing_and_one_that_is_cancelled_is_killed() {
    each(|co, how| {
        let none = subprocess_exec(Recorder::default, "/no/such/program", &[]);
        assert!(start(co, how, none).is_err());
        let pid = Rc::new(Cell::new(0));
        let noted = Rc::clone(&pid);
        struct Note(Rc<Cell<u32>>);
        impl SubprocessProtocol for Note {
            fn connection_made(&self, transport: &SubprocessTransport) -> Result<()> {
                self.0.set(transport.get_pid());
                Ok(())
            }
        }
        let sleep = subprocess_exec(move || Note(noted), "sleep", &["1000"]);
        let task = yieldfrom::create_task(sleep.options(|it| how.set(it)));
        // It is started in the first turn, and told in the second.
        co.yield_from(yieldfrom::yield_now())?;
        task.cancel();
        until(co, || task.done() && pid.get() != 0)?;
        assert!(task.cancelled());
        until(co, || state(pid.get()).is_none())
    });
}

#[test]
fn errors_are_reported() {
    let event_loop = EventLoop::new().unwrap();
    let reports = Journal::default();
    let noted = reports.clone();
    event_loop.set_exception_handler(Some(Box::new(move |_, context| {
        noted.note(context.message());
    })));
    let task = event_loop.create_task(|co: &Co| {
        let recorder = || Recorder {
            fails: Cell::new(true),
            ..Recorder::default()
        };
        let (_, recorder) = co.yield_from(subprocess_exec(recorder, "true", &[]))?;
        co.yield_from(recorder.lost.wait())
    });
    event_loop.run_until_complete(task).unwrap();
    let reports = reports.take();
    for method in [
        "connection_made",
        "pipe_connection_lost",
        "process_exited",
        "connection_lost",
    ] {
        let message = format!("protocol.{method}() call failed.");
        assert!(reports.contains(&message), "{reports:?}");
    }
}

#[test]
fn closing_the_loop_ends_it() {
    let event_loop = EventLoop::new().unwrap();
    let start = subprocess_exec(Recorder::default, "sleep", &["1000"]);
    let (transport, recorder) = event_loop.run_until_complete(start).unwrap();
    settle(&event_loop);
    event_loop.close().unwrap();
    assert_eq!(
        (state(transport.get_pid()), transport.get_returncode()),
        (None, Some(-9))
    );
    assert_eq!(recorder.journal.take(), ["made"]);
    drop(transport);
    assert_eq!(Rc::strong_count(&recorder), 1, "nobody keeps the protocol");
}
