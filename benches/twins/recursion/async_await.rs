use std::io::{self, BufWriter, Write, stdout};

use genawaiter::rc::{Co, Gen};

use super::{Options, Tree};

async fn walk(co: &Co<u64>, tree: &Tree) {
    if let Some(node) = tree {
        Box::pin(walk(co, &node.left)).await;
        co.yield_(node.value).await;
        Box::pin(walk(co, &node.right)).await;
    }
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let tree = options.tree();
    let mut out = BufWriter::new(stdout().lock());
    for value in Gen::new(async |co| walk(&co, &tree).await) {
        writeln!(out, "{value}")?;
    }
    out.flush()
}
