//! Nested lists flattened by recursive delegation.
//!
//! The same recursion twice: all levels on one stack, and a generator for each level.

use yieldfrom_delegation::{Co, Generator, Result};

enum Item {
    Number(i64),
    List(Vec<Item>),
}

use Item::{List, Number};

/// Recurses on the stack of the generator it runs in: nothing is allocated.
fn flatten(co: &Co<i64>, items: &[Item]) -> Result<()> {
    for item in items {
        match item {
            Number(number) => co.yield_(*number)?,
            List(items) => co.yield_from(|co: &Co<_>| flatten(co, items))?,
        }
    }
    Ok(())
}

/// Makes a generator for every list: each has its own stack, however deep the lists are nested.
fn flatten_deep(items: Vec<Item>) -> Generator<i64> {
    Generator::new(move |co| {
        for item in items {
            match item {
                Number(number) => co.yield_(number)?,
                List(items) => co.yield_from(flatten_deep(items))?,
            }
        }
        Ok(())
    })
}

/// Makes the list `[1, 2, [3, 4, [5, 6], 7], 8]`.
fn nested() -> Vec<Item> {
    let inner = List(vec![Number(5), Number(6)]);
    let middle = List(vec![Number(3), Number(4), inner, Number(7)]);
    vec![Number(1), Number(2), middle, Number(8)]
}

/// Makes the list `[depth, [.., [2, [1, []]]]]`.
fn onion(depth: i64) -> Vec<Item> {
    (1..=depth).fold(Vec::new(), |inner, layer| vec![Number(layer), List(inner)])
}

fn main() -> Result<()> {
    let one_stack = Generator::new(|co| flatten(co, &nested()));
    println!("{:?}", one_stack.collect::<Result<Vec<_>>>()?);
    println!("{:?}", flatten_deep(nested()).collect::<Result<Vec<_>>>()?);
    println!("{}", flatten_deep(onion(1000)).sum::<Result<i64>>()?);
    Ok(())
}
