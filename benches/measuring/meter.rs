//! Takes the time of a contestant, the same way for all.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::time::{ClockId, clock_gettime};

/// How long a run should take: shorter than the time slice of a busy machine, so that
/// some runs are not interrupted, and long beside the reading of a clock.
const RUN: Duration = Duration::from_millis(2);
/// How many runs there are, and how few when they take long.
const MOST_RUNS: u32 = 40;
const FEWEST_RUNS: u32 = 3;
/// Instructions of what works longer are not counted, as that takes some fifty times as long.
const LONGEST_COUNTED: Duration = Duration::from_millis(1500);

/// What a contestant has come to in one process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) value: f64,
    /// The share of the time in which the processor worked for somebody else.
    pub(crate) foreign: f64,
    /// How many operations a call or a batch has, if instructions are to be counted.
    pub(crate) parts: Option<f64>,
}

impl Sample {
    /// A sample that is counted, not timed.
    pub(crate) fn count(value: f64) -> Self {
        Self {
            value,
            foreign: 0.0,
            parts: None,
        }
    }

    /// Shares what was measured among so many parts.
    pub(crate) fn divided(self, parts: usize) -> Self {
        Self {
            value: self.value / parts as f64,
            ..self.with_parts(parts as f64)
        }
    }

    /// Says that instructions are of no use here: the runs do much that is not timed.
    pub(crate) fn uncounted(self) -> Self {
        Self {
            parts: None,
            ..self
        }
    }

    fn with_parts(self, parts: f64) -> Self {
        Self {
            parts: self.parts.map(|before| before * parts),
            ..self
        }
    }

    /// Turns nanoseconds for one of `operations` into operations per second.
    pub(crate) fn into_rate(self, operations: f64) -> Self {
        Self {
            value: operations * 1e9 / self.value,
            ..self.with_parts(operations)
        }
    }
}

/// What a contestant has come to in one process, in each of the cases that its run answers.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub(crate) values: Vec<f64>,
    /// As in [`Sample`].
    pub(crate) foreign: f64,
}

impl From<Sample> for Samples {
    fn from(sample: Sample) -> Self {
        Self {
            values: vec![sample.value],
            foreign: sample.foreign,
        }
    }
}

/// Measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    /// How long a contestant may take after the fewest runs.
    budget: Duration,
    counting: Option<Counting>,
    /// How many messages there are in a second, where that is the same for all.
    pub(crate) load: Option<f64>,
}

/// What a process does of which somebody else counts the instructions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counting {
    /// It finds out whether these are not too many, and how many operations a call or a batch has.
    Find,
    /// It makes two runs, with so many operations each, or one; and takes no time.
    Do(u64, Option<u64>),
}

impl Meter {
    pub(crate) fn new(quick: bool) -> Self {
        Self {
            budget: if quick { 10 * RUN } else { 2 * MOST_RUNS * RUN },
            counting: None,
            load: None,
        }
    }

    /// A meter in a process of which the instructions are counted.
    pub(crate) fn counting(counting: Counting) -> Self {
        Self {
            counting: Some(counting),
            ..Self::new(true)
        }
    }

    /// Returns what each of several runs has come to, of those that measure themselves.
    ///
    /// There is one at the least: such a run may take long.
    pub(crate) fn several<T>(&self, mut run: impl FnMut() -> Result<T>) -> Result<Vec<T>> {
        let start = Instant::now();
        let mut all = vec![run()?];
        while all.len() < MOST_RUNS as usize && start.elapsed() < self.budget {
            all.push(run()?);
        }
        Ok(all)
    }

    /// Returns the nanoseconds of one call, in a loop of many.
    pub(crate) fn call(&self, mut operation: impl FnMut()) -> Sample {
        self.runs(|count| {
            let start = Instant::now();
            for _ in 0..count {
                operation();
            }
            start.elapsed()
        })
    }

