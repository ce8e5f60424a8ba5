use std::io::{BufWriter, Write, stdout};

use yieldfrom_delegation::{Generator, Result, iter};

use super::Options;

type Iterable = Box<dyn Iterator<Item = String>>;

fn chain(iterables: Vec<Iterable>) -> Generator<String> {
    Generator::new(move |co| {
        for it in iterables {
            co.yield_from(iter(it))?;
        }
        Ok(())
    })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let letters: Iterable = Box::new("ABC".chars().map(String::from));
    let numbers: Iterable = Box::new((0..options.numbers).map(|n| n.to_string()));
    let mut out = BufWriter::new(stdout().lock());
    for item in chain(vec![letters, numbers]) {
        writeln!(out, "{}", item?)?;
    }
    out.flush()?;
    Ok(())
}
