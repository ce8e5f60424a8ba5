//! The flag downloads, as they are run from the command line.

use std::path::{Path, PathBuf};

use examples::http::{Fault, Faults};

use crate::flags_servers::{reply, server};
use crate::harness::{run, scratch, stdout};

const FLAGS: &str = "flags";
pub(crate) const FORMS: [&str; 4] = ["sequential", "threads", "yieldfrom", "flags2"];

/// A row of the table at the end, without the times.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    form: String,
    connections: usize,
    flags: usize,
    not_found: usize,
    errors: usize,
}

pub(crate) fn rows(printed: &str) -> Vec<Row> {
    printed.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<_> = line.split_whitespace().collect();
    let [form, connections, flags, not_found, errors, seconds, ratio] = cells[..] else {
        return None;
    };
    let number = |cell: &str| cell.parse().ok();
    let _: f64 = seconds.parse().ok()?;
    let _: f64 = ratio.strip_suffix('x')?.parse().ok()?;
    Some(Row {
        form: form.to_owned(),
        connections: number(connections)?,
        flags: number(flags)?,
        not_found: number(not_found)?,
        errors: number(errors)?,
    })
}

/// Returns the row of each form.
pub(crate) fn expected(
    connections: usize,
    flags: usize,
    not_found: usize,
    errors: usize,
) -> Vec<Row> {
    let row = |form: &str| Row {
        form: form.to_owned(),
        connections: if form == "sequential" { 1 } else { connections },
        flags,
        not_found,
        errors,
    };
    FORMS.into_iter().map(row).collect()
}

/// Runs with options that are parted by spaces.
fn flags(options: &str) -> String {
    stdout(FLAGS, &options.split(' ').collect::<Vec<_>>())
}

