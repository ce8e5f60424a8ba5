//! A generator with a result: it is sent numbers until `None`, and returns count and average.

use yieldfrom_delegation::GeneratorState::{Complete, Yielded};
use yieldfrom_delegation::{Generator, Result};

struct AverageResult {
    count: u32,
    average: f64,
}

fn averager() -> Generator<(), Option<f64>, AverageResult> {
    Generator::new(|co| {
        let mut total = 0.0;
        let mut count = 0;
        while let Some(term) = co.yield_(())? {
            total += term;
            count += 1;
        }
        Ok(AverageResult {
            count,
            average: total / f64::from(count),
        })
    })
}

fn main() -> Result<()> {
    let coro_avg = averager().primed()?;
    for term in [Some(10.0), Some(30.0), Some(6.5), None] {
        match coro_avg.send(term)? {
            Yielded(()) => println!("more?"),
            Complete(AverageResult { count, average }) => {
                println!("Result(count={count}, average={average:?})");
            }
        }
    }
    Ok(())
}
