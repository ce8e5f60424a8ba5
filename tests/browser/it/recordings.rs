//! Recordings that are written by hand.

use serde_json::{Value, json};

/// The lines of a source file around some lines, as a recording has them.
fn sources(lines: &[(u32, &str)]) -> Vec<Value> {
    let lines = lines.iter();
    lines.map(|(line, text)| json!([0, line, text])).collect()
}

fn with_events(mut recording: Value, events: &Value) -> Value {
    let last = events
        .as_array()
        .and_then(|all| all.last())
        .map_or(0, |event| event[0].as_i64().unwrap_or_default());
    recording["events"] = events.clone();
    recording["duration"] = json!(last + 1_000);
    recording
}

fn task(number: u32, name: &str, origin: i32) -> Value {
    json!({ "kind": "task", "name": name, "number": number, "origin": origin })
}

/// Three downloads: one is cancelled, one fails, one ends. All that can happen on a loop happens, except a panic.
pub(crate) fn downloads() -> Value {
    let recording = json!({
        "version": 1, "title": "downloads", "kind": "loop", "unit": "s",
        "limit": { "bytes": 67_108_864, "kept": "newest", "dropped": 0 },
        "files": ["src/flags.rs", "src/http.rs"],
        "frames": [
            [0, 31, "flags::download_one"], [0, 22, "flags::get_flag"], [1, 80, "http::request"],
            [0, 44, "flags::download_many"], [0, 60, "flags::download_many"], [0, 42, "flags::download_one"],
            [0, 23, "flags::get_flag"], [1, 95, "http::read"], [0, 50, "flags::progress"], [0, 43, "flags::progress"],
        ],
        "chains": [[0, 1, 2], [3], [0, 6, 7], [8]],
        "sources": sources(&[
            (20, "fn get_flag(co: &Co, cc: &str) -> Result<Vec<u8>> {"),
            (21, "    let url = format!(\"{BASE_URL}/{cc}/{cc}.gif\");"),
            (22, "    let resp = co.yield_from(request(\"GET\", url))?;"),
            (23, "    let image = co.yield_from(resp.read())?;"), (24, "    Ok(image)"),
            (30, "fn download_one(co: &Co, cc: &str) -> Result<()> {"),
            (31, "    let image = co.yield_from(get_flag(cc))?;"), (32, "    save_flag(&image, cc)"),
            (42, "    let to_do = codes.map(|cc| create_task(download_one(cc)));"),
            (43, "    let shown = create_task(progress());"),
            (44, "    let done = co.yield_from(wait(to_do))?;"), (45, "    Ok(done.len())"),
            (50, "    co.yield_from(sleep(0.01))?;"),
            (60, "    event_loop.run_until_complete(download_many)"),
        ]),
        "tracks": [task(1, "Task-1", 4), task(2, "BR", 5), task(3, "CN", 5), task(4, "Task-4", 9)],
        "waits": [
            ["socket", "socket 5, to be read", -1], ["task", "BR", 1], ["socket", "socket 6, to be read", -1],
            ["sleep", "sleep 0.01 s", -1], ["task", "CN", 2],
        ],
    });
    with_events(recording, &download_events())
}

fn download_events() -> Value {
    serde_json::from_str(include_str!("recordings/downloads.json")).expect("JSON")
}

/// A generator that averages, and one that delegates to it.
pub(crate) fn averages() -> Value {
    let recording = json!({
        "version": 1, "title": "averages", "kind": "generators", "unit": "s",
        "files": ["src/averager.rs"],
        "frames": [[0, 12, "averager"], [0, 30, "averager"], [0, 20, "grouper"]],
        "chains": [[0], [2, 0]],
        "sources": sources(&[(11, "    loop {"), (12, "        let term = co.yield_(average)?;"), (20, "    let average = co.yield_from(averager)?;")]),
        "tracks": [
            { "kind": "generator", "name": "Generator-1", "number": 1, "origin": 1 },
            { "kind": "generator", "name": "Generator-2", "number": 2, "origin": 2 },
        ],
    });
    let events = json!([
        [0, "made", 0, -1],
        [1_000, "begin", 0, "next"],
        [2_000, "end", 0, "yielded", 0, -1, "None"],
        [3_000, "begin", 0, "send", "10.0"],
        [4_000, "end", 0, "yielded", 0, -1, "Some(10.0)"],
        [5_000, "made", 1, -1],
        [6_000, "begin", 1, "next"],
        [6_500, "begin", 0, "throw", "ValueError: no number"],
        [7_000, "end", 0, "error", -1, -1, "ValueError: no number"],
        [8_000, "end", 1, "yielded", 1, -1],
        [9_000, "begin", 1, "close"],
        [10_000, "end", 1, "panicked", -1, -1, "no way out"],
    ]);
    with_events(recording, &events)
}

/// A car that parks and drives, in simulated time.
pub(crate) fn car() -> Value {
    let recording = json!({
        "version": 1, "title": "car", "kind": "simulation", "unit": "simulated",
        "files": [], "frames": [[0, 5, "car"]], "chains": [[0]],
        "tracks": [{ "kind": "process", "name": "car", "number": 1, "origin": 0 }],
        "waits": [["timeout", "timeout 5", -1]],
    });
    let events = json!([
        [0, "made", 0, -1],
        [0, "begin", 0, "resume"],
        [0, "end", 0, "waits", 0, 0],
        [5_000_000_000_i64, "begin", 0, "resume"],
        [5_000_000_000_i64, "end", 0, "result", -1, -1, "()"],
    ]);
    with_events(recording, &events)
}

/// Tasks with these names, each of which waits for the next one, and the last one for the first.
pub(crate) fn circle(names: &[&str]) -> Value {
    let number = |i: usize| u32::try_from(i).expect("few");
    let tracks: Vec<Value> = (0..names.len())
        .map(|i| task(number(i) + 1, names[i], 0))
        .collect();
    let waits: Vec<Value> = (0..names.len())
        .map(|i| {
            json!([
                "lock",
                format!("lock of {}", names[(i + 1) % names.len()]),
                (i + 1) % names.len()
            ])
        })
        .collect();
    let recording = json!({
        "version": 1, "title": names[0], "kind": "loop", "unit": "s",
        "files": ["src/<i>circle</i>.rs"], "frames": [[0, 3, "<b>::run"]], "chains": [[0]],
        "sources": sources(&[(3, "let text = \"</script><b>bold</b>\";")]),
        "tracks": tracks, "waits": waits,
    });
    let made = (0..names.len()).map(|i| json!([i, "made", i, -1]));
    let waiting = (0..names.len()).map(|i| json!([100 + i, "end", i, "waits", 0, i]));
    let events: Vec<Value> = made.chain(waiting).collect();
    with_events(recording, &json!(events))
}

/// A recording in which nothing ran.
pub(crate) fn nothing() -> Value {
    json!({ "version": 1, "title": "nothing", "kind": "loop", "unit": "s", "duration": 0, "events": [], "tracks": [] })
}
