//! Programs that cannot run, and options that make no sense.

use std::io::ErrorKind;
use std::process::Command;

use yieldfrom::process::{DEVNULL, PIPE, STDOUT, create_subprocess_from};
use yieldfrom::{Co, Error, ValueError};

use super::each;
use crate::support::failed_with;

fn kind(error: &Error) -> Option<ErrorKind> {
    Some(error.downcast_ref::<std::io::Error>()?.kind())
}

#[test]
fn programs_that_cannot_run_are_named() {
    each(|co, how| {
        for (program, expected) in [
            ("/no/such/program", ErrorKind::NotFound),
            ("no-such-program", ErrorKind::NotFound),
            ("", ErrorKind::NotFound),
            ("/etc/passwd", ErrorKind::PermissionDenied),
            ("/", ErrorKind::PermissionDenied),
        ] {
            let create = how.exec(program, &[]).stdin(PIPE).stdout(PIPE).stderr(PIPE);
            let error = co.yield_from(create).unwrap_err();
            assert_eq!(kind(&error), Some(expected), "{error}");
            let text = error.to_string();
            assert!(
                text.starts_with(&format!("create_subprocess_exec: run {program}")),
                "{text}"
            );
        }
        Ok(())
    });
}

#[test]
fn directories_that_are_not_there_are_named() {
    each(|co, how| {
        for (path, expected) in [
            ("/no/such/directory", ErrorKind::NotFound),
            ("/etc/passwd", ErrorKind::NotADirectory),
        ] {
            let error = co.yield_from(how.exec("true", &[]).cwd(path)).unwrap_err();
            assert_eq!(kind(&error), Some(expected), "{error}");
            assert!(
                error.to_string().contains(&format!("work in {path}")),
                "{error}"
            );
        }
        Ok(())
    });
}

#[test]
fn nul_bytes_are_refused() {
    each(|co, how| {
        for create in [
            how.exec("ec\0ho", &[]),
            how.exec("echo", &["a\0b"]),
            how.shell("echo a\0b"),
            how.exec("echo", &[]).env("A\0", "b"),
            how.exec("echo", &[]).cwd("/\0"),
        ] {
            let error = co.yield_from(create).unwrap_err();
            assert!(error.is::<ValueError>(), "{error}");
            assert!(error.to_string().contains("nul byte"), "{error}");
        }
        Ok(())
    });
}

#[test]
fn options_that_make_no_sense_are_refused() {
    each(|co, how| {
        let from = |program| how.set(create_subprocess_from(Command::new(program)));
        for create in [
            how.exec("true", &[]).stdin(STDOUT),
            how.exec("true", &[]).stdout(STDOUT),
            how.exec("true", &[]).stdout(STDOUT).stderr(STDOUT),
            how.exec("true", &[]).limit(0),
            from("true").stderr(STDOUT),
        ] {
            let started = co.yield_from(create);
            assert!(failed_with::<ValueError, _>(started));
        }
        Ok(())
    });
}

#[test]
fn a_child_that_closes_its_pipes_early_goes_on() {
    each(|co: &Co, how| {
        let command = "exec <&- >&- 2>&-; sleep 0.01; exit 4";
        let create = how.shell(command).stdin(PIPE).stdout(PIPE).stderr(PIPE);
        let process = co.yield_from(create)?;
        assert_eq!(co.yield_from(process.stdout().unwrap().read(None))?, b"");
        assert_eq!(co.yield_from(process.stderr().unwrap().readline())?, b"");
        assert_eq!(co.yield_from(process.wait())?, 4);
        Ok(())
    });
}

#[test]
fn a_child_that_dies_at_once_leaves_its_output() {
    each(|co, how| {
        let create = how
            .shell("echo last words; kill -KILL $$")
            .stdout(PIPE)
            .stderr(DEVNULL);
        let process = co.yield_from(create)?;
        assert_eq!(co.yield_from(process.wait())?, -9);
        let words = co.yield_from(process.stdout().unwrap().read(None))?;
        assert_eq!(words, b"last words\n");
        Ok(())
    });
}
