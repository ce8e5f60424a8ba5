//! The files that are made of a recording.

use std::fs;
use std::io;
use std::path::PathBuf;

use roxmltree::Document;
use yieldfrom::{Co, EventLoop, Result, Trace, TraceFile, create_task, gather, sleep};

use super::Chrome;
use super::page::Page;
use crate::support::{millis, secs};

/// Records some tasks with these names.
fn record(names: &[String]) -> Trace {
    let builder = EventLoop::builder().virtual_clock().trace(None);
    let event_loop = builder.build().unwrap();
    let names = names.to_vec();
    let main = move |co: &Co| {
        let tasks: Vec<_> = (1..)
            .zip(names)
            .map(|(n, name)| {
                let task = create_task(move |co: &Co| co.yield_from(sleep(millis(n))));
                task.set_name(name);
                task
            })
            .collect();
        co.yield_from(gather(tasks)).map(drop)
    };
    event_loop.run_until_complete(main).unwrap();
    event_loop.stop_trace().unwrap()
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|n| format!("worker {n}")).collect()
}

pub(super) fn picture(trace: &Trace) -> String {
    let mut picture = Vec::new();
    trace.svg(&mut picture).unwrap();
    String::from_utf8(picture).unwrap()
}

/// Returns the texts that are shown, and how many bars of each class there are.
pub(super) fn read(picture: &str) -> (Vec<String>, impl Fn(&str) -> usize + '_) {
    let document = Document::parse(picture).expect("it is XML");
    let texts = document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| {
            let own = node.children().filter(|child| child.is_text());
            own.filter_map(|text| text.text()).collect::<String>()
        })
        .map(|text| text.trim().to_owned())
        .collect();
    let classes: Vec<String> = document
        .descendants()
        .filter(|node| node.has_tag_name("rect"))
        .filter_map(|node| node.attribute("class").map(str::to_owned))
        .collect();
    let count = move |class: &str| classes.iter().filter(|it| *it == class).count();
    (texts, count)
}

/// A folder that is removed at the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let folder = format!("yieldfrom-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_picture_has_a_row_for_each_task_with_its_waits() {
    let picture = picture(&record(&names(3)));
    let (texts, count) = read(&picture);
    for name in ["event loop", "Timeline", "4 tasks, loop's virtual time"] {
        assert!(texts.iter().any(|text| text == name), "{name}: {texts:?}");
    }
    for n in 0..3 {
        let start = format!("worker {n} main()");
        let start = start.split(' ').take(2).collect::<Vec<_>>().join(" ");
        assert!(
            texts.iter().any(|text| text.starts_with(&start)),
            "{texts:?}"
        );
    }
    assert!(
        texts.iter().filter(|text| *text == "sleep").count() >= 3,
        "{texts:?}"
    );
    assert!(texts.iter().any(|text| text == "gather"), "{texts:?}");
    assert!(texts.iter().any(|text| text == "3 ms"), "{texts:?}");
    // One of each is in the legend.
    assert_eq!(count("sleep") - 1, 3);
    assert_eq!(count("task") - 1, 1);
    assert!(count("step") > 6 && count("turn") > 3);
}

#[test]
fn bars_lie_inside_the_picture() {
    let picture = picture(&record(&names(12)));
    let document = Document::parse(&picture).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> f64 {
        node.attribute(name).unwrap().parse().unwrap()
    };
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    let bars = document
        .descendants()
        .filter(|node| node.has_tag_name("rect"));
    for bar in bars.filter(|bar| bar.has_attribute("x")) {
        assert!(number(bar, "x") + number(bar, "width") <= width, "{bar:?}");
        assert!(
            number(bar, "y") + number(bar, "height") <= height,
            "{bar:?}"
        );
        assert!(number(bar, "width") >= 0.0);
    }
}

/// Returns the elements with this tag and class.
fn all<'a>(
    document: &'a Document<'a>,
    tag: &'static str,
    class: &'static str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'a>> {
    let tagged = move |node: &roxmltree::Node<'_, '_>| node.has_tag_name(tag);
    let of_class = move |node: &roxmltree::Node<'_, '_>| node.attribute("class") == Some(class);
    document.descendants().filter(tagged).filter(of_class)
}

