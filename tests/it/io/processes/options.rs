//! What can be set for a child.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Seek};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use yieldfrom::process::{
    CreateSubprocess, PIPE, STDOUT, create_subprocess_exec, create_subprocess_from,
};
use yieldfrom::{Co, Result, RuntimeError, TimeoutError, create_task, wait_for};

use super::{each, state};
use crate::support::{failed_with, millis, secs};

fn output(co: &Co, create: CreateSubprocess) -> Result<String> {
    let process = co.yield_from(create.stdout(PIPE))?;
    let (stdout, _) = co.yield_from(process.communicate(""))?;
    assert_eq!(process.returncode(), Some(0));
    Ok(String::from_utf8(stdout)?)
}

#[test]
fn arguments_environment_and_directory() {
    each(|co, how| {
        let echo = how.exec("echo", &["a b", "$c"]).arg("d");
        assert_eq!(output(co, echo)?, "a b $c d\n");
        let bytes = how
            .shell("printf %s \"$0\" | wc -c")
            .arg(OsStr::from_bytes(b"\xff\xfe"));
        assert_eq!(output(co, bytes)?.trim(), "2");
        let env = how
            .exec("env", &[])
            .env_clear()
            .env("ONE", "1")
            .env("TWO", "2");
        assert_eq!(output(co, env)?, "ONE=1\nTWO=2\n");
        let inherited = how.shell("echo ${HOME:+home} $ONE").env("ONE", "1");
        assert_eq!(output(co, inherited)?, "home 1\n");
        assert_eq!(output(co, how.exec("pwd", &[]).cwd("/usr"))?, "/usr\n");
        Ok(())
    });
}

#[test]
fn a_group_of_its_own() {
    each(|co, how| {
        let group = "cut -d ' ' -f 5 /proc/self/stat; echo $$";
        let text = output(co, how.shell(group).process_group(0))?;
        let (group, pid) = text.split_once('\n').unwrap();
        assert_eq!(group, pid.trim());
        Ok(())
    });
}

#[test]
fn files_for_streams() {
    each(|co, how| {
        let path = std::env::temp_dir().join(format!("yieldfrom-{}", std::process::id()));
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        std::fs::remove_file(&path)?;
        let to = how
            .shell("echo one; echo two >&2")
            .stdout(file.try_clone()?)
            .stderr(STDOUT);
        let process = co.yield_from(to)?;
        assert!(process.stdout().is_none());
        assert_eq!(co.yield_from(process.wait())?, 0);
        let mut text = String::new();
        file.rewind()?;
        file.read_to_string(&mut text)?;
        assert_eq!(text, "one\ntwo\n");
        file.rewind()?;
        assert_eq!(
            output(co, how.exec("cat", &[]).stdin(OwnedFd::from(file)))?,
            text
        );
        Ok(())
    });
}

#[test]
fn commands_of_the_standard_library() {
    each(|co, how| {
        let mut command = Command::new("sh");
        command
            .args(["-c", "cat; echo err >&2"])
            .stdin(Stdio::null())
            .stderr(Stdio::piped());
        let process = co.yield_from(how.set(create_subprocess_from(command)))?;
        assert!(process.stdin().is_none() && process.stdout().is_none());
        let outputs = co.yield_from(process.communicate(""))?;
        assert_eq!(outputs, (vec![], b"err\n".to_vec()));
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2"]);
        let create = how
            .set(create_subprocess_from(command))
            .stdout(PIPE)
            .stderr(STDOUT);
        assert_eq!(output(co, create)?, "out\nerr\n");
        Ok(())
    });
}

#[test]
fn it_is_a_coroutine_where_one_is_asked_for() {
    each(|co, how| {
        let task = create_task(how.exec("true", &[]));
        super::until(co, || task.done())?;
        let process = task.take_result()?;
        assert_eq!(co.yield_from(&create_task(process.wait()))?, 0);
        assert_eq!(state(process.pid()), None);
        Ok(())
    });
}

#[test]
fn virtual_time_passes_no_faster_than_children_run() {
    let event_loop = yieldfrom::EventLoop::builder()
        .virtual_clock()
        .build()
        .unwrap();
    let body = |co: &Co| {
        let process = co.yield_from(create_subprocess_exec("sleep", &["0.01"]))?;
        assert_eq!(co.yield_from(wait_for(process.wait(), secs(15)))?, 0);
        let process = co.yield_from(create_subprocess_exec("sleep", &["1000"]))?;
        let began = Instant::now();
        let limited = wait_for(process.wait(), millis(10));
        assert!(failed_with::<TimeoutError, _>(co.yield_from(limited)));
        assert!(began.elapsed() >= millis(10));
        process.kill()?;
        co.yield_from(process.wait())?;
        // Without any, an hour is nothing.
        co.yield_from(yieldfrom::sleep(secs(3600)))
    };
    event_loop.run_until_complete(body).unwrap();
}

#[test]
fn a_closed_loop_starts_nothing() {
    let event_loop = yieldfrom::EventLoop::new().unwrap();
    event_loop.close().unwrap();
    let task = event_loop.create_task(create_subprocess_exec("true", &[]));
    assert!(failed_with::<RuntimeError, _>(task.take_result()));
}
