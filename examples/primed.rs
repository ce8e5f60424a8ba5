//! A generator that is handed out at its first yield, ready to be sent values.
//!
//! Python programs have a decorator for this; here it is a method.

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Generator, Result};

fn averager() -> Result<Generator<f64, f64>> {
    let averager = Generator::new(|co| {
        let (mut total, mut count, mut average) = (0.0, 0, 0.0);
        loop {
            total += co.yield_(average)?;
            count += 1;
            average = total / f64::from(count);
        }
    });
    averager.primed()
}

fn main() -> Result<()> {
    let coro_avg = averager()?;
    println!("{:?}", coro_avg.state());
    for term in [40.0, 50.0] {
        if let Yielded(average) = coro_avg.send(term)? {
            println!("{average:?}");
        }
    }
    coro_avg.close()?;
    println!("{:?}", coro_avg.state());
    if coro_avg.send(60.0).is_err_and(|error| error.is_finished()) {
        println!("closed: it takes no more values");
    }
    Ok(())
}
