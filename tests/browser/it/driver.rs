//! The program `chromedriver`, which starts browsers and takes commands as JSON over HTTP.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// A driver that runs, until it is dropped.
pub(crate) struct Driver {
    child: Child,
    agent: Agent,
    address: String,
    /// Driver and browser leave files behind.
    _files: TempDir,
}

impl Driver {
    /// Starts the driver, unless it or the browser is not installed.
    pub(crate) fn start() -> Option<Self> {
        if Command::new("chromium").arg("--version").output().is_err() {
            eprintln!("skipped: chromium is not installed");
            return None;
        }
        let files = TempDir::new().expect("a folder");
        // Another one may take the port before this one does. Then it ends.
        let mut attempts = (0..10).map(|_| spawn(&files));
        let started = attempts.find(|attempt| !matches!(attempt, Ok((_, None))));
        let Ok((child, port)) = started.expect("chromedriver finds a port") else {
            eprintln!("skipped: chromedriver is not installed (Debian's chromium-driver)");
            return None;
        };
        let agent = Agent::config_builder().http_status_as_error(false).build();
        Some(Self {
            child,
            agent: agent.into(),
            address: format!("http://127.0.0.1:{}", port.unwrap_or_default()),
            _files: files,
        })
    }

    /// Sends a command, and returns its result, or the error that the driver tells.
    pub(crate) fn call(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = self.agent.post(format!("{}{path}", self.address));
        answer(request.send(body.to_string()))
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, String> {
        answer(self.agent.delete(format!("{}{path}", self.address)).call())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the program, and returns the port that it has found, if any.
fn spawn(files: &TempDir) -> io::Result<(Child, Option<u16>)> {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", files.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let port = port_of(&mut child);
    if port.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok((child, port))
}

/// Reads the port that the driver has chosen from what it prints first.
fn port_of(child: &mut Child) -> Option<u16> {
    let out = BufReader::new(child.stdout.take()?);
    let mut lines = out.lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("started successfully"))?;
    // Whatever it prints later would fill the pipe.
    std::thread::spawn(move || lines.for_each(drop));
    let port = line.rsplit(' ').next()?.trim_end_matches('.');
    port.parse().ok()
}

fn answer(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Value, String> {
    let mut response = response.map_err(|error| error.to_string())?;
    let body = response.body_mut().read_to_string();
    let body = body.map_err(|error| error.to_string())?;
    let body: Value = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    match body["value"].get("error") {
        Some(error) => Err(format!("{error}: {}", body["value"]["message"])),
        None => Ok(body["value"].clone()),
    }
}

/// What a session asks for: a browser without a window, and all that is written to the console.
pub(crate) fn capabilities() -> Value {
    // Chromium refuses its sandbox to root, and small machines have little shared memory.
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--window-size=1280,900",
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": arguments },
        "goog:loggingPrefs": { "browser": "ALL" },
        "timeouts": { "script": 120_000, "pageLoad": 120_000 },
    } } })
}
