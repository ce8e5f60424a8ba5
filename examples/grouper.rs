//! Delegation: a client sends numbers through a delegating generator to a subgenerator.
//!
//! The grouper does not see the numbers. It waits in `yield_from` until the averager
//! returns, and keeps the result.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use yieldfrom_delegation::{Co, Generator, Result};

const DATA: [(&str, &[f64]); 4] = [
    (
        "girls;kg",
        &[40.9, 38.5, 44.3, 42.2, 45.2, 41.7, 44.5, 38.0, 40.6, 44.5],
    ),
    (
        "girls;m",
        &[1.6, 1.51, 1.4, 1.3, 1.41, 1.39, 1.33, 1.46, 1.45, 1.43],
    ),
    (
        "boys;kg",
        &[39.0, 40.8, 43.2, 40.8, 43.1, 38.6, 41.4, 40.6, 36.3],
    ),
    (
        "boys;m",
        &[1.38, 1.5, 1.32, 1.25, 1.37, 1.48, 1.25, 1.49, 1.46],
    ),
];

struct AverageResult {
    count: u32,
    average: f64,
}

type Results = Rc<RefCell<BTreeMap<&'static str, AverageResult>>>;

/// The subgenerator: takes numbers until `None`.
fn averager(co: &Co<(), Option<f64>>) -> Result<AverageResult> {
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
}

/// The delegating generator: has an averager for each series of numbers, one after the other.
fn grouper(results: Results, key: &'static str) -> Generator<(), Option<f64>> {
    Generator::new(move |co| {
        loop {
            let result = co.yield_from(averager)?;
            results.borrow_mut().insert(key, result);
        }
    })
}

/// The client: never talks to an averager, only to its grouper.
fn main() -> Result<()> {
    let results = Results::default();
    for (key, values) in DATA {
        let group = grouper(results.clone(), key).primed()?;
        for &value in values {
            group.send(Some(value))?;
        }
        // Without a last `None` the averager would not return, and the group be lost.
        group.send(None)?;
    }
    report(&results.borrow());
    Ok(())
}

fn report(results: &BTreeMap<&str, AverageResult>) {
    for (key, AverageResult { count, average }) in results {
        let (group, unit) = key.split_once(';').unwrap_or((key, ""));
        println!("{count:2} {group:5} averaging {average:.2}{unit}");
    }
}
