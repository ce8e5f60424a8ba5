//! A page of a recording, opened in a browser, and what it shows.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use yieldfrom::Trace;

use crate::browser::Browser;
use crate::player_page::write_page;

/// Reads what the page shows of the state of the program.
const SHOWN: &str = r"
    const all = (selector) => [...document.querySelectorAll(selector)];
    const track = (element) => Number(element.dataset.track);
    const rows = all('#task-rows tr[data-track]').map((row) => [track(row), row.querySelector('.state').dataset.state]);
    return {
        step: Number(document.querySelector('#position').value),
        sentence: document.querySelector('#sentence').textContent,
        phase: all('#phases li').findIndex((item) => item.hasAttribute('aria-current')),
        running: all('#running [data-track]').map(track),
        ready: all('#ready li[data-track]').map(track),
        timers: all('#timers tr[data-track]').map((row) => [track(row), Number(row.children[2].dataset.deadline)]),
        sockets: all('#sockets tr[data-track]').map((row) => [track(row), row.children[0].textContent, row.children[1].textContent]),
        tasks: rows,
        line: all('#source [aria-current]').map((line) => Number(line.dataset.line))[0] ?? null,
    };";

/// A page that is open.
pub(crate) struct Page {
    pub(crate) browser: Browser,
    _folder: TempDir,
}

impl Page {
    /// Opens a recording at a place, if there is a browser.
    pub(crate) fn open(recording: &Value, place: &str) -> Option<Self> {
        let title = recording["title"].as_str().unwrap_or_default();
        Self::write(place, |path| {
            let mut out = BufWriter::new(File::create(path)?);
            write_page(&mut out, title, |out| write!(out, "{recording}"))?;
            out.flush()
        })
    }

    /// Opens what is written into a file.
    pub(crate) fn write(place: &str, write: impl FnOnce(&Path) -> io::Result<()>) -> Option<Self> {
        let browser = Browser::start()?;
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("run.html");
        write(&path).expect("written");
        browser.open(&path, place);
        Some(Self {
            browser,
            _folder: folder,
        })
    }

    /// Opens the page of a real recording, and returns the recording as the page has it.
    pub(crate) fn of_trace(trace: &Trace) -> Option<(Self, Value)> {
        let page = Self::write("", |path| {
            let written = trace.write_html(path);
            written.map_err(|error| io::Error::other(error.to_string()))
        })?;
        let text = page.browser.text("#recording");
        let recording = serde_json::from_str(&text).expect("JSON");
        Some((page, recording))
    }

    /// Returns what the page shows.
    pub(crate) fn shown(&self) -> Value {
        self.browser.script(SHOWN)
    }

    /// Goes to each step, and returns what the page shows there.
    pub(crate) fn shown_at_all_steps(&self) -> Vec<Value> {
        let all = self.browser.script(&format!(
            "const read = () => {{ {SHOWN} }}; const position = document.querySelector('#position'); const all = []; \
             for (let step = 0; step <= Number(position.max); step += 1) {{ \
                 position.value = step; position.dispatchEvent(new Event('input')); all.push(read()); \
             }} return all;"
        ));
        all.as_array().expect("an array").clone()
    }

    /// Goes to a step by the address.
    pub(crate) fn go_to(&self, step: usize) {
        self.browser
            .script(&format!("location.hash = '#step={step}'"));
        self.browser.wait_until(&format!(
            "document.querySelector('#position').value === '{step}'"
        ));
    }

    pub(crate) fn sentence(&self) -> String {
        self.browser.text("#sentence")
    }
}
