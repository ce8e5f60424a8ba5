//! A cable that takes its time: SimPy's "Event Latency".
//!
//! Neither the sender nor the receiver knows of the delay. Each message travels in a process of its own, so several can be
//! on their way at once.
//!
//! ```text
//! cargo run --release --example event_latency
//! ```

use std::path::PathBuf;

use clap::Parser;
use examples::recording::Recording;
use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Get, Store};

/// Runs the simulation and prints what happens.
#[derive(Debug, Parser)]
struct Options {
    /// Write what happens into this file: a page that plays it (.html), a picture (.svg) or a Chrome trace
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

const INTERVAL: i32 = 5;
const DELAY: i32 = 10;
const END: i32 = 100;

#[derive(Clone)]
struct Cable {
    env: Env,
    far_end: Store<String>,
}

impl Cable {
    fn new(env: &Env) -> Self {
        Self {
            env: env.clone(),
            far_end: Store::new(env),
        }
    }

    /// Sends a message off, and returns at once.
    fn put(&self, message: String) {
        let cable = self.clone();
        self.env.process(move |co| {
            co.yield_from(cable.env.timeout(DELAY))?;
            cable.far_end.put(message);
            Ok(())
        });
    }

    fn get(&self) -> Get<String> {
        self.far_end.get()
    }
}

fn sender(co: &Co, env: &Env, cable: &Cable) -> Result<()> {
    loop {
        co.yield_from(env.timeout(INTERVAL))?;
        cable.put(format!("Sender sent this at {}", env.now()));
    }
}

fn receiver(co: &Co, env: &Env, cable: &Cable) -> Result<()> {
    loop {
        let message = co.yield_from(cable.get())?;
        println!("Received this at {} while {message}", env.now());
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let env = Environment::new();
    let recording = Recording::of_simulation(options.trace.as_ref(), &env)?;
    println!("Event Latency");
    let cable = Cable::new(&env);
    let (handle, near_end) = (env.handle(), cable.clone());
    env.process(move |co| sender(co, &handle, &near_end));
    let handle = env.handle();
    env.process(move |co| receiver(co, &handle, &cable));
    recording.write_after(env.run_until(END))
}
