//! A running average: a generator is sent numbers and yields the average so far.

use yieldfrom_delegation::GeneratorState::Yielded;
use yieldfrom_delegation::{Generator, Result};

fn averager() -> Generator<Option<f64>, f64> {
    Generator::new(|co| {
        let mut total = 0.0;
        let mut count = 0;
        let mut average = None;
        loop {
            let term = co.yield_(average)?;
            total += term;
            count += 1;
            average = Some(total / f64::from(count));
        }
    })
}

fn main() -> Result<()> {
    let coro_avg = averager();
    coro_avg.next()?; // To the first yield: no average so far.
    for term in [10.0, 30.0, 5.0] {
        if let Yielded(Some(average)) = coro_avg.send(term)? {
            println!("{average:?}");
        }
    }
    Ok(())
}
