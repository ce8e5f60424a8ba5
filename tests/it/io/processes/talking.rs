//! Talking to children.

use std::io::ErrorKind;

use yieldfrom::process::{DEVNULL, PIPE, STDOUT};
use yieldfrom::{Error, TimeoutError, ValueError, create_task, gather, wait_for};

use super::{a_while, each, until};
use crate::support::{failed_with, millis};

/// Whether a write met a reader that is gone.
fn is_gone(error: &Error) -> bool {
    let kind = error
        .downcast_ref::<std::io::Error>()
        .map(|error| error.kind());
    matches!(
        kind,
        Some(ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
    )
}

#[test]
fn what_is_written_to_a_child_comes_back() {
    each(|co, how| {
        let process = co.yield_from(how.exec("cat", &[]).stdin(PIPE).stdout(PIPE))?;
        let (stdin, stdout) = (process.stdin().unwrap(), process.stdout().unwrap());
        assert!(process.stderr().is_none());
        stdin.write(b"some ")?;
        assert_eq!(co.yield_from(stdout.readexactly(5))?, b"some ");
        stdin.write(b"data")?;
        co.yield_from(stdin.drain())?;
        stdin.write_eof()?;
        assert_eq!(co.yield_from(stdout.read(None))?, b"data");
        co.yield_from(stdin.wait_closed())?;
        assert_eq!(co.yield_from(process.wait())?, 0);
        Ok(())
    });
}

#[test]
fn communicate_gives_both_outputs_whatever_their_size() {
    each(|co, how| {
        let tee = how
            .shell("tee /dev/stderr")
            .stdin(PIPE)
            .stdout(PIPE)
            .stderr(PIPE);
        let process = co.yield_from(tee)?;
        let input: Vec<u8> = (0..3_000_000_u32).map(|i| (i / 7) as u8).collect();
        let (stdout, stderr) = co.yield_from(process.communicate(&input))?;
        assert!(stdout == input && stderr == input);
        assert_eq!(process.returncode(), Some(0));
        // Nothing is left for a second time.
        assert_eq!(co.yield_from(process.communicate(b""))?, (vec![], vec![]));
        Ok(())
    });
}

#[test]
fn the_outputs_are_not_confused() {
    each(|co, how| {
        let command = "echo out; echo err >&2; exit 3";
        for (outputs, expected) in [
            ((true, true), ("out\n", "err\n")),
            ((true, false), ("out\n", "")),
            ((false, true), ("", "err\n")),
            ((false, false), ("", "")),
        ] {
            let create = how.shell(command);
            let create = create.stdout(if outputs.0 { PIPE } else { DEVNULL });
            let create = create.stderr(if outputs.1 { PIPE } else { DEVNULL });
            let process = co.yield_from(create)?;
            let (stdout, stderr) = co.yield_from(process.communicate(""))?;
            assert_eq!((stdout, stderr), (expected.0.into(), expected.1.into()));
            assert_eq!(process.returncode(), Some(3));
        }
        let merged = how.shell(command).stdout(PIPE).stderr(STDOUT);
        let process = co.yield_from(merged)?;
        let expected = (b"out\nerr\n".to_vec(), vec![]);
        assert_eq!(co.yield_from(process.communicate(""))?, expected);
        let silent = how.shell(command).stdout(DEVNULL).stderr(STDOUT);
        let process = co.yield_from(silent)?;
        assert_eq!(co.yield_from(process.communicate(""))?, (vec![], vec![]));
        Ok(())
    });
}

#[test]
fn communicate_ignores_a_child_that_does_not_read() {
    each(|co, how| {
        let process = co.yield_from(how.exec("true", &[]).stdin(PIPE))?;
        co.yield_from(process.communicate(vec![b'x'; 1 << 20]))?;
        assert_eq!(process.returncode(), Some(0));
        let early = how.shell("exec <&-; echo here").stdin(PIPE).stdout(PIPE);
        let process = co.yield_from(early)?;
        let (stdout, _) = co.yield_from(process.communicate(vec![b'x'; 1 << 20]))?;
        assert_eq!(stdout, b"here\n");
        Ok(())
    });
}

#[test]
fn drain_raises_that_the_pipe_is_broken() {
    each(|co, how| {
        let process = co.yield_from(how.exec("true", &[]).stdin(PIPE))?;
        let stdin = process.stdin().unwrap();
        let mut failed = None;
        for _ in 0..100 {
            stdin.write(&vec![b'x'; 1 << 16])?;
            if let Err(error) = co.yield_from(stdin.drain()) {
                failed = Some(error);
                break;
            }
        }
        assert!(failed.is_some_and(|error| is_gone(&error)));
        assert_eq!(co.yield_from(process.wait())?, 0);
        Ok(())
    });
}

#[test]
fn a_child_that_goes_away_is_noticed_without_a_write() {
    each(|co, how| {
        let process = co.yield_from(how.shell("exec <&-; exec sleep 1000").stdin(PIPE))?;
        let stdin = process.stdin().unwrap();
        co.yield_from(stdin.wait_closed())?;
        assert!(stdin.is_closing() && process.returncode().is_none());
        Ok(())
    });
}

#[test]
fn communicate_without_input_closes_stdin() {
    each(|co, how| {
        let process = co.yield_from(how.exec("cat", &[]).stdin(PIPE).stdout(PIPE))?;
        assert_eq!(co.yield_from(process.communicate(""))?, (vec![], vec![]));
        Ok(())
    });
}

#[test]
fn input_without_a_pipe_is_an_error() {
    each(|co, how| {
        let process = co.yield_from(how.exec("true", &[]).stdin(DEVNULL))?;
        let error = co.yield_from(process.communicate("x")).unwrap_err();
        assert!(error.is::<ValueError>(), "{error}");
        assert_eq!(co.yield_from(process.wait())?, 0);
        Ok(())
    });
}

#[test]
fn communicate_that_is_cancelled_loses_nothing() {
    each(|co, how| {
        let command = "read x; echo $x; echo $x >&2; exec sleep 1000";
        let create = how.shell(command).stdin(PIPE).stdout(PIPE).stderr(PIPE);
        let process = co.yield_from(create)?;
        let limited = wait_for(process.communicate("hello\n"), millis(30));
        assert!(failed_with::<TimeoutError, _>(co.yield_from(limited)));
        process.kill()?;
        let outputs = co.yield_from(process.communicate(""))?;
        assert_eq!(outputs, (b"hello\n".to_vec(), b"hello\n".to_vec()));
        assert_eq!(process.returncode(), Some(-9));
        Ok(())
    });
}

#[test]
fn a_flood_waits_for_its_reader() {
    each(|co, how| {
        let flood = how.exec("cat", &["/dev/zero"]).stdout(PIPE).limit(1000);
        let process = co.yield_from(flood)?;
        let stdout = process.stdout().unwrap();
        until(co, || format!("{stdout:?}").contains("paused"))?;
        a_while(co)?;
        let held = co.yield_from(stdout.read(1 << 30))?.len();
        assert!(held <= 2 * 1000 + (64 << 10), "{held}");
        // It goes on where it was, and then waits again.
        assert_eq!(co.yield_from(stdout.readexactly(300_000))?.len(), 300_000);
        until(co, || format!("{stdout:?}").contains("paused"))?;
        process.kill()?;
        assert_eq!(co.yield_from(process.wait())?, -9);
        let rest = co.yield_from(stdout.read(None))?.len();
        assert!(rest <= 2 * 1000 + (64 << 10) + (1 << 20), "{rest}");
        Ok(())
    });
}

#[test]
fn many_children_talk_at_once() {
    each(|co, how| {
        let talk = |i: usize| {
            create_task(move |co: &yieldfrom::Co| {
                let process = co.yield_from(how.exec("cat", &[]).stdin(PIPE).stdout(PIPE))?;
                let text = format!("{i}").repeat(10_000);
                let (stdout, _) = co.yield_from(process.communicate(&text))?;
                assert!(stdout == text.into_bytes());
                Ok(process.returncode())
            })
        };
        let codes = co.yield_from(gather((0..20).map(talk)))?;
        assert!(codes.iter().all(|code| *code == Some(0)));
        Ok(())
    });
}
