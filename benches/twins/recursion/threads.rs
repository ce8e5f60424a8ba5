use std::io::{self, BufWriter, Write, stdout};
use std::sync::mpsc::{SendError, SyncSender, sync_channel};
use std::thread;

use super::{Options, Tree};

fn walk(values: &SyncSender<u64>, tree: &Tree) -> Result<(), SendError<u64>> {
    if let Some(node) = tree {
        walk(values, &node.left)?;
        values.send(node.value)?;
        walk(values, &node.right)?;
    }
    Ok(())
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let tree = options.tree();
    let mut out = BufWriter::new(stdout().lock());
    let (sender, values) = sync_channel(128);
    thread::spawn(move || walk(&sender, &tree));
    for value in values {
        writeln!(out, "{value}")?;
    }
    out.flush()
}
