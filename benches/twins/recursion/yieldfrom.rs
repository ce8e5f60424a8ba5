use std::io::{BufWriter, Write, stdout};

use yieldfrom_delegation::{Generator, Result};

use super::{Options, Tree};

fn walk(tree: Tree) -> Generator<u64> {
    Generator::new(move |co| {
        if let Some(node) = tree {
            co.yield_from(walk(node.left.clone()))?;
            co.yield_(node.value)?;
            co.yield_from(walk(node.right.clone()))?;
        }
        Ok(())
    })
}

pub(crate) fn run(options: Options) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    for value in walk(options.tree()) {
        writeln!(out, "{}", value?)?;
    }
    out.flush()?;
    Ok(())
}
