//! A ticket counter for three movies, whose queue people leave when their movie is sold out: SimPy's "Movie Renege".
//!
//! "Sold out" is one event for all who want to see that movie: each of them waits for it, or for the counter.
//!
//! ```text
//! cargo run --release --example movie_renege -- --seed 7
//! ```

mod options;

use std::cell::Cell;
use std::rc::Rc;

use yieldfrom::Result;
use yieldfrom::simulation::{Co, Env, Environment, Event, Resource};

use crate::options::SharedRandom;

const MOVIES: [&str; 3] = ["Python Unchained", "Kill Process", "Pulp Implementation"];
const TICKETS: i64 = 50;
/// With fewer tickets than this left, a movie is sold out.
const FEW_TICKETS: i64 = 2;
// Minutes.
const MEAN_INTERVAL: f64 = 0.5;
const DISCUSSION: f64 = 0.5;
const PURCHASE: f64 = 1.0;
const END: i32 = 120;

struct Movie {
    title: &'static str,
    tickets: Cell<i64>,
    sold_out: Event,
    sold_out_at: Cell<Option<f64>>,
    renegers: Cell<u32>,
}

#[derive(Clone)]
struct Theater {
    env: Env,
    counter: Resource,
    movies: Vec<Rc<Movie>>,
    random: SharedRandom,
}

impl Movie {
    fn new(env: &Env, title: &'static str) -> Rc<Self> {
        Rc::new(Self {
            title,
            tickets: Cell::new(TICKETS),
            sold_out: env.event(),
            sold_out_at: Cell::new(None),
            renegers: Cell::new(0),
        })
    }

    fn sell(&self, tickets: i64, now: f64) -> Result<()> {
        self.tickets.set(self.tickets.get() - tickets);
        if self.tickets.get() < FEW_TICKETS {
            self.sold_out.succeed(())?;
            self.sold_out_at.set(Some(now));
            self.tickets.set(0);
        }
        Ok(())
    }
}

impl Theater {
    fn arrivals(&self, co: &Co) -> Result<()> {
        loop {
            let interval = self.random.borrow_mut().expovariate(1.0 / MEAN_INTERVAL);
            co.yield_from(self.env.timeout(interval))?;
            let movie = Rc::clone(self.random.borrow_mut().choice(&self.movies));
            let tickets = self.random.borrow_mut().randint(1, 6);
            if movie.tickets.get() > 0 {
                let theater = self.clone();
                self.env
                    .process(move |co| theater.moviegoer(co, &movie, tickets));
            }
        }
    }

    fn moviegoer(&self, co: &Co, movie: &Movie, tickets: i64) -> Result<()> {
        let turn = self.counter.request();
        let happened = co.yield_from(&turn | &movie.sold_out)?;
        if !happened.contains(&turn) {
            movie.renegers.set(movie.renegers.get() + 1);
            return Ok(());
        }
        if movie.tickets.get() < tickets {
            return co.yield_from(self.env.timeout(DISCUSSION));
        }
        movie.sell(tickets, self.env.now())?;
        co.yield_from(self.env.timeout(PURCHASE))
    }
}

fn main() -> Result<()> {
    let env = Environment::new();
    let (random, recording) = options::begin(&env)?;
    println!("Movie renege");
    let movies = MOVIES.map(|title| Movie::new(&env, title));
    let theater = Theater {
        env: env.handle(),
        counter: Resource::new(&env, 1)?,
        movies: movies.to_vec(),
        random,
    };
    env.process(move |co| theater.arrivals(co));
    recording.write_after(env.run_until(END))?;

    for movie in &movies {
        if let Some(time) = movie.sold_out_at.get() {
            let (title, renegers) = (movie.title, movie.renegers.get());
            println!("Movie \"{title}\" sold out {time:.1} minutes after ticket counter opening.");
            println!("  Number of people leaving queue when film sold out: {renegers}");
        }
    }
    Ok(())
}