    /// Returns the nanoseconds of sending a value and getting the next, in a loop of many.
    ///
    /// Peers that answer with one more than they were sent can be compared.
    #[inline(always)]
    pub(crate) fn sends(&self, mut send: impl FnMut(i64) -> i64) -> Sample {
        let (mut value, mut answer) = (0, 1);
        // What is sent does not depend on what was yielded: that would add the same delay to all.
        // And this is the only call, so that the compiler inlines it.
        let sample = self.call(|| {
            value += 1;
            answer = black_box(send(black_box(value)));
        });
        assert_eq!(answer, value + 1, "the contestant does something else");
        sample
    }

    /// Returns the nanoseconds of one operation, of which a batch has `size`.
    ///
    /// `batch` returns the time of its operations without what it has to do around them.
    pub(crate) fn batches(&self, size: usize, mut batch: impl FnMut() -> Duration) -> Sample {
        self.runs(|count| (0..count).map(|_| batch()).sum())
            .divided(size)
    }

    /// Returns the nanoseconds of one operation, of which `run` does as many as it is told.
    pub(crate) fn runs(&self, mut run: impl FnMut(u64) -> Duration) -> Sample {
        match self.counting {
            Some(Counting::Find) => return found(&mut run),
            Some(Counting::Do(first, second)) => {
                run(first);
                second.map(&mut run);
                return Sample::count(0.0);
            }
            None => {}
        }
        let count = calibrate(&mut run);
        let start = Instant::now();
        let mut best = timed(&mut run, count);
        for runs in 1..MOST_RUNS {
            if runs >= FEWEST_RUNS && start.elapsed() > self.budget {
                break;
            }
            let sample = timed(&mut run, count);
            if sample.value < best.value {
                best = sample;
            }
        }
        best
    }
}

/// Warms up, and returns how many operations make a run.
fn calibrate(run: &mut impl FnMut(u64) -> Duration) -> u64 {
    let (count, took) = doubled(run);
    let fitting = count as f64 * RUN.as_secs_f64() / took.as_secs_f64();
    (fitting as u64).max(1)
}

/// Returns the first power of two of operations that takes about a run, and its time.
fn doubled(run: &mut impl FnMut(u64) -> Duration) -> (u64, Duration) {
    let mut count = 1;
    loop {
        let took = run(count);
        if took >= RUN / 2 {
            return (count, took);
        }
        count *= 2;
    }
}

/// Does a run, and says that instructions can be counted, unless one operation takes too long for that.
fn found(run: &mut impl FnMut(u64) -> Duration) -> Sample {
    let before = processor_time();
    doubled(run);
    Sample {
        parts: Some(1.0).filter(|_| processor_time() - before < LONGEST_COUNTED),
        ..Sample::count(0.0)
    }
}

/// Takes the time of one run.
fn timed(run: &mut impl FnMut(u64) -> Duration, count: u64) -> Sample {
    let (wall, cpu) = (Instant::now(), processor_time());
    let took = run(count);
    let (cpu, wall) = (processor_time() - cpu, wall.elapsed());
    let foreign = 1.0 - cpu.as_secs_f64() / wall.as_secs_f64();
    Sample {
        value: took.as_secs_f64() * 1e9 / count as f64,
        foreign: foreign.max(0.0),
        parts: None,
    }
}

/// Returns how long the processor has worked for this process.
pub(crate) fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("this clock starts at zero")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_counted_does_as_many_operations_as_it_is_told() {
        let mut done = Vec::new();
        for second in [Some(16), None] {
            let meter = Meter::counting(Counting::Do(8, second));
            meter.runs(|count| {
                done.push(count);
                Duration::ZERO
            });
        }
        assert_eq!(done, [8, 16, 8]);
    }

    #[test]
    fn whoever_can_be_counted_says_how_many_operations_a_call_has() {
        let find = Meter::counting(Counting::Find);
        let found = |nanoseconds| find.runs(|count| Duration::from_nanos(nanoseconds * count));
        let sample = found(1000).divided(2).into_rate(5.0);
        assert_eq!(sample.parts, Some(10.0));
        assert_eq!(found(1000).uncounted().parts, None);
        assert_eq!(Sample::count(3.0).parts, None);
    }
}
