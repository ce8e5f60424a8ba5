//! A browser with one page, and what a test does with it.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::driver::{Driver, capabilities};

/// How WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Only for what would never come.
const PATIENCE: Duration = Duration::from_secs(100);

/// Keys, as WebDriver names them.
pub(crate) mod keys {
    pub(crate) const SPACE: &str = " ";
    pub(crate) const END: &str = "\u{E010}";
    pub(crate) const HOME: &str = "\u{E011}";
    pub(crate) const LEFT: &str = "\u{E012}";
    pub(crate) const RIGHT: &str = "\u{E014}";
    pub(crate) const SHIFT: &str = "\u{E008}";
}

/// A browser that is closed when this is dropped.
pub(crate) struct Browser {
    driver: Driver,
    session: String,
}

impl Browser {
    /// Starts a browser, if there is one.
    pub(crate) fn start() -> Option<Self> {
        let driver = Driver::start()?;
        let session = driver.call("/session", &capabilities());
        let session = session.unwrap_or_else(|error| panic!("no browser: {error}"));
        let session = session["sessionId"].as_str().expect("a session").to_owned();
        Some(Self { driver, session })
    }

    fn call(&self, command: &str, body: &Value) -> Value {
        let path = format!("/session/{}/{command}", self.session);
        let answer = self.driver.call(&path, body);
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens a file at a place, such as `#step=5`.
    pub(crate) fn open(&self, file: &Path, place: &str) {
        let url = format!("file://{}{place}", file.display());
        self.call("url", &json!({ "url": url }));
    }

    /// Runs the body of a function in the page, and returns its result.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.call("execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_until(&self, condition: &str) {
        let began = Instant::now();
        while self.script(&format!("return Boolean({condition})")) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "never: {condition}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the text that an element shows.
    pub(crate) fn text(&self, selector: &str) -> String {
        let text = self.script(&format!(
            "return document.querySelector({selector:?}).textContent"
        ));
        text.as_str().expect("a text").to_owned()
    }

    fn element(&self, selector: &str) -> Value {
        let using = json!({ "using": "css selector", "value": selector });
        self.call("element", &using)
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        let id = element[ELEMENT].as_str().expect("an element");
        self.call(&format!("element/{id}/click"), &json!({}));
    }

    /// Types a text into an element.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        let id = element[ELEMENT].as_str().expect("an element");
        self.call(&format!("element/{id}/value"), &json!({ "text": text }));
    }

    /// Presses keys together, and releases them.
    pub(crate) fn press(&self, keys: &[&str]) {
        let down = keys
            .iter()
            .map(|key| json!({ "type": "keyDown", "value": key }));
        let up = keys.iter().rev();
        let up = up.map(|key| json!({ "type": "keyUp", "value": key }));
        let actions: Vec<Value> = down.chain(up).collect();
        self.act(json!({ "type": "key", "id": "keyboard", "actions": actions }));
    }

    /// Turns the wheel over a point of an element, counted from its middle.
    pub(crate) fn wheel(&self, selector: &str, x: i32, y: i32, turn: i32) {
        let scroll = json!({
            "type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": turn, "duration": 0,
            "origin": self.element(selector),
        });
        self.act(json!({ "type": "wheel", "id": "wheel", "actions": [scroll] }));
    }

    /// Moves the mouse over points of an element, with the button down from the first one on if it is a drag.
    pub(crate) fn mouse(&self, selector: &str, points: &[(i32, i32)], is_drag: bool) {
        let element = self.element(selector);
        let mut actions = Vec::new();
        for (i, (x, y)) in points.iter().enumerate() {
            actions.push(
                json!({ "type": "pointerMove", "x": x, "y": y, "duration": 0, "origin": element }),
            );
            if is_drag && i == 0 {
                actions.push(json!({ "type": "pointerDown", "button": 0 }));
            }
        }
        if is_drag {
            actions.push(json!({ "type": "pointerUp", "button": 0 }));
        }
        self.act(json!({
            "type": "pointer", "id": "mouse", "parameters": { "pointerType": "mouse" }, "actions": actions,
        }));
    }

    fn act(&self, source: Value) {
        self.call("actions", &json!({ "actions": [source] }));
    }

    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Prefers `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    fn devtools(&self, command: &str, parameters: Value) {
        let body = json!({ "cmd": command, "params": parameters });
        self.call("goog/cdp/execute", &body);
    }

    /// Fails if the page has written anything to the console.
    pub(crate) fn assert_quiet(&self) {
        let log = self.call("se/log", &json!({ "type": "browser" }));
        assert_eq!(log, json!([]), "the console");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver would leave the browser alone.
        let _ = self.driver.delete(&format!("/session/{}", self.session));
    }
}