fn number(node: roxmltree::Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn bars_are_in_the_row_of_their_task_at_their_time() {
    let picture = picture(&record(&names(3)));
    let document = Document::parse(&picture).unwrap();
    let row = |name: &str| {
        let text = document.descendants().find(|node| {
            node.has_tag_name("text") && node.text().is_some_and(|text| text.contains(name))
        });
        number(text.unwrap_or_else(|| panic!("{name} has a row")), "y")
    };
    let rows = ["worker 0", "worker 1", "worker 2"].map(row);
    let begin = number(all(&document, "line", "grid").next().unwrap(), "x1");
    // All sleep from the beginning, each longer than the one before. The first is in the legend.
    let sleeps: Vec<_> = all(&document, "rect", "sleep").skip(1).collect();
    assert_eq!(sleeps.len(), 3);
    let is_in = |bar: roxmltree::Node<'_, '_>, row: f64| {
        let (top, height) = (number(bar, "y"), number(bar, "height"));
        top < row && row < top + height
    };
    for (row, sleep) in rows.into_iter().zip(sleeps) {
        assert!(is_in(sleep, row), "{row} {sleep:?}");
        assert_eq!(number(sleep, "x"), begin, "{sleep:?}");
        let mut steps = all(&document, "rect", "step");
        assert!(steps.any(|step| is_in(step, row)), "it makes steps");
    }
}

#[test]
fn arrows_lie_inside_the_picture() {
    let picture = picture(&record(&names(300)));
    let document = Document::parse(&picture).unwrap();
    let height = number(document.root_element(), "height");
    let arrows: Vec<_> = all(&document, "line", "wake").collect();
    assert!(!arrows.is_empty());
    for arrow in arrows {
        assert!(number(arrow, "y1") < height && number(arrow, "y2") < height);
    }
}

#[test]
fn of_very_many_tasks_the_picture_shows_some_and_says_so() {
    let picture = picture(&record(&names(300)));
    let (texts, _) = read(&picture);
    assert!(
        texts.iter().any(|text| text.contains("301 tasks")),
        "{texts:?}"
    );
    assert!(
        texts
            .iter()
            .any(|text| text.contains("the first 60 tracks are shown"))
    );
    assert!(!texts.iter().any(|text| text.starts_with("worker 200")));
}

#[test]
fn names_may_be_anything() {
    let nasty = [
        "</text><script>",
        "a\u{0}b\u{7}\u{ffff}",
        "\"quoted\" & 'single'",
        "",
        "🦀\n\t\\",
    ];
    let trace = record(&nasty.map(str::to_owned));
    let chrome = Chrome::of(&trace);
    let event = chrome.events().iter().find(|event| {
        let name = event["args"]["name"].as_str();
        name.is_some_and(|name| name.starts_with("a\u{0}b\u{7}\u{ffff}"))
    });
    assert!(event.is_some(), "JSON can have everything");
    let picture = picture(&trace);
    let (texts, _) = read(&picture);
    assert!(
        texts.iter().any(|text| text.starts_with("</text><script>")),
        "{texts:?}"
    );
    assert!(
        texts
            .iter()
            .any(|text| text.starts_with("\"quoted\" & 'single'"))
    );
}

#[test]
fn an_empty_recording_makes_files_as_well() {
    let event_loop = EventLoop::builder().trace(None).build().unwrap();
    let trace = event_loop.stop_trace().unwrap();
    assert!(trace.is_empty() && trace.task_names().is_empty());
    assert!(Chrome::of(&trace).all("X", "loop").is_empty());
    assert!(Page::of(&trace).list("events").is_empty());
    drop(read(&picture(&trace)));
}

#[test]
fn times_may_be_far_apart() {
    let builder = EventLoop::builder().virtual_clock().trace(None);
    let event_loop = builder.build().unwrap();
    let main = |co: &Co| {
        co.yield_from(sleep(std::time::Duration::from_nanos(1)))?;
        co.yield_from(sleep(secs(500 * 365 * 24 * 3600)))
    };
    event_loop.run_until_complete(main).unwrap();
    let trace = event_loop.stop_trace().unwrap();
    Chrome::of(&trace);
    drop(read(&picture(&trace)));
}

#[test]
fn the_names_end_says_which_format_it_is() {
    let (trace, folder) = (record(&names(2)), Folder::new("formats"));
    let write = |name: &str| {
        let path = folder.0.join(name);
        trace.write(&path).unwrap();
        fs::read_to_string(path).unwrap()
    };
    assert!(write("run.svg").starts_with("<svg") && write("run.SVG").starts_with("<svg"));
    for name in ["run.json", "run", ".svg", "run.svg.trace"] {
        Chrome::parse(write(name).as_bytes());
    }
    let path = folder.0.join("any");
    trace.write_svg(&path).unwrap();
    drop(read(&fs::read_to_string(&path).unwrap()));
    trace.write_chrome(&path).unwrap();
    Chrome::parse(&fs::read(&path).unwrap());
}

fn fails_with_its_name(result: Result<()>, name: &str, kind: io::ErrorKind) {
    let error = result.unwrap_err();
    let inner = error.downcast_ref::<io::Error>().expect("an io::Error");
    assert_eq!(inner.kind(), kind, "{error}");
    assert!(error.to_string().contains(name), "{error}");
}

#[test]
fn a_file_that_cannot_be_made_is_an_error_that_names_it() {
    let folder = Folder::new("unwritable");
    let missing = folder.0.join("none/run.json");
    let create = |path| TraceFile::create(path).map(drop);
    let name = missing.to_string_lossy().into_owned();
    fails_with_its_name(create(missing.clone()), &name, io::ErrorKind::NotFound);
    let name = folder.0.to_string_lossy().into_owned();
    fails_with_its_name(create(folder.0.clone()), &name, io::ErrorKind::IsADirectory);
}

#[test]
fn a_disk_that_is_full_is_an_error_that_names_the_file() {
    let trace = record(&names(30));
    let full = io::ErrorKind::StorageFull;
    fails_with_its_name(trace.write("/dev/full"), "/dev/full", full);
    fails_with_its_name(trace.write_svg("/dev/full"), "/dev/full", full);
    let small = EventLoop::builder().trace(None).build().unwrap();
    let small = small.stop_trace().unwrap();
    fails_with_its_name(small.write("/dev/full"), "/dev/full", full);
}
