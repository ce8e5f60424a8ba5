//! Iterables one after the other: `yield_from` takes anything that can be iterated over.

use yieldfrom_delegation::{Generator, Result, iter};

type Iterable = Box<dyn Iterator<Item = String>>;

fn chain(iterables: impl IntoIterator<Item = Iterable> + 'static) -> Generator<String> {
    Generator::new(move |co| {
        for it in iterables {
            co.yield_from(iter(it))?;
        }
        Ok(())
    })
}

fn main() -> Result<()> {
    let letters: Iterable = Box::new("ABC".chars().map(String::from));
    let numbers: Iterable = Box::new((0..3).map(|n| n.to_string()));
    let items: Vec<_> = chain([letters, numbers]).collect::<Result<_>>()?;
    println!("{}", items.join(" "));
    Ok(())
}
