//! A communication that is cut off, and asked for again: nothing is lost.

use yieldfrom::process::{PIPE, Process};
use yieldfrom::{Co, Result, StreamReader, TimeoutError, create_task, timeout};

use super::{How, each, until};
use crate::support::{failed_with, secs};

/// What a child does before it sleeps, and what of it shows that it has got there.
const CHILDREN: [(&str, [&str; 2]); 4] = [
    ("echo out; echo err >&2", ["bytes", "bytes"]),
    ("echo out; echo err >&2; exec >&-", ["eof", "bytes"]),
    ("echo out; echo err >&2; exec 2>&-", ["bytes", "eof"]),
    ("echo out; echo err >&2; exec >&- 2>&-", ["eof", "eof"]),
];

fn start(co: &Co, how: How, command: &str) -> Result<Process> {
    let command = format!("{command}; exec sleep 1000");
    co.yield_from(how.shell(&command).stdin(PIPE).stdout(PIPE).stderr(PIPE))
}

fn outputs(process: &Process) -> [StreamReader; 2] {
    [process.stdout(), process.stderr()].map(|output| output.unwrap().clone())
}

/// Begins to communicate, and cuts that off when both outputs look so.
fn cut_off(co: &Co, process: &Process, looks: [&str; 2]) -> Result<()> {
    let talk = create_task(process.communicate(""));
    let [stdout, stderr] = outputs(process);
    let look = |output: &StreamReader, wanted| {
        let shown = format!("{output:?}");
        shown.contains("bytes") && shown.contains(wanted)
    };
    until(co, || look(&stdout, looks[0]) && look(&stderr, looks[1]))?;
    assert!(!talk.done());
    talk.cancel();
    until(co, || talk.done())?;
    assert!(talk.cancelled());
    Ok(())
}

/// What every child says.
fn said() -> (Vec<u8>, Vec<u8>) {
    (b"out\n".to_vec(), b"err\n".to_vec())
}

#[test]
fn whatever_has_ended_it_is_given_the_next_time() {
    each(|co, how| {
        for (command, looks) in CHILDREN {
            let process = start(co, how, command)?;
            cut_off(co, &process, looks)?;
            process.kill()?;
            assert_eq!(co.yield_from(process.communicate(""))?, said(), "{command}");
        }
        Ok(())
    });
}

#[test]
fn several_cuts_lose_nothing() {
    each(|co, how| {
        for (command, looks) in CHILDREN {
            let process = start(co, how, command)?;
            for _ in 0..3 {
                cut_off(co, &process, looks)?;
                let at_once = timeout(secs(0), |co| co.yield_from(process.communicate("")));
                assert!(failed_with::<TimeoutError, _>(co.yield_from(at_once)));
            }
            process.kill()?;
            co.yield_from(process.wait())?;
            assert_eq!(co.yield_from(process.communicate(""))?, said(), "{command}");
        }
        Ok(())
    });
}

#[test]
fn the_readers_have_what_was_read() {
    each(|co, how| {
        for (command, looks) in CHILDREN {
            let process = start(co, how, command)?;
            cut_off(co, &process, looks)?;
            let [stdout, stderr] = outputs(&process);
            assert_eq!(co.yield_from(stdout.readline())?, b"out\n", "{command}");
            assert_eq!(co.yield_from(stderr.readexactly(4))?, b"err\n", "{command}");
            process.kill()?;
            let nothing = (vec![], vec![]);
            assert_eq!(co.yield_from(process.communicate(""))?, nothing);
        }
        Ok(())
    });
}

#[test]
fn a_single_output_is_not_lost_either() {
    each(|co, how| {
        for (command, is_stdout) in [
            ("echo text; exec >&-; exec sleep 1000", true),
            ("echo text >&2; exec 2>&-; exec sleep 1000", false),
        ] {
            let create = how.shell(command);
            let create = match is_stdout {
                true => create.stdout(PIPE),
                false => create.stderr(PIPE),
            };
            let process = co.yield_from(create)?;
            let talk = create_task(process.communicate(""));
            let output = process.stdout().or(process.stderr()).unwrap().clone();
            until(co, || format!("{output:?}").contains("eof"))?;
            talk.cancel();
            until(co, || talk.done())?;
            process.kill()?;
            let (stdout, stderr) = co.yield_from(process.communicate(""))?;
            assert_eq!([stdout, stderr].concat(), b"text\n");
        }
        Ok(())
    });
}

#[test]
fn input_that_was_written_in_part_is_written_to_its_end() {
    each(|co, how| {
        let tee = how.shell("exec tee /dev/stderr");
        let process = co.yield_from(tee.stdin(PIPE).stdout(PIPE).stderr(PIPE))?;
        let input: Vec<u8> = (0..3_000_000_u32).map(|i| (i / 7) as u8).collect();
        let talk = create_task(process.communicate(&input));
        let [stdout, _] = outputs(&process);
        until(co, || format!("{stdout:?}").contains("bytes"))?;
        talk.cancel();
        until(co, || talk.done())?;
        let (stdout, stderr) = co.yield_from(process.communicate(""))?;
        assert!(stdout == input && stderr == input);
        Ok(())
    });
}

#[test]
fn a_flood_is_stopped_again_after_a_cut() {
    each(|co, how| {
        let flood = how.exec("cat", &["/dev/zero"]).stdout(PIPE).limit(1000);
        let process = co.yield_from(flood)?;
        let stdout = process.stdout().unwrap().clone();
        until(co, || format!("{stdout:?}").contains("paused"))?;
        let talk = create_task(process.communicate(""));
        let held = |stdout: &StreamReader| {
            let shown = format!("{stdout:?}");
            let words: Vec<&str> = shown.split(' ').collect();
            let at = words.iter().position(|word| *word == "bytes");
            at.map_or(0, |at| words[at - 1].parse().unwrap())
        };
        until(co, || held(&stdout) > 1_000_000)?;
        talk.cancel();
        until(co, || talk.done())?;
        until(co, || format!("{stdout:?}").contains("paused"))?;
        let before: usize = held(&stdout);
        assert_eq!(co.yield_from(stdout.readexactly(before))?.len(), before);
        process.kill()
    });
}
