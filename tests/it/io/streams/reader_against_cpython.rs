//! Programs for a reader, invented at random, run here and by CPython.

use fastrand::Rng;
use serde_json::{Value as Json, json};
use yieldfrom::{
    Co, Error, IncompleteReadError, LimitOverrunError, Limited, Result, RuntimeError, StreamReader,
    Task, ValueError, create_task, wait, yield_now,
};

use crate::support::comparison::Comparison;
use crate::support::{Journal, run_virtual};

fn show(data: &[u8]) -> String {
    String::from_utf8_lossy(data).replace('\n', "$")
}

fn describe(result: Result<Vec<u8>>) -> String {
    let error = match result {
        Ok(data) => return format!("data {}", show(&data)),
        Err(error) => error,
    };
    if let Some(incomplete) = error.downcast_ref::<IncompleteReadError>() {
        let expected = incomplete.expected();
        let expected = expected.map_or("None".to_owned(), |n| n.to_string());
        format!("incomplete {} of {expected}", show(incomplete.partial()))
    } else if let Some(overrun) = error.downcast_ref::<LimitOverrunError>() {
        format!("overrun {}", overrun.consumed())
    } else if error.is_cancelled() {
        "cancelled".to_owned()
    } else if error.is::<ValueError>() {
        "ValueError".to_owned()
    } else if error.is::<RuntimeError>() {
        "RuntimeError".to_owned()
    } else {
        format!("failed {error}")
    }
}

struct Program {
    reader: StreamReader,
    tasks: Vec<(Task<()>, String)>,
    journal: Journal,
}

impl Program {
    fn start(&mut self, op: &Json) {
        let name = op["op"].as_str().unwrap().to_owned();
        let n = op["n"].as_u64().map(|n| n as usize);
        let reader = &self.reader;
        let task = match &*name {
            "read" | "readall" => self.spawn(&name, reader.read(n)),
            "readline" => self.spawn(&name, reader.readline()),
            "readexactly" => self.spawn(&name, reader.readexactly(n.unwrap())),
            _ => {
                let separator = op["separator"].as_str().unwrap();
                self.spawn(&name, reader.readuntil(separator.as_bytes()))
            }
        };
        self.tasks.push((task, name));
    }

    /// Returns whether nothing is lost with CPython's reader.
    fn can_begin(&self, name: &str) -> bool {
        let searches = |name: &str| matches!(name, "readline" | "readuntil");
        let others = self.tasks.iter().filter(|(task, _)| !task.done());
        others
            .map(|(_, name)| name)
            .all(|other| name != "readall" && !searches(other))
    }

    /// Returns whether an exception finds nothing before it, which CPython would lose.
    fn can_fail(&self) -> bool {
        let mut others = self.tasks.iter().filter(|(task, _)| !task.done());
        others.all(|(_, name)| name != "readall") && !format!("{:?}", self.reader).contains("bytes")
    }

    fn spawn(&self, name: &str, read: impl Limited<Output = Vec<u8>> + 'static) -> Task<()> {
        let line = format!("{} {name}", self.tasks.len());
        let journal = self.journal.clone();
        create_task(move |co: &Co| {
            let result = describe(read.wait_here(co));
            journal.note(format!("{line} {result}"));
            Ok(())
        })
    }

    fn step(&mut self, co: &Co, op: &Json) -> Result<()> {
        match op["op"].as_str().unwrap() {
            "feed" if self.reader.exception().is_some() => {}
            "feed" => {
                let fed = self
                    .reader
                    .feed_data(op["data"].as_str().unwrap().as_bytes());
                if fed.is_err() {
                    self.journal.note("feed refused");
                }
            }
            "eof" => self.reader.feed_eof(),
            "exception" => {
                co.yield_from(yield_now())?;
                if self.can_fail() {
                    let message = op["message"].as_str().unwrap();
                    self.reader.set_exception(Error::msg(message));
                }
            }
            "turn" => {
                co.yield_from(yield_now())?;
                if self.reader.exception().is_none() {
                    let ended = self.reader.at_eof();
                    let state = if ended { "ended" } else { "open" };
                    self.journal.note(format!("turn, {state}"));
                }
            }
            "cancel" => {
                let cancellable = self.tasks.iter().filter(|(_, name)| name != "readall");
                let tasks: Vec<_> = cancellable.map(|(task, _)| task).collect();
                if !tasks.is_empty() {
                    tasks[op["task"].as_u64().unwrap() as usize % tasks.len()].cancel();
                }
            }
            name if self.can_begin(name) => {
                self.start(op);
                co.yield_from(yield_now())?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn play(scenario: &Json) -> Option<String> {
    let (scenario, journal) = (scenario.clone(), Journal::default());
    let notes = journal.clone();
    run_virtual(move |co: &Co| {
        let limit = scenario["limit"].as_u64().unwrap();
        let mut program = Program {
            reader: StreamReader::new(limit as usize)?,
            tasks: Vec::new(),
            journal: notes,
        };
        for op in scenario["ops"].as_array().unwrap() {
            program.step(co, op)?;
        }
        for (task, _) in &program.tasks {
            task.cancel();
        }
        for (task, _) in program.tasks {
            co.yield_from(wait([task]))?;
        }
        Ok(())
    })
    .unwrap();
    Some(journal.take().into_iter().map(|line| line + "\n").collect())
}

fn text(rng: &mut Rng, most: usize) -> String {
    let letters = ['a', 'a', 'b', ';', '\n'];
    let length = rng.usize(1..=most);
    (0..length)
        .map(|_| letters[rng.usize(..letters.len())])
        .collect()
}

fn operation(rng: &mut Rng) -> Json {
    match rng.u32(..100) {
        0..30 => json!({"op": "feed", "data": text(rng, 6)}),
        30..33 => json!({"op": "feed", "data": text(rng, 30)}),
        33..34 => json!({"op": "feed", "data": ""}),
        34..50 => json!({"op": "turn"}),
        50..53 => json!({"op": "eof"}),
        53..56 => json!({"op": "exception", "message": text(rng, 3).replace('\n', "!")}),
        56..61 => json!({"op": "cancel", "task": rng.u32(..5)}),
        61..71 => json!({"op": "read", "n": rng.u32(..7)}),
        71..73 => json!({"op": "readall"}),
        73..82 => json!({"op": "readline"}),
        82..91 => {
            let separator = if rng.u32(..20) == 0 {
                String::new()
            } else {
                text(rng, 3)
            };
            json!({"op": "readuntil", "separator": separator})
        }
        _ => json!({"op": "readexactly", "n": rng.u32(..12)}),
    }
}

fn scenario(seed: u64) -> Json {
    let mut rng = Rng::with_seed(seed);
    let length = rng.usize(3..25);
    let ops: Vec<Json> = (0..length).map(|_| operation(&mut rng)).collect();
    json!({"name": format!("reader {seed}"), "limit": rng.u32(1..9), "ops": ops})
}

const COMPARISON: Comparison = Comparison {
    reference: "stream_reader",
    versions: [(3, 11, 0), (3, 13, 0)],
    most_unknown: 0,
    play,
};

#[test]
fn readers_read_as_those_of_cpython() {
    COMPARISON.check_random(2_000, scenario);
}

#[test]
fn random_programs_come_to_what_is_interesting() {
    COMPARISON.assert_traces_have(
        (1..1_000).map(scenario),
        10,
        &[
            "readline data ",
            "readline ValueError",
            "readuntil overrun",
            "readuntil incomplete",
            "readexactly incomplete",
            "readall data ",
            "RuntimeError",
            "cancelled",
            "failed",
            "feed refused",
            "turn, ended",
        ],
    );
}
