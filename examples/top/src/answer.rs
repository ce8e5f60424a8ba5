//! What the monitor answers.

use serde::Deserialize;

/// The version of the answers that this program reads.
pub(crate) const VERSION: u32 = 1;

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Answer {
    pub(crate) process: Process,
    pub(crate) is_running: bool,
    pub(crate) has_answered: bool,
    pub(crate) entry: Option<Entry>,
    pub(crate) snapshot: Option<Snapshot>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) program: Option<String>,
    pub(crate) thread: Option<String>,
}

/// What runs now.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Entry {
    pub(crate) task: Option<String>,
    pub(crate) what: String,
    pub(crate) seconds: f64,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Snapshot {
    pub(crate) age_seconds: f64,
    pub(crate) loop_time_seconds: f64,
    pub(crate) metrics: Metrics,
    pub(crate) turns: Turns,
    pub(crate) tasks: Vec<Task>,
    pub(crate) tasks_left_out: usize,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Metrics {
    pub(crate) turns: u64,
    pub(crate) tasks: usize,
    pub(crate) tasks_made: u64,
    pub(crate) ready: usize,
    pub(crate) timers: usize,
    pub(crate) descriptors: usize,
    pub(crate) descriptor_waits: usize,
    pub(crate) jobs: usize,
    pub(crate) children: usize,
    pub(crate) threads: usize,
    pub(crate) stacks: usize,
    pub(crate) idle_stacks: usize,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Turns {
    pub(crate) per_second: Option<f64>,
    pub(crate) p50_seconds: Option<f64>,
    pub(crate) p99_seconds: Option<f64>,
    pub(crate) longest_seconds: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Task {
    pub(crate) number: u32,
    pub(crate) name: String,
    pub(crate) coroutine: Place,
    pub(crate) waits_for: Option<Wait>,
    /// For how long; none if it waits since before somebody watched.
    pub(crate) seconds: Option<f64>,
    pub(crate) awaits: Vec<u32>,
    pub(crate) stack: Vec<Place>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Wait {
    pub(crate) what: String,
    pub(crate) holder: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}:{}", self.name, self.file, self.line)
    }
}

impl Place {
    /// Returns it without the folders of the file.
    pub(crate) fn short(&self) -> String {
        let file = self.file.rsplit('/').next().unwrap_or(&self.file);
        format!("{} {file}:{}", self.name, self.line)
    }
}

impl Answer {
    pub(crate) fn tasks(&self) -> &[Task] {
        self.snapshot.as_ref().map_or(&[], |it| &it.tasks)
    }

    /// Returns what the loop does, in a few words.
    pub(crate) fn state(&self) -> String {
        match &self.entry {
            Some(entry) if !self.has_answered => {
                let task = entry.task.iter().map(|task| format!("{task} "));
                let task: String = task.collect();
                let span = crate::spans::span(entry.seconds);
                format!("held for {span} by {task}{}", entry.what)
            }
            _ if self.has_answered => "running".to_owned(),
            _ if self.is_running => "does not answer".to_owned(),
            _ => "not running".to_owned(),
        }
    }
}

impl Task {
    /// Returns what it waits for.
    pub(crate) fn reason(&self, tasks: &[Task]) -> String {
        let Some(wait) = &self.waits_for else {
            return "ready".to_owned();
        };
        let holder = wait.holder.and_then(|holder| find(tasks, holder));
        match holder {
            Some(holder) => format!("{}, held by {}", wait.what, holder.name),
            None => wait.what.clone(),
        }
    }

    /// Returns whether a text occurs in what is shown of it, in whatever case.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let has = |shown: &str| shown.to_lowercase().contains(&text);
        has(&self.name)
            || has(&self.coroutine.to_string())
            || self.waits_for.iter().any(|wait| has(&wait.what))
            || self.stack.iter().any(|place| has(&place.to_string()))
    }
}

pub(crate) fn find(tasks: &[Task], number: u32) -> Option<&Task> {
    tasks.iter().find(|task| task.number == number)
}