/// Runs with options, and returns its exit status, what it prints, and its errors.
pub(crate) fn fails(options: &str) -> (Option<i32>, String, String) {
    let output = run(FLAGS, &options.split(' ').collect::<Vec<_>>());
    let text = |bytes| String::from_utf8(bytes).expect("examples print UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Returns the file of a flag in this repository.
fn original(cc: &str) -> PathBuf {
    let gifs = Path::new(env!("CARGO_MANIFEST_DIR")).join("flags/gifs");
    gifs.join(cc).join(format!("{cc}.gif"))
}

/// Returns an empty folder of this test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = scratch(name);
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Checks that a folder holds these flags, and nothing else.
fn check_folder(folder: &Path, codes: &[&str]) {
    for cc in codes {
        let saved = std::fs::read(folder.join(format!("{cc}.gif"))).expect("the flag is saved");
        assert!(saved == std::fs::read(original(cc)).unwrap(), "{cc}");
    }
    let count = std::fs::read_dir(folder).unwrap().count();
    assert_eq!(count, codes.len(), "{}", folder.display());
}

#[test]
fn by_default_all_forms_get_the_most_populous_countries() {
    let printed = flags("--delay 10");
    assert!(
        printed.contains("Searching for 20 flags: from BD to VN\n"),
        "{printed}"
    );
    assert_eq!(rows(&printed), expected(20, 20, 0, 0), "{printed}");
    assert!(
        printed.ends_with("Every file has the right bytes.\n"),
        "{printed}"
    );
    let sequential = "BD BR CD CN DE EG ET FR ID IN IR JP MX NG PH PK RU TR US VN";
    assert!(
        printed.contains(&format!("\nsequential:\n{sequential}")),
        "{printed}"
    );
}

#[test]
fn files_are_saved_for_each_form() {
    let folder = folder("flags_saved");
    for _ in 0..2 {
        // The second time the folder is there.
        let output = folder.to_str().unwrap();
        let args = [
            "br", "US", "A", "-l", "3", "--delay", "0", "--output", output,
        ];
        let printed = stdout(FLAGS, &args);
        assert!(
            printed.contains("Searching for 3 flags: AA, AB, AC\n"),
            "{printed}"
        );
        let args = ["br", "US", "Cz", "--delay", "0", "--output", output];
        assert_eq!(rows(&stdout(FLAGS, &args)), expected(3, 3, 0, 0));
    }
    for form in FORMS {
        check_folder(&folder.join(form), &["br", "us", "cz"]);
    }
}

#[test]
fn a_form_alone_does_what_it_does_among_the_others() {
    for (form, expected) in FORMS.into_iter().zip(expected(7, 10, 16, 0)) {
        // Of the codes with V and Z those of ten countries are in use, of W one.
        let printed = flags(&format!("V Z -m 7 --delay 0 --limit 26 --form {form}"));
        let there = (b'A'..=b'Z').filter(|&second| {
            let cc = format!("v{}", second.to_ascii_lowercase() as char);
            original(&cc).exists()
        });
        let flags = there.count();
        let expected = Row {
            flags,
            not_found: 26 - flags,
            ..expected
        };
        assert_eq!(rows(&printed), [expected], "{printed}");
    }
}

#[test]
fn all_flags_come_in_each_framing_with_connections_kept_and_not() {
    for options in [
        "--framing length",
        "--framing chunked",
        "--framing close",
        "--framing length --keep-alive",
        "--framing chunked --keep-alive",
        "--framing close --keep-alive",
    ] {
        let printed = flags(&format!("--all --delay 0 -m 1001 {options}"));
        assert_eq!(
            rows(&printed),
            expected(194, 194, 0, 0),
            "{options}: {printed}"
        );
    }
}

#[test]
fn codes_without_a_flag_are_not_found() {
    let printed = flags("--every --limit 60 --verbose --delay 0 --no-progress");
    let codes =
        ('a'..='c').flat_map(|first| ('a'..='z').map(move |second| format!("{first}{second}")));
    let there = codes.take(60).filter(|cc| original(cc).exists()).count();
    assert_eq!(
        rows(&printed),
        expected(30, there, 60 - there, 0),
        "{printed}"
    );
    for (line, times) in [("AA not found\n", 4), ("AD OK\n", 4), ("BH not found\n", 0)] {
        assert_eq!(printed.matches(line).count(), times, "{line}: {printed}");
    }
}

#[test]
fn injected_faults_are_counted_and_hit_all_forms_alike() {
    let faults = Faults {
        error_rate: 0.1,
        truncate_rate: 0.1,
        reset_rate: 0.1,
        garbage_rate: 0.1,
        redirect_rate: 0.1,
        endless_rate: 0.1,
        slow_rate: 0.02,
        fault_seed: 4,
        ..Faults::default()
    };
    let options = "--all -l 60 --delay 0 --error-rate 0.1 --truncate-rate 0.1 --reset-rate 0.1 \
        --garbage-rate 0.1 --redirect-rate 0.1 --endless-rate 0.1 --slow-rate 0.02 --fault-seed 4 -v";
    let (status, printed, _) = fails(options);
    let mut codes: Vec<_> = std::fs::read_dir(original("br").ancestors().nth(2).unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.len() == 2)
        .collect();
    codes.sort();
    let hit = |cc: &&String| match faults.of(&format!("/{cc}/{cc}.gif")) {
        None | Some(Fault::Slow) => false,
        Some(_) => true,
    };
    let errors = codes.iter().take(60).filter(hit).count();
    assert!(errors > 20, "too few to prove anything: {errors}");
    assert_eq!(
        rows(&printed),
        expected(30, 60 - errors, 0, errors),
        "{printed}"
    );
    for message in [
        "HTTP 500",
        "ended in the body, after",
        "this is not HTTP",
        "redirected in a circle",
        "the head is too long",
        "reset",
    ] {
        assert!(printed.contains(message), "{message}: {printed}");
    }
    assert!(
        printed.contains("Every file that came has the right bytes"),
        "{printed}"
    );
    assert_eq!(status, Some(1));
}

#[test]
fn files_of_another_server_are_compared_with_each_other() {
    let url = server(|mut s| reply(&mut s, "HTTP/1.0 200 OK\r\n\r\nnot quite a flag"));
    let printed = flags(&format!("BR IN --base-url {url}"));
    assert_eq!(rows(&printed), expected(2, 2, 0, 0), "{printed}");
    // A server that gives each one something else.
    let url = server(|mut stream| {
        let port = stream.peer_addr().unwrap().port();
        reply(&mut stream, &format!("HTTP/1.0 200 OK\r\n\r\n{port}"));
    });
    let (status, printed, _) = fails(&format!("BR --base-url {url}"));
    assert!(
        printed.contains("br.gif is not what it should be"),
        "{printed}"
    );
    assert_eq!(status, Some(1));
}
