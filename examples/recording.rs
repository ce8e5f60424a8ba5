//! `--trace FILE` of the examples: the file is tried before the run, and written after it.

use std::path::PathBuf;

use yieldfrom::simulation::Env;
use yieldfrom::trace::TraceOptions;
use yieldfrom::{
    EventLoop, GeneratorRecording, Result, SimulationRecording, Trace, TraceFile,
    record_generators, record_simulation,
};

/// A recording that is written at the end, if one was asked for.
#[derive(Debug, Default)]
pub struct Recording(Option<(TraceFile, What)>);

#[derive(Debug)]
enum What {
    Loop(EventLoop),
    Generators(GeneratorRecording),
    Simulation(SimulationRecording),
}

impl Recording {
    /// Begins to record a loop, if there is a path.
    pub fn of_loop(path: Option<&PathBuf>, event_loop: &EventLoop) -> Result<Self> {
        Self::begin(path, || {
            event_loop.start_trace(None)?;
            Ok(What::Loop(event_loop.clone()))
        })
    }

    /// Begins to record the generators of this thread, if there is a path.
    pub fn of_generators(path: Option<&PathBuf>, options: TraceOptions) -> Result<Self> {
        Self::begin(path, || Ok(What::Generators(record_generators(options)?)))
    }

    /// Begins to record the processes of a simulation, if there is a path.
    pub fn of_simulation(path: Option<&PathBuf>, env: &Env) -> Result<Self> {
        Self::begin(path, || Ok(What::Simulation(record_simulation(env, None))))
    }

    fn begin(path: Option<&PathBuf>, record: impl FnOnce() -> Result<What>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        Ok(Self(Some((TraceFile::create(path)?, record()?))))
    }

    /// Writes what was recorded. The error of the run comes before one of the file.
    pub fn write_after<T>(self, result: Result<T>) -> Result<T> {
        let written = self.write();
        result.and_then(|value| written.map(|()| value))
    }

    fn write(self) -> Result<()> {
        match self.0 {
            Some((file, what)) => file.write(&what.stop()?),
            None => Ok(()),
        }
    }
}

impl What {
    fn stop(self) -> Result<Trace> {
        Ok(match self {
            Self::Loop(event_loop) => event_loop.stop_trace()?,
            Self::Generators(recording) => recording.stop(),
            Self::Simulation(recording) => recording.stop(),
        })
    }
}
