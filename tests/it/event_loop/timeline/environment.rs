//! `YIELDFROM_TRACE`: programs that do not know that they are recorded.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Output;

use yieldfrom::{Co, EventLoop, RuntimeError, create_task, run, sleep};

use super::Chrome;
use super::page::Page;
use super::trace_files::{Folder, read};
use crate::support::{
    again, assert_one_test_ran, failed_with, is_child, millis, output, stderr, test_path,
};

fn virtual_run(name: &'static str) {
    let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
    let main = move |co: &Co| {
        let task = create_task(|co: &Co| co.yield_from(sleep(millis(1))));
        task.set_name(name);
        co.yield_from(task)
    };
    event_loop.run_until_complete(main).unwrap();
}

/// Runs this test again with the variable set to this file of the folder.
fn recorded(test: &str, folder: &Path, name: &str) -> Output {
    let mut command = again(test);
    let run = output(command.env("YIELDFROM_TRACE", name).current_dir(folder));
    assert!(run.status.success(), "{}: {}", run.status, stderr(&run));
    assert_one_test_ran(&run, test);
    run
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn each_loop_that_runs_has_a_file() {
    let test: &str = test_path!("each_loop_that_runs_has_a_file");
    if is_child() {
        drop(EventLoop::new().unwrap());
        let outer = EventLoop::builder().virtual_clock().build().unwrap();
        outer.run_until_complete(sleep(millis(1))).unwrap();
        virtual_run("second");
        run(|co: &Co| {
            create_task(|_: &Co| Ok(())).set_name("third");
            co.yield_from(sleep(millis(1)))
        })
        .unwrap();
        outer.create_task(|_: &Co| Ok(())).set_name("first");
        outer.run_until_complete(sleep(millis(1))).unwrap();
        return outer.close().unwrap();
    }
    let folder = Folder::new("environment");
    let run = recorded(test, &folder.0, "run.html");
    assert_eq!(stderr(&run).matches("YIELDFROM_TRACE").count(), 0);
    assert_eq!(names(&folder.0), ["run-2.html", "run-3.html", "run.html"]);
    for (file, name) in [
        ("run.html", "first"),
        ("run-2.html", "second"),
        ("run-3.html", "third"),
    ] {
        let page = Page::parse(&fs::read_to_string(folder.0.join(file)).unwrap());
        assert!(
            page.list("tracks")
                .iter()
                .any(|track| track["name"] == name),
            "{file}"
        );
    }
}

#[test]
fn the_suffix_says_which_form_it_is() {
    let test: &str = test_path!("the_suffix_says_which_form_it_is");
    if is_child() {
        return virtual_run("napping");
    }
    let folder = Folder::new("environment-suffix");
    recorded(test, &folder.0, "run.json");
    Chrome::parse(&fs::read(folder.0.join("run.json")).unwrap());
    recorded(test, &folder.0, "run.svg");
    let picture = fs::read_to_string(folder.0.join("run.svg")).unwrap();
    assert!(
        read(&picture)
            .0
            .iter()
            .any(|text| text.starts_with("napping"))
    );
}

#[test]
fn a_file_that_cannot_be_written_is_said_once_and_the_program_goes_on() {
    let test: &str =
        test_path!("a_file_that_cannot_be_written_is_said_once_and_the_program_goes_on");
    if is_child() {
        virtual_run("one");
        return virtual_run("another");
    }
    let folder = Folder::new("environment-bad");
    for bad in ["run.txt", "run", ".html"] {
        let said = stderr(&recorded(test, &folder.0, bad));
        let why = "the name has to end with .html, .json or .svg; nothing is recorded";
        assert_eq!(said.matches(why).count(), 1, "{bad}: {said}");
    }
    let said = stderr(&recorded(test, &folder.0, "none/run.html"));
    assert!(
        said.contains("none/run.html") && said.contains("the run is not recorded"),
        "{said}"
    );
    assert!(names(&folder.0).is_empty());
    assert_eq!(
        stderr(&recorded(test, &folder.0, ""))
            .matches("YIELDFROM_TRACE")
            .count(),
        0
    );
}

#[test]
fn a_run_that_panics_is_written_as_well() {
    let test: &str = test_path!("a_run_that_panics_is_written_as_well");
    if is_child() {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
            let broken = |co: &Co| {
                co.yield_from(sleep(millis(1)))?;
                Ok(())
            };
            event_loop.run_until_complete(broken).unwrap();
            resume_unwind(Box::new("the program"))
        }));
        return assert!(panicked.is_err());
    }
    let folder = Folder::new("environment-panic");
    recorded(test, &folder.0, "run.html");
    let page = Page::parse(&fs::read_to_string(folder.0.join("run.html")).unwrap());
    assert!(page.story().iter().any(|line| line == "end Task-1 result"));
}

#[test]
fn a_program_that_records_itself_notices_nothing() {
    let test: &str = test_path!("a_program_that_records_itself_notices_nothing");
    if is_child() {
        let event_loop = EventLoop::builder().virtual_clock().build().unwrap();
        assert!(failed_with::<RuntimeError, _>(event_loop.stop_trace()));
        event_loop.run_until_complete(sleep(millis(1))).unwrap();
        event_loop.start_trace(None).unwrap();
        assert!(failed_with::<RuntimeError, _>(event_loop.start_trace(None)));
        event_loop.run_until_complete(sleep(millis(1))).unwrap();
        let trace = event_loop.stop_trace().unwrap();
        return assert_eq!(trace.task_names(), ["Task-2"]);
    }
    let folder = Folder::new("environment-itself");
    recorded(test, &folder.0, "run.html");
    let page = Page::parse(&fs::read_to_string(folder.0.join("run.html")).unwrap());
    let story = page.story();
    assert!(
        story.iter().any(|line| line == "end Task-1 result"),
        "what came before"
    );
    assert!(
        !story.iter().any(|line| line.contains("Task-2")),
        "{story:#?}"
    );
}
