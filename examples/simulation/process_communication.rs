//! Processes that send messages to each other: SimPy's "Process Communication".
//!
//! A store is a pipe from one process to another one. To tell several consumers the same, each gets a store of its own. A
//! consumer that was busy when a message came finds it later, and sees by the time in it that it is late.
//!
//! ```text
//! cargo run --release --example process_communication -- --seed 7
//! ```

mod options;

use yieldfrom::Result;
use yieldfrom::simulation::{AsEvent, Co, Condition, Env, Environment, Store};

use crate::options::SharedRandom;

const END: i32 = 100;

#[derive(Clone)]
struct Message {
    sent: f64,
    text: String,
}

/// A pipe with any number of ends, all of which get every message.
struct BroadcastPipe {
    env: Env,
    ends: Vec<Store<Message>>,
}

impl BroadcastPipe {
    fn new(env: &Env) -> Self {
        Self {
            env: env.clone(),
            ends: Vec::new(),
        }
    }

    /// Makes one more end.
    fn end(&mut self) -> Store<Message> {
        let end = Store::new(&self.env);
        self.ends.push(end.clone());
        end
    }

    /// Puts a message into all ends. The event is processed when each of them has had room.
    fn put(&self, message: Message) -> Condition {
        let puts = self.ends.iter().map(|end| end.put(message.clone()));
        self.env.all_of(puts)
    }
}

/// What all processes of a run need.
#[derive(Clone)]
struct Model {
    env: Env,
    random: SharedRandom,
}

impl Model {
    fn new(env: &Env, random: &SharedRandom) -> Self {
        Self {
            env: env.clone(),
            random: random.clone(),
        }
    }

    /// Sends messages at random times, and does not wait until there is room for them.
    fn generator<E: AsEvent>(&self, co: &Co, send: impl Fn(Message) -> E) -> Result<()> {
        loop {
            self.pause(co, 6, 10)?;
            let sent = self.env.now();
            let text = format!("Generator A says hello at {sent}");
            send(Message { sent, text });
        }
    }

    fn consumer(&self, co: &Co, name: &str, pipe: &Store<Message>) -> Result<()> {
        loop {
            let Message { sent, text } = co.yield_from(pipe.get())?;
            let now = self.env.now();
            if sent < now {
                println!("LATE Getting Message: at time {now}: {name} received message: {text}");
            } else {
                println!("at time {now}: {name} received message: {text}.");
            }
            self.pause(co, 4, 8)?;
        }
    }

    fn pause(&self, co: &Co, shortest: i64, longest: i64) -> Result<()> {
        let time = self.random.borrow_mut().randint(shortest, longest);
        co.yield_from(self.env.timeout(time))
    }

    fn start_generator<E: AsEvent>(&self, send: impl Fn(Message) -> E + 'static) {
        let model = self.clone();
        self.env.process(move |co| model.generator(co, send));
    }

    fn start_consumer(&self, name: &'static str, pipe: Store<Message>) {
        let model = self.clone();
        self.env.process(move |co| model.consumer(co, name, &pipe));
    }
}

fn one_to_one(env: &Environment, random: &SharedRandom) -> Result<()> {
    println!("\nOne-to-one pipe communication\n");
    let model = Model::new(env, random);
    let pipe = Store::new(env);
    let sender = pipe.clone();
    model.start_generator(move |message| sender.put(message));
    model.start_consumer("Consumer A", pipe);
    env.run_until(END)
}

fn one_to_many(env: &Environment, random: &SharedRandom) -> Result<()> {
    println!("\nOne-to-many pipe communication\n");
    let model = Model::new(env, random);
    let mut pipe = BroadcastPipe::new(env);
    let (first, second) = (pipe.end(), pipe.end());
    model.start_generator(move |message| pipe.put(message));
    model.start_consumer("Consumer A", first);
    model.start_consumer("Consumer B", second);
    env.run_until(END)
}

fn main() -> Result<()> {
    let (first, second) = (Environment::new(), Environment::new());
    // Times of two environments do not go together: the second one is recorded.
    let (random, recording) = options::begin(&second)?;
    println!("Process communication");
    one_to_one(&first, &random)?;
    recording.write_after(one_to_many(&second, &random))
}
