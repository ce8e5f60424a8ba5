use std::io::{self, BufWriter, Write, stdout};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::Options;

type Iterable = Box<dyn Iterator<Item = String> + Send>;

fn chain(iterables: Vec<Iterable>) -> Receiver<String> {
    let (sender, items) = sync_channel(128);
    thread::spawn(move || {
        for item in iterables.into_iter().flatten() {
            if sender.send(item).is_err() {
                return; // nobody wants more
            }
        }
    });
    items
}

pub(crate) fn run(options: Options) -> io::Result<()> {
    let letters: Iterable = Box::new("ABC".chars().map(String::from));
    let numbers: Iterable = Box::new((0..options.numbers).map(|n| n.to_string()));
    let mut out = BufWriter::new(stdout().lock());
    for item in chain(vec![letters, numbers]) {
        writeln!(out, "{item}")?;
    }
    out.flush()
}
